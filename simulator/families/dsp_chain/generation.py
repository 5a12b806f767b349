"""Generating text on FlightLLM's machine: a prompt, then decode steps by buckets of 16 tokens of context."""

from collections import Counter

from mapping.errors import InputError
from mapping.graph import ceil_div
from simulator.config import build_config, override
from simulator.families.dsp_chain.config import CONTEXT_STEP, DspChainConfig
from simulator.families.dsp_chain.isa import DSP_CHAIN_ISA
from simulator.families.dsp_chain.network import Network, run
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.transformer import Transformer, check_context
from simulator.generation import Generation, Step


def generate(settings: tuple[str, ...], prompt: int, tokens: int, config: DspChainConfig) -> Generation:
    """Run a prompt and ``tokens`` decode steps; lengths are rounded up to 16.

    Args:
        settings: ``KEY=VALUE`` of ``Transformer``; without any LLaMA2-7B.
        prompt: Tokens of the prompt.
        tokens: Tokens generated.
        config: The machine.

    Raises:
        InputError: Sizes that blocks or heads do not divide, a density code that is none, a context that does not fit.
    """
    model = build_config(Transformer, override({}, settings), "transformer")
    for name, count in (("prompt", prompt), ("tokens", tokens)):
        if count < 1:
            raise InputError(f"{name}={count}: must be at least 1")
    check_context(model, _bucket(prompt + tokens), config)
    contexts = Counter(_bucket(prompt + i) for i in range(1, tokens + 1))
    decodes = [(_step(decode(model, context, config), config), count) for context, count in contexts.items()]
    return Generation(prompt=_step(prefill(model, _bucket(prompt), config), config), decodes=tuple(decodes))


def _bucket(length: int) -> int:
    return ceil_div(length, CONTEXT_STEP) * CONTEXT_STEP


def _step(network: Network, config: DspChainConfig) -> Step:
    time = run(network, config)
    return Step(
        name=network.name,
        instructions=len(network),
        time=time.total,
        dram_bytes=time.bytes,
        busy={queue: time.queue(queue) for queue in DSP_CHAIN_ISA.queues},
    )
