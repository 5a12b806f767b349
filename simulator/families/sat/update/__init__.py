"""The units beside SAT's array: WUVE updates weights, SORE prunes them."""
