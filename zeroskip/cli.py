"""The command line. Nothing heavy is imported before a command needs it: ``--help`` only costs click."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from dse.catalog import STRATEGIES
from mapping.errors import InputError
from zeroskip import __version__
from zeroskip.formats_table import formats
from zeroskip.interrupt import deferred_interrupt
from zeroskip.reproduce import reproduce

# As in simulator.execute, which would import NumPy.
EXECUTORS = ("fast", "cycle", "both")
DIFFERS = 1  # the Verilog disagrees with the simulator
METHODS = ("dense", "srste", "bdwp", "all")  # as in mapping.training
INTERRUPTED = 130  # what shells return for a process that SIGINT ended


class _Refusal(click.ClickException):
    """Bad input: one line on stderr."""

    exit_code = 2


class _Group(click.Group):
    """Tells mistakes of the user from faults of this project: only the latter show a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # as in click
        try:
            return super().invoke(ctx)
        except InputError as error:
            raise _Refusal(str(error)) from error
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="zeroskip")
def main() -> None:
    """Cycle-level simulation of N:M sparse neural-network accelerators."""


_family = click.option("--family", default="sat", show_default=True, help="Accelerator family, see `families`.")
_settings = click.option(
    "--set", "settings", metavar="KEY=VALUE", multiple=True, help="Change the configuration (repeatable)."
)


@main.command()
@click.argument("model")
@_family
@click.option("--pattern", default="2:8", show_default=True, help="Prune to N:M, or `dense`.")
@click.option("--config", metavar="NAME|FILE.toml", help="Configuration; by default the family's own.")
@_settings
@click.option("--layers", metavar="GLOB", help="Only the layers whose name matches.")
@click.option(
    "--executor", type=click.Choice(EXECUTORS), default="fast", show_default=True, help="What gives the times."
)
@click.option("--batch", type=int, help="Images or sequences that run together.")
@click.option(
    "--shape", "shapes", metavar="NAME=1x3x224x224", multiple=True, help="Shape of an ONNX input (repeatable)."
)
@click.option("--sequence", type=int, help="Tokens per sequence, for language models.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of weights the model lacks."
)
@click.option(
    "--keep",
    metavar="NAMES",
    default="first,last",
    show_default=True,
    help="Layers that stay dense: names or globs, `first`, `last`; `none` prunes all.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write result, tables, trace, pictures, programs."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document.")
@click.option("--training", is_flag=True, help="One training step instead of the forward pass alone.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    help="What training prunes: nothing, forward, forward and backward weights (the default), or all products.",
)
def simulate(training: bool, method: Any, **options: Any) -> None:  # noqa: ANN401  # one field of Request each
    """Simulate MODEL, an ONNX file or a name (see `models`), and say where every cycle went."""
    with deferred_interrupt() as check:
        from zeroskip.main_job import Request, run  # noqa: PLC0415

        if not training:
            if method is not None:
                raise InputError(f"--method {method}: only with --training")
            run(Request(**options), check)
            return
        from zeroskip.training_job import run_training  # noqa: PLC0415

        run_training(Request(**options), method or "bdwp", check)


@main.command()
def models() -> None:
    """List the models that need no file."""
    from mapping.models import known_models  # noqa: PLC0415
    from zeroskip.report.catalog import print_models  # noqa: PLC0415

    print_models(known_models())


@main.command()
def families() -> None:
    """List the accelerator families and their configurations."""
    from simulator.families import families as installed  # noqa: PLC0415
    from zeroskip.report.catalog import print_families  # noqa: PLC0415

    print_families(installed())


@main.command()
@click.argument("config")
@_family
@_settings
@click.option("--toml", is_flag=True, help="Print a file that --config takes.")
def show(config: str, family: str, settings: tuple[str, ...], toml: bool) -> None:
    """Show every field of CONFIG, a name (see `families`) or a TOML file."""
    from zeroskip.lowering import load_config  # noqa: PLC0415
    from zeroskip.report.configuration import print_config, to_toml  # noqa: PLC0415

    loaded = load_config(family, config, settings)
    if toml:
        click.echo(to_toml(loaded), nl=False)
    else:
        print_config(loaded, f"{family}: {config}")


@main.command()
@click.argument("program", type=click.Path(path_type=Path))
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="First instruction.")
@click.option("--count", type=click.IntRange(min=1), help="How many; by default all that follow.")
def disassemble(program: Path, first: int, count: int | None) -> None:
    """Print PROGRAM, a file from the `programs` folder of --out, as text."""
    from simulator.families import families as installed  # noqa: PLC0415
    from simulator.program import Program  # noqa: PLC0415
    from zeroskip.report.listing import listing  # noqa: PLC0415

    loaded = Program.load(program, {family.isa.name: family.isa for family in installed().values()})
    for block in listing(loaded, first, count):
        click.echo(block)


@main.command()
@_family
@click.option(
    "--config", "configs", metavar="NAME|FILE.toml", multiple=True, help="Configuration (repeatable); default: several."
)
@click.option("--cases", type=click.IntRange(min=1), default=100, show_default=True, help="Programs per configuration.")
@click.option("--first", type=click.IntRange(min=0), default=0, show_default=True, help="Number of the first program.")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Seed of the random programs."
)
@click.option("--simulator", default="verilator", show_default=True, help="`verilator` or `icarus`.")
@click.option("--waves", is_flag=True, help="Write waveforms (FST, or VCD without lz4.h) here.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a JUnit report.")
def verify(**options: Any) -> None:  # noqa: ANN401  # one field of Request each
    """Run random programs in the Verilog: every value and every cycle must be those of the simulator."""
    with deferred_interrupt() as check:
        from zeroskip.verify import Request, run  # noqa: PLC0415

        agrees = run(Request(**options), check)
    if not agrees:
        click.get_current_context().exit(DIFFERS)


_space = click.argument("space", metavar="SPACE.yaml", type=click.Path(path_type=Path))


@main.command()
@_space
@click.option("--study", metavar="NAME", help="Name in the store; by default that of the space.")
@click.option("--budget", type=click.IntRange(min=1), help="Points to evaluate, baselines not counted.")
@click.option("--time", metavar="2h", help="Stop after 90s, 15m, 2h, 1h30m.")
@click.option(
    "--strategy",
    type=click.Choice(("auto", *STRATEGIES)),
    default="auto",
    show_default=True,
    help="How to search.",
)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes.")
@click.option(
    "--store", metavar="URL", default="sqlite:///zeroskip.db", show_default=True, help="SQLAlchemy URL of the results."
)
@click.option("--resume", is_flag=True, help="Continue a study that is in the store.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Of the strategy.")
@click.option("--check", is_flag=True, help="Explain the space, evaluate nothing.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write front and trials, and a picture.")
@click.option("--json", "as_json", is_flag=True, help="Print the front as one JSON document.")
def sweep(**options: Any) -> None:  # noqa: ANN401  # one field of SweepRequest each
    """Search a design space for its Pareto front. What is evaluated is stored at once and never again."""
    with _needs_extra("dse"):
        from zeroskip.sweep import SweepRequest, sweep  # noqa: PLC0415

    sweep(SweepRequest(**options))


@main.command()
@_space
@click.option("--point", "settings", metavar="KEY=VALUE", multiple=True, help="What differs (repeatable).")
@click.option("--baseline", metavar="NAME", help="Begin with a baseline of the space.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def evaluate(
    context: click.Context, space: Path, settings: tuple[str, ...], baseline: str | None, as_json: bool
) -> None:
    """Evaluate one design of a space; exit code 1 and a reason if it is infeasible."""
    with _needs_extra("dse"):
        from zeroskip.sweep import evaluate  # noqa: PLC0415

    context.exit(0 if evaluate(space, settings, baseline, as_json) else 1)


@main.command("space-schema")
def space_schema() -> None:
    """Print the JSON Schema of a space file, for editors."""
    from dse.schema import SpaceFile  # noqa: PLC0415

    click.echo(json.dumps(SpaceFile.model_json_schema(), indent=2))


@contextmanager
def _needs_extra(extra: str) -> Iterator[None]:
    """An import of what only an extra installs.

    Raises:
        InputError: It is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(f"this command needs {error.name}: pip install 'zeroskip[{extra}]'") from error


main.add_command(formats)
main.add_command(reproduce)
