"""From the outbox to the world: wording, e-mail, webhook, and the loop that sends what is due."""
