"""A task among colleagues: passed on, signed beside, stood in for, asked after."""
