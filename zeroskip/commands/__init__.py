"""The commands of ``zeroskip``: one file each, named like the command, which imports nothing heavy before it runs."""

COMMANDS = (
    "simulate",
    "sweep",
    "evaluate",
    "export",
    "verify",
    "report",
    "reproduce",
    "families",
    "show",
    "models",
    "formats",
    "disassemble",
    "space-schema",
)
