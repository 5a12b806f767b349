"""Run one GEMM on SCALE-Sim v3 and print its cycles as JSON: a script for SCALE-Sim's own environment.

The command line of scalesim 3.0.0 cannot switch its traces off, so this is its Python API.
"""

import json
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

from scalesim.scale_sim import scalesim

CONFIG = """
[general]
run_name = run

[architecture_presets]
ArrayHeight = {side}
ArrayWidth = {side}
IfmapSramSzkB = 256
FilterSramSzkB = 256
OfmapSramSzkB = 256
IfmapOffset = 0
FilterOffset = 10000000
OfmapOffset = 20000000
Bandwidth = 10
Dataflow = ws
ReadRequestBuffer = 32
WriteRequestBuffer = 32

[layout]
IfmapCustomLayout = False
IfmapSRAMBankBandwidth = 10
IfmapSRAMBankNum = 10
IfmapSRAMBankPort = 2
FilterCustomLayout = False
FilterSRAMBankBandwidth = 10
FilterSRAMBankNum = 10
FilterSRAMBankPort = 2

[sparsity]
SparsitySupport = {sparse}
SparseRep = ellpack_block
OptimizedMapping = false
BlockSize = 4
RandomNumberGeneratorSeed = 40

[run_presets]
InterfaceBandwidth = CALC
UseRamulatorTrace = False
"""
TOPOLOGY = "Layer,M,N,K,Sparsity,\ngemm,{m},{n},{k},{pattern},\n"
LAYOUT = "Layer,\n"  # read although nothing in it is used: the wheel has no default


def main(m: int, k: int, n: int, side: int, pattern: str) -> None:
    """Simulate an m x k by k x n product, weight-stationary on a side x side array; pattern 1:1 is dense."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = {
            "scale.cfg": CONFIG.format(side=side, sparse=pattern != "1:1"),
            "topology.csv": TOPOLOGY.format(m=m, k=k, n=n, pattern=pattern),
            "layout.csv": LAYOUT,
        }
        for file, text in texts.items():
            (folder / file).write_text(text)
        with redirect_stdout(sys.stderr):
            run = scalesim(
                save_disk_space=True,
                verbose=False,
                config=str(folder / "scale.cfg"),
                topology=str(folder / "topology.csv"),
                layout=str(folder / "layout.csv"),
                input_type_gemm=True,
            )
            cpu, wall = time.process_time(), time.perf_counter()
            run.run_scale(top_path=name)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        # simulator.get_total_cycles() of 3.0.0 raises a TypeError.
        _, cycles, stalls, *_ = run.runner.single_layer_sim_object_list[0].get_compute_report_items()
    print(json.dumps({"cycles": int(cycles), "stalls": int(stalls), "cpu": cpu, "wall": wall}))


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:5]]
    main(sizes[0], sizes[1], sizes[2], sizes[3], sys.argv[5])
