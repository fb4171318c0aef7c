"""What banks and guarantors hand in (申报): filings, claims, recoveries and what belongs to them, one by one or as lists."""
