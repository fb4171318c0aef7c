"""Institutions, their addresses and keys, and the people of each office."""
