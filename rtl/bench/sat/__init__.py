"""Benches of the SAT machine and of its parts."""
