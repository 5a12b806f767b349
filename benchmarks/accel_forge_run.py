"""One product in AccelForge: ``python accel_forge_run.py M K N``, in the environment of ``benchmarks.accel_forge``."""

import json
import sys
import time

import accelforge
from accelforge.mapper.FFM import map_workload_to_arch

SIDE = 32
WARM_SIDE = 16


def main(m: int, k: int, n: int) -> None:
    """Search and print what it took.

    A search for another machine goes before, so that all code is loaded and compiled, as it is for a machine in the
    middle of a sweep. One job: processes of its own would load and compile the same code again, and their CPU seconds
    would have to be added.
    """
    accelforge.set_n_parallel_jobs(1)
    _search(_product(m, k, n, WARM_SIDE))
    spec = _product(m, k, n, SIDE)
    cpu, wall = time.process_time(), time.perf_counter()
    seconds = _search(spec)
    record = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    clock = float(spec.arch.find("MAC").actions["compute"].throughput)  # a MAC unit does one a cycle
    print(json.dumps({"cycles": seconds * clock} | record))


def _product(m: int, k: int, n: int, side: int) -> accelforge.Spec:
    """The product in 8 bits on the example ``tpu_v4i``, cut down from four arrays of 128 x 128 to one."""
    spec = accelforge.Spec.from_yaml(accelforge.examples.arches.tpu_v4i)
    spec.arch.find("LocalBuffer").spatial[0].fanout = 1
    for dimension in spec.arch.find("ProcessingElement").spatial:
        dimension.fanout = side
    tensors = {"A": ("m", "k"), "B": ("k", "n"), "C": ("m", "n")}
    spec.workload = accelforge.Workload(
        iteration_space_shape={name: f"0 <= {name} < {size}" for name, size in (("m", m), ("k", k), ("n", n))},
        bits_per_value={"All": 8},
        einsums=[
            {
                "name": "Product",
                "tensor_accesses": [
                    {"name": name, "projection": list(ranks), "output": name == "C"} for name, ranks in tensors.items()
                ],
                "renames": {"input": "A", "weight": "B", "output": "C"},
            }
        ],
    )
    spec.mapper.metrics = accelforge.Metrics.LATENCY
    return spec


def _search(spec: accelforge.Spec) -> float:
    """Seconds of the fastest mapping, whose details are not evaluated once more."""
    mappings = map_workload_to_arch(spec, print_progress=False, eval_in_detail=False)
    return float(mappings.data["Total<SEP>latency"].min())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
