"""Who are you: the session behind a request, and the permission every route names."""
