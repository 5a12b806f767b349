"""``zeroskip verify``: the Verilog against the simulator.

``programs`` runs random programs on whole machines: every value and every cycle must agree. ``modules`` runs the
benches of single modules; of all modules of a family whose Verilog runs no programs. Both run simulations in processes
of their own, several at once.
"""

from collections.abc import Callable

import click

from mapping.errors import InputError
from zeroskip.verify.request import Request

__all__ = ["Request", "run"]


def run(request: Request, check: Callable[[], None] = lambda: None) -> bool:
    """Do the whole job and print a summary.

    Args:
        request: What to do.
        check: Called again and again; what it raises ends the job.

    Returns:
        Whether the Verilog agrees with the simulator.

    Raises:
        InputError: A missing tool; a configuration or module that is unknown, or that the Verilog has not.
    """
    try:
        from zeroskip.verify import modules, programs  # noqa: PLC0415  # they need an extra
    except ModuleNotFoundError as error:
        raise InputError(f"this installation lacks the Verilog ({error}): pip install 'zeroskip[rtl]'") from error
    if request.junit is not None and not request.junit.resolve().parent.is_dir():
        raise InputError(f"--junit {request.junit}: {request.junit.resolve().parent} is not a folder")
    if modules.has_own_bench(request):
        return modules.run(request, check)
    if request.module is not None:
        click.echo(f"{modules.full_name(request.module)} has no bench of its own: the programs prove it.", err=True)
    return programs.run(request, check)
