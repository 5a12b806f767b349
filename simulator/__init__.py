"""Programs in, values and times out: the executors, memories and accelerator families."""
