"""How fast zeroskip is, as ratios: beside a limit, a peer or an aim. See ``docs/benchmarks.md``."""
