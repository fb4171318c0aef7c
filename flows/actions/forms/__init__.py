"""What people fill in, field by field: the same forms for pages, lists and the API."""
