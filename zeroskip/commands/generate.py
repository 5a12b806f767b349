"""`zeroskip generate`: a prompt and the tokens behind it, on a family that runs whole transformers."""

import json

import click

from zeroskip.commands.options import settings


@click.command()
@click.option("--family", default="dsp_chain", show_default=True, help="Accelerator family, see `families`.")
@click.option("--config", metavar="NAME|FILE.toml", help="Configuration; by default the family's own.")
@settings
@click.option("--prompt", type=int, default=128, show_default=True, help="Tokens of the prompt.")
@click.option("--tokens", type=int, default=512, show_default=True, help="Tokens generated.")
@click.option(
    "--model",
    "model",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change the transformer, by default LLaMA2-7B, e.g. sparsity.up.kept=8 (repeatable).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def generate(
    family: str,
    config: str | None,
    settings: tuple[str, ...],
    prompt: int,
    tokens: int,
    model: tuple[str, ...],
    as_json: bool,
) -> None:
    """Time a prompt and the tokens behind it: attention, softmax and norms included."""
    from mapping.errors import InputError  # noqa: PLC0415
    from simulator.families import family as find  # noqa: PLC0415
    from zeroskip.report.generation import generation_record, print_generation  # noqa: PLC0415

    chosen = find(family)
    if chosen.generate is None:
        raise InputError(f"family {family!r} does not run whole transformers")
    loaded = chosen.load_config(config, settings)
    result = chosen.generate(model, prompt, tokens, loaded)
    if as_json:
        click.echo(json.dumps(generation_record(result, loaded), indent=2))
    else:
        print_generation(result, loaded, f"{family}, {config or chosen.default}")
