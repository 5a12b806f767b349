"""Benches of the S4 machine's SPU, alone and in a ring."""
