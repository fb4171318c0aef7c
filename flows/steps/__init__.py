"""What a line of a process file does."""
