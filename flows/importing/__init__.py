"""Bulk filing (批量备案): from a file of loans to filings, in pieces that can be taken up again."""
