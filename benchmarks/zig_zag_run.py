"""One product in ZigZag: ``python zig_zag_run.py M K N``, in the environment of ``benchmarks.zig_zag``."""

import json
import logging
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import zigzag
from zigzag.api import get_hardware_performance_zigzag


def main(m: int, k: int, n: int) -> None:
    """Search and print what it took."""
    logging.disable(logging.CRITICAL)
    inputs = Path(zigzag.__file__).parent / "inputs"
    layer = {
        "id": 0,
        "operator_type": "Gemm",
        "equation": "O[b][k]+=I[b][c]*W[c][k]",
        "dimension_relations": [],
        "loop_dims": ["B", "C", "K"],
        "loop_sizes": [m, k, n],
        "operand_precision": {"W": 8, "I": 8, "O": 16, "O_final": 8},
        "operand_source": {"I": 0, "W": 0},
    }
    with TemporaryDirectory() as folder:
        cpu, wall = time.process_time(), time.perf_counter()
        _, cycles, _ = get_hardware_performance_zigzag(
            [layer],
            str(inputs / "hardware" / "tpu_like.yaml"),
            str(inputs / "mapping" / "tpu_like.yaml"),
            dump_folder=folder,
            loma_show_progress_bar=False,
        )
        record = {"cycles": cycles, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps(record))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
