"""The layers of a result as flat tables: CSV and Parquet with the same columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

# Numbers and names of a layer's record that need no flattening, in the order of the columns.
PLAIN = (
    "name",
    "op",
    "m",
    "k",
    "n",
    "groups",
    "repeats",
    "dynamic",
    "pattern",
    "density",
    "instructions",
    "cycles",
    "total_cycles",
    "dense_cycles",
    "speedup",
    "macs",
    "dense_macs",
    "utilisation",
    "dram_bytes",
    "dense_dram_bytes",
    "compute_bound_cycles",
    "bandwidth_bound_cycles",
    "program",
)


def flat_rows(layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Records of layers, as in ``result.json``, with one plain value per column and the same columns in each."""
    reasons = sorted({reason for layer in layers for reason in layer["stall_cycles"]})
    components = sorted({part for layer in layers for part in layer["energy_pj"] or ()})
    return [
        {key: layer[key] for key in PLAIN}
        | {"dataflow": layer["mapping"]["dataflow"], "executed_pattern": layer["mapping"]["executed_pattern"]}
        | {f"tile_{axis}": size for axis, size in layer["mapping"]["tiling"].items()}
        | {"energy_pj": None if layer["energy_pj"] is None else sum(layer["energy_pj"].values())}
        | {energy_column(part): (layer["energy_pj"] or {}).get(part, 0.0) for part in components}
        | {stall_column(reason): layer["stall_cycles"].get(reason, 0) for reason in reasons}
        for layer in layers
    ]


def energy_column(component: str) -> str:
    """The column of the energy of a component."""
    return f"energy_{component.replace(' ', '_')}_pj"


def stall_column(reason: str) -> str:
    """The column that counts the cycles of a reason."""
    return f"stall_{reason.replace(' ', '_')}_cycles"


def write_tables(layers: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write ``layers.csv`` and ``layers.parquet``."""
    table = pa.Table.from_pylist(flat_rows(layers))
    csv.write_csv(table, folder / "layers.csv")
    parquet.write_table(table, folder / "layers.parquet")
