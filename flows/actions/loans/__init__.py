"""Registered loans after their filing: changes, anomalies, letters of warning and their answers."""
