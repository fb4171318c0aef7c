"""The policy 东府办函〔2023〕725号 as dated data and pure functions: no database, no web, no wall clock."""
