"""One prompt in a process of its own: ``python -m benchmarks.transformer_run TOKENS LAYERS``."""

import json
import resource
import sys
from functools import partial

from benchmarks.cost import measure
from mapping.arrays import BoolArray
from simulator.engine.fast import run_fast
from simulator.families import family
from simulator.families.dsp_chain.config import DspChainConfig
from simulator.families.dsp_chain.network import Network, run, whole_job
from simulator.families.dsp_chain.reproduce.masks import artifact_masks
from simulator.families.dsp_chain.steps import decode, prefill
from simulator.families.dsp_chain.transformer import Transformer


def main(tokens: int, layers: int) -> None:
    """Measure a prompt twice: layers that are alike run once, and all instructions as one job."""
    config: DspChainConfig = family("dsp_chain").load_config("vhk158-artifact")
    model = Transformer(layers=layers)
    run_fast(whole_job(decode(model, 16, config), config), compiled=True)  # loads the compiled loop

    masks = artifact_masks() if (tokens, layers) == (512, 32) else None

    def shared() -> Network:
        network = prefill(model, tokens, config, masks)
        run(network, config)
        return network

    network, cost = measure(shared)
    _, whole = measure(partial(_whole, model, tokens, config, masks))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    record = {"instructions": len(network), "shared": cost.cpu, "whole": whole.cpu, "peak_mib": peak}
    print(json.dumps(record))


def _whole(model: Transformer, tokens: int, config: DspChainConfig, masks: BoolArray | None) -> int:
    _, end = run_fast(whole_job(prefill(model, tokens, config, masks), config), compiled=True)
    return int(end.max())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
