"""Invented institutions, people and cases, for the demo and for tests."""
