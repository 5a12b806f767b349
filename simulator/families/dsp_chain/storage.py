"""Instruction storage: a program for every length of prompt and context, or one for a bucket of lengths.

A length-adaptive machine rounds a context up to 16 tokens and a prompt to 128 (artifact, ``run.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.families.dsp_chain.config import CONTEXT_STEP, DspChainConfig
from simulator.families.dsp_chain.network import Network
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.transformer import Transformer
from simulator.families.dsp_chain.words import instruction_bytes

PROMPT_STEP = 128


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes of instructions of one core.

    Attributes:
        adaptive: One program for each bucket, every layer written out.
        every_length: One program for each length, taken to be as long as that of its bucket.
        shared: One program for each bucket, in which layers that are alike share their instructions.
    """

    adaptive: int
    every_length: int
    shared: int


def storage(model: Transformer, config: DspChainConfig, say: Callable[[str], None]) -> tuple[Storage, Storage]:
    """Of all decode steps and of all prompts up to the longest context.

    Args:
        model: The transformer.
        config: The machine.
        say: Told what is done.
    """
    steps = [decode(model, context, config) for context in range(CONTEXT_STEP, model.limit + 1, CONTEXT_STEP)]
    contexts = _sum(steps, CONTEXT_STEP)
    prompts = []
    for tokens in range(PROMPT_STEP, model.limit + 1, PROMPT_STEP):
        prompts.append(_sum([prefill(model, tokens, config)], PROMPT_STEP))
        say(f"instructions of a prompt of {tokens} tokens")
    total = Storage(*(sum(getattr(part, name) for part in prompts) for name in ("adaptive", "every_length", "shared")))
    return contexts, total


def _sum(steps: list[Network], bucket: int) -> Storage:
    full = sum(network_bytes(step) for step in steps)
    shared = sum(sum(instruction_bytes(program) for program in step.programs.values()) for step in steps)
    return Storage(adaptive=full, every_length=bucket * full, shared=shared)


def network_bytes(network: Network) -> int:
    """Bytes of the instructions of a step with every layer written out."""
    return sum(instruction_bytes(program) * network.repeats[name] for name, program in network.programs.items())
