"""What the product stands on when it runs: PostgreSQL, Prefect's server, and the supervisor that starts them."""
