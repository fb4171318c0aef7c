"""The joint meeting (联席会议): sessions and their conclusion."""
