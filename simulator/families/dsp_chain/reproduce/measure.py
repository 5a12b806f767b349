"""What the page needs: every published case, on the machine it was published for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mapping.graph import ceil_div
from simulator.engine.fast import run_fast
from simulator.families import family
from simulator.families.dsp_chain.config import CONTEXT_STEP, DspChainConfig
from simulator.families.dsp_chain.isa import A_BUFFER
from simulator.families.dsp_chain.misc import concatenation
from simulator.families.dsp_chain.network import NetworkTime, run
from simulator.families.dsp_chain.reproduce import published
from simulator.families.dsp_chain.reproduce.masks import artifact_masks
from simulator.families.dsp_chain.rows import load
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.storage import Storage, storage
from simulator.families.dsp_chain.timing import job
from simulator.families.dsp_chain.transformer import Sparsity, Transformer

SPARSITIES = {
    "dense": Sparsity(),
    "8:16": Sparsity(kept=8),
    "half of the blocks": Sparsity(blocks=0.5),
    "8:16 in half of the blocks": Sparsity(kept=8, blocks=0.5),
}
ABLATION_CONTEXT, ABLATION_PROMPT = 512, 128


def machine(name: str, *settings: str) -> DspChainConfig:
    """A configuration of the family with settings."""
    loaded: DspChainConfig = family("dsp_chain").load_config(name, settings)
    return loaded


def model(sparsity: Sparsity) -> Transformer:
    """LLaMA2-7B with all its matrices pruned alike."""
    return Transformer(sparsity=dict.fromkeys(Transformer().all_matrices, sparsity))


@dataclass(frozen=True)
class Measured:
    """All runs of the page.

    Attributes:
        decodes: Decode steps of the artifact by context.
        prompts: Prompts of the artifact by length.
        mask_orders: Milliseconds of the prompt of 512 tokens with the narrowest and with the widest head last.
    """

    decodes: dict[int, NetworkTime]
    prompts: dict[int, NetworkTime]
    mask_orders: tuple[float, float]

    def decode_ms(self, prompt: int, tokens: int) -> float:
        """A decode of ``tokens`` tokens: each takes the step of its context, rounded up to 16 tokens."""
        contexts = [ceil_div(prompt + i, CONTEXT_STEP) * CONTEXT_STEP for i in range(1, tokens + 1)]
        return sum(self.decodes[context].total_ms for context in contexts)


def measure(say: Callable[[str], None]) -> Measured:
    """The artifact's programs: decode steps of all contexts up to 2048, prompts of 128 and 512 tokens."""
    config, llama = machine("vhk158-artifact"), Transformer()
    decodes = {}
    for context in range(CONTEXT_STEP, llama.limit + 1, CONTEXT_STEP):
        decodes[context] = run(decode(llama, context, config), config)
    say(f"{len(decodes)} decode steps")
    prompts = {128: run(prefill(llama, 128, config), config)}
    masks = artifact_masks()
    prompts[512] = run(prefill(llama, 512, config, masks), config)
    say("prompts of 128 and 512 tokens")
    ends = masks.sum(axis=(2, 3)).argsort(axis=1)
    orders = [np.take_along_axis(masks, order[:, :, None, None], 1) for order in (ends[:, ::-1], ends)]
    narrow, wide = (run(prefill(llama, 512, config, order), config).total_ms for order in orders)
    return Measured(decodes, prompts, (narrow, wide))


@dataclass(frozen=True)
class Ablation:
    """One kind of sparsity on both machines."""

    name: str
    sparsity: Sparsity

    @cached_property
    def decode_vhk158(self) -> NetworkTime:
        """A decode step with the artifact's service times."""
        config = machine("vhk158")
        return run(decode(model(self.sparsity), ABLATION_CONTEXT, config), config)

    @cached_property
    def prompt_vhk158(self) -> NetworkTime:
        """A prompt with the artifact's service times."""
        config = machine("vhk158")
        return run(prefill(model(self.sparsity), ABLATION_PROMPT, config), config)

    @cached_property
    def decode_u280(self) -> NetworkTime:
        """A decode step with pipelines and latencies."""
        config = machine("u280")
        return run(decode(model(self.sparsity), ABLATION_CONTEXT, config), config)


def ablations() -> list[Ablation]:
    """Dense, and three ways to prune."""
    return [Ablation(name, sparsity) for name, sparsity in SPARSITIES.items()]


def u280_step(context: int, *settings: str) -> NetworkTime:
    """A decode step of the U280, dense in 4 bits."""
    config = machine("u280", *settings)
    return run(decode(Transformer(sparsity={}), context, config), config)


def concatenation_cycles(context: int) -> int:
    """What a decode step would take longer on the U280 if it loaded its whole cache anew, as the artifact does."""
    config, llama = machine("u280"), Transformer()
    heads = ceil_div(llama.heads, config.cores)
    program = concatenation(heads * (context - 1) * llama.head).program({"cores": config.cores})
    return 2 * llama.layers * int(run_fast(job(program, config))[1].max())


def bandwidth_utilisation(time: NetworkTime) -> float:
    """Bytes moved over those that all channels could have moved."""
    return time.bytes / (time.total * time.config.peak_bytes)


def instruction_storage(say: Callable[[str], None]) -> tuple[Storage, Storage]:
    """Of decode steps and of prompts, the artifact's programs."""
    return storage(Transformer(), machine("vhk158-artifact"), say)


def stream_us(size: float, config: DspChainConfig, cores: int, share: int = 1, whole: int = 1) -> float:
    """Microseconds to stream bytes through the LD queues of ``cores`` cores, half an A buffer at a time."""
    half = config.a_rows * 64 // 2
    per_channel = size / (cores * config.core_channels)
    count = max(1, round(per_channel / half))
    lengths = np.diff(np.round(np.linspace(0, per_channel, count + 1)).astype(np.int64)).repeat(config.core_channels)
    loads = load(A_BUFFER, len(lengths), length=lengths, channels=config.core_channels, share=share, whole=whole)
    loads.put(slice(None), "LD", channel=np.arange(len(lengths)) % config.core_channels)
    _, end = run_fast(job(loads.program({"cores": cores}), config))
    return int(end.max()) / config.clock_hz * 1e6


def hisparse_gops(density: float) -> float:
    """The published layer's non-zeros, 64 bits each, through the memory path of two cores: 16 channels, 237 MHz."""
    clock = published.HISPARSE_CLOCK_MHZ
    config = machine("u280", "cores=2", f"core_clock_mhz={clock}", f"clock_mhz={clock}")
    rows, columns = published.HISPARSE_SHAPE
    nonzeros = rows * columns * density
    time = stream_us(nonzeros * published.HISPARSE_BITS / 8, config, config.cores)
    return min(2 * nonzeros / time / 1e3, hisparse_peak_gops())


def hisparse_peak_gops() -> float:
    """Two operations for each of 128 processing elements and cycle."""
    return 2 * 128 * published.HISPARSE_CLOCK_MHZ / 1e3


def edge_llm_us(bits: float, *, issue: bool, weights: int = 4096 * 4096) -> float:
    """Microseconds to stream a matrix of ``bits`` bits a weight at EdgeLLM's bandwidth through a core's memory path."""
    clock = published.EDGE_LLM_CLOCK_MHZ
    free = () if issue else ("issue_cycles=0", "dispatch_latency=0", "hbm_latency=0")
    # Time in thousandths of a cycle: rounding up to cycles would cost more than what is looked for.
    config = machine("u280", "cores=1", f"core_clock_mhz={clock}", f"clock_mhz={1000 * clock}", *free)
    # All of its bandwidth on the eight channels of one core.
    bandwidth = published.EDGE_LLM_BITS_PER_CYCLE / 8 * clock * 1e6 * config.hbm_channels / config.core_channels
    config = config.model_copy(update={"hbm_bytes_per_s": bandwidth})
    return stream_us(float(weights), config, 1, share=round(bits * 8), whole=64)
