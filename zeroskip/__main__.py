"""`python -m zeroskip`: the command line."""

from zeroskip.cli import main

main()
