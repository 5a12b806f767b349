"""`zeroskip formats`: what a sparse matrix costs in every storage format."""

import click

MOST_WEIGHTS = 1 << 28  # the mask is drawn whole


@click.command()
@click.option("--rows", type=click.IntRange(min=1), default=4096, show_default=True, help="Outputs.")
@click.option("--cols", type=click.IntRange(min=1), default=4096, show_default=True, help="Inputs.")
@click.option("--sparsity", type=float, metavar="S", help="Share of weights that are zero, anywhere in the matrix.")
@click.option("--pattern", metavar="TEXT", help="A pattern instead, such as 2:8, block:16@0.75 or bank:64/16.")
@click.option(
    "--bits", type=click.Choice(["8", "16", "32"]), default="16", show_default=True, help="Bits of a stored value."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the random mask.")
def formats(rows: int, cols: int, sparsity: float | None, pattern: str | None, bits: str, seed: int) -> None:
    """Compare the storage formats on a random matrix of a sparsity or a pattern."""
    # Imported here because `zeroskip --help` must not wait for NumPy.
    from mapping.errors import InputError  # noqa: PLC0415
    from mapping.sparsity import parse_pattern  # noqa: PLC0415
    from mapping.sparsity.patterns import Unstructured  # noqa: PLC0415
    from zeroskip.report.formats import print_formats  # noqa: PLC0415

    if rows * cols > MOST_WEIGHTS:
        raise InputError(f"{rows} x {cols} = {rows * cols} weights outside [1, {MOST_WEIGHTS}]")
    if (sparsity is None) == (pattern is None):
        raise InputError("give either --sparsity or --pattern")
    chosen = parse_pattern(pattern) if pattern is not None else Unstructured(sparsity or 0.0)
    print_formats((rows, cols), chosen, int(bits), seed)
