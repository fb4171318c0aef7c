"""What happens to a case outside its gates: an objection, a new calculation, an incident."""
