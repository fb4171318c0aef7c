"""经办/复核 of an institution: what waits for a second person before it is handed in."""
