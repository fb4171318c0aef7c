"""The password every demo account shares; shown on the demo's sign-in page, refused by `fengbu up`."""

PASSWORD = "demo-2026-Dongguan"  # noqa: S105 - public by design
