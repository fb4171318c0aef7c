"""Parameters, reference data, the budget and the ledger: changed by two people, explained, verified, replayed."""
