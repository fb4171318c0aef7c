"""Letters and registers: served, void, issued anew, edited, counted on; reports."""
