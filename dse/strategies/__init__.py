"""Search strategies, one file each. Each is imported when it is first used: some need seconds for it."""

from importlib import import_module

from dse.catalog import STRATEGIES
from dse.problem import Problem
from dse.strategies.base import Strategy
from mapping.errors import InputError


def make(name: str, problem: Problem, seed: int, budget: int | None = None) -> Strategy:
    """The strategy called ``name``, ready to be asked.

    Raises:
        InputError: There is none, it does not suit the problem, or a package that it needs is missing.
    """
    if name not in STRATEGIES:
        raise InputError(f"strategy {name!r} is not one of auto, {', '.join(STRATEGIES)}")
    if name == "decompose" and problem.separable is None:
        raise InputError(f"strategy decompose: {problem.together or 'the space has no groups of layers'}")
    try:
        kind: type[Strategy] = getattr(import_module(f"dse.strategies.{name}"), STRATEGIES[name])
        return kind(problem, seed, budget)
    except ModuleNotFoundError as error:
        raise InputError(f"strategy {name} needs {error.name}: pip install 'zeroskip[dse]'") from error
