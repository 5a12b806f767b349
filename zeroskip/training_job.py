"""``zeroskip simulate --training``: one training step, stage by stage, beside dense training on the same machine."""

import json
from collections.abc import Callable

import click

from mapping.errors import InputError
from mapping.training import Method, training_step
from simulator.families import family
from simulator.training import Trainer
from zeroskip.main_job import Request, config_name, sparse_model
from zeroskip.report.progress import progress
from zeroskip.report.training import TrainingResult, print_training, training_record


def run_training(request: Request, method: Method, check: Callable[[], None] = lambda: None) -> None:
    """Do the whole job.

    Args:
        request: What to do.
        method: What is pruned to the request's pattern.
        check: Called again and again; what it raises ends the job.

    Raises:
        InputError: Anything in the request that cannot be done.
    """
    for option, given in (("--layers", request.layers), ("--out", request.out)):
        if given is not None:
            raise InputError(f"{option} {given}: not with --training")
    if request.executor != "fast":
        raise InputError(f"--executor {request.executor}: not with --training, which uses the fast executor")
    with progress(check) as bar:
        chosen = family(request.family)
        trainer = Trainer(chosen, chosen.load_config(request.config, request.settings))
        sparse = sparse_model(request, bar)
        layers = sparse.model.layers  # with their master weights
        result = TrainingResult(
            sparse=sparse,
            machine=f"{chosen.name}, {config_name(request, chosen.default)}",
            clock_mhz=trainer.config.clock_mhz,
            peak_macs=chosen.peak_macs(trainer.config),
            method=method,
            step=trainer.step(training_step(layers, sparse.patterns, method), bar.step),
            dense=trainer.step(training_step(layers, sparse.patterns, "dense"), bar.step),
        )
    if request.as_json:
        click.echo(json.dumps(training_record(result), indent=2))
    else:
        print_training(result)
