"""`fengbu story`: whole cases through the real doors, checked; and the peers it talks to."""
