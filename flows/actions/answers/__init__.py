"""Answering a task of the queue, and what is done on its page before that."""
