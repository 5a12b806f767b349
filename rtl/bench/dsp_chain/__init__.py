"""Benches of the DSP chain."""
