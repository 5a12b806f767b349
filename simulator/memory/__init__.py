"""Off-chip memory: ideal, or DRAM with banks, open rows and refresh; see `docs/memory.md`."""
