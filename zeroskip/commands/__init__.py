"""The commands of ``zeroskip``: one file each, named like the command, which imports nothing heavy before it runs."""

COMMANDS = (
    "simulate",
    "generate",
    "sweep",
    "evaluate",
    "export",
    "verify",
    "area",
    "prune",
    "train",
    "report",
    "reproduce",
    "families",
    "show",
    "models",
    "formats",
    "disassemble",
    "space-schema",
)
