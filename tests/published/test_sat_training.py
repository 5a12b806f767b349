"""Training steps on the array alone: the derived network totals of the SAT model, batch 512, 32 x 32 PEs.

As for the unit vectors: the totals follow from public statements about the machine (arXiv 2309.13015) and assumed
networks, not from the paper's tables. An exact match shows that this implementation is that model, no more.
"""

import csv
from pathlib import Path
from statistics import mean

import pytest

from mapping.graph import gemm_layer
from mapping.sparsity import Pattern
from mapping.training import STAGES
from simulator.families.sat.closed_form import SETTINGS, array_cycles
from simulator.families.sat.reproduce.measure import BATCH, NETWORKS, Reference, layers
from tests.published.whole_layer import ideal, simulate_as_one_tile

pytestmark = pytest.mark.published

CLOCK_HZ = 200_000_000


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(__file__).with_name(name).read_text().splitlines()))


CYCLES, DATAFLOWS = rows("sat_training_cycles.csv"), rows("sat_training_dataflows.csv")
# Million multiply-accumulates of an image, forward / backward / update.
MACS = {
    "resnet9-cifar10": (379.262, 377.492, 379.262),
    "vit-cifar100": (640.999, 639.427, 640.999),
    "vgg19-cifar100": (398.182, 396.413, 398.182),
    "resnet18-tiny": (148.148, 138.514, 148.148),
    "resnet18-tiny-3x3": (2221.773, 2214.695, 2221.773),
    "resnet50": (4089.184, 3971.170, 4089.184),
}
SPEEDUPS = {
    "2:4": {
        "resnet9-cifar10": 1.490,
        "vit-cifar100": 1.407,
        "vgg19-cifar100": 1.489,
        "resnet18-tiny": 1.443,
        "resnet18-tiny-3x3": 1.473,
        "resnet50": 1.448,
    },
    "2:8": {
        "resnet9-cifar10": 1.944,
        "vit-cifar100": 1.764,
        "vgg19-cifar100": 1.958,
        "resnet18-tiny": 1.835,
        "resnet18-tiny-3x3": 1.911,
        "resnet50": 1.826,
    },
    "2:16": {
        "resnet9-cifar10": 2.283,
        "vit-cifar100": 2.021,
        "vgg19-cifar100": 2.308,
        "resnet18-tiny": 2.113,
        "resnet18-tiny-3x3": 2.232,
        "resnet50": 2.041,
    },
}


def reference(network: str, pattern: str, *settings: str) -> Reference:
    return Reference(network, "bdwp", Pattern.parse(pattern), settings)


def test_the_tables_are_complete():
    assert len(CYCLES) == 24
    assert {row["network"] for row in CYCLES} == {row["network"] for row in DATAFLOWS} == set(MACS)


@pytest.mark.parametrize("row", CYCLES, ids=lambda row: f"{row['network']}-{row['pattern']}")
def test_total_cycles(row):
    step = reference(row["network"], row["pattern"])
    assert step.cycles == int(row["cycles"])
    for stage in STAGES:
        assert step.stages[stage] / CLOCK_HZ == pytest.approx(float(row[f"{stage}_s"]), abs=0.0005001), stage
    assert sum(step.macs.values()) / step.kept_macs == pytest.approx(float(row["mac_bound"]), abs=0.0005001)


@pytest.mark.parametrize("network", MACS)
def test_macs_of_an_image(network):
    step = reference(network, "2:8")
    for stage, published in zip(STAGES, MACS[network], strict=True):
        assert step.macs[stage] / BATCH / 1e6 == pytest.approx(published, abs=0.0005001)


@pytest.mark.parametrize("pattern", SPEEDUPS)
@pytest.mark.parametrize("network", MACS)
def test_speedup_over_dense(network, pattern):
    ratio = reference(network, "dense").cycles / reference(network, pattern).cycles
    assert ratio == pytest.approx(SPEEDUPS[pattern][network], abs=0.0005001)


def test_mean_speedup_of_the_five_networks():
    ratios = [reference(network, "dense").cycles / reference(network, "2:8").cycles for network in NETWORKS]
    assert mean(ratios) == pytest.approx(1.865, abs=0.0005001)


@pytest.mark.parametrize("row", DATAFLOWS, ids=lambda row: row["network"])
@pytest.mark.parametrize("dataflow", ["weight_stationary", "output_stationary"])
def test_a_single_dataflow(row, dataflow):
    dense, sparse = (reference(row["network"], p, f'dataflows="{dataflow}"').cycles for p in ("dense", "2:8"))
    assert dense / CLOCK_HZ == pytest.approx(float(row[f"{dataflow}_dense_s"]), abs=0.0005001)
    assert sparse / CLOCK_HZ == pytest.approx(float(row[f"{dataflow}_s"]), abs=0.0005001)
    assert dense / sparse == pytest.approx(float(row[f"{dataflow}_speedup"]), abs=0.0005001)


@pytest.mark.parametrize("network", ["resnet18-tiny", "vit-cifar100"])
@pytest.mark.parametrize("pattern", ["2:8", "dense"])
def test_programs_take_as_long_as_the_closed_form(network, pattern):
    """Every product of a small batch as a real program, in both dataflows, on both executors."""
    config = ideal(*SETTINGS)
    done = set()
    for layer in layers(network, "bdwp", Pattern.parse(pattern), batch=2):
        for product in layer.products:
            sizes = (product.m, product.k, product.n)
            for dataflow in ("weight_stationary", "output_stationary"):
                if (sizes, product.pattern, dataflow) in done:
                    continue
                done.add((sizes, product.pattern, dataflow))
                timeline = simulate_as_one_tile(gemm_layer("gemm", *sizes), dataflow, product.pattern, config)
                assert timeline.total * product.repeats == array_cycles(product, dataflow, config), (sizes, dataflow)
