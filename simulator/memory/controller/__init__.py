"""A DRAM controller that serves a trace, command by command; see `docs/dram_controller.md`."""
