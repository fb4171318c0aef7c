"""What a person may do: one door, one action, one transaction. Every "no" is a sentence."""
