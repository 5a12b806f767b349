"""DRAM at the level of its commands: timing tables as data, and the service function that keeps them."""
