"""Published throughputs, samples per second.

MLPerf: results of MLCommons, inference, open division, Moffett: inference_results_v2.1@91f7859b and
inference_results_v3.0@1948f9b5 (also H3C and Supermicro); the sparsity of these submissions is not stated. ByteMLPerf:
bytedance/ByteMLPerf, general_perf/reports/SPU, August 2023, sparsity 0.9375; that its BERT is BERT-base at 384 tokens
is an assumption of this project.
"""

from dataclasses import dataclass
from typing import Literal

Network = Literal["resnet50", "bert-large", "bert-base"]


@dataclass(frozen=True, slots=True)
class Row:
    """One published number.

    Attributes:
        source: Where it stands.
        card: On what.
        chips: Antoum chips of the card or cards.
        network: Name of the shape table.
        samples_per_s: The number.
        rate: The stated reduction of the weights, or None.
    """

    source: str
    card: str
    chips: int
    network: Network
    samples_per_s: float
    rate: int | None = None


V21, V30, BYTE = "MLPerf v2.1 offline", "MLPerf v3.0 offline", "ByteMLPerf"

ROWS = (
    Row(V21, "S4", 1, "resnet50", 31_678.6),
    Row(V21, "S10", 2, "resnet50", 65_592.8),
    Row(V21, "S30", 3, "resnet50", 95_784.3),
    Row(V30, "S10", 2, "resnet50", 64_149.9),
    Row(V30, "S30", 3, "resnet50", 96_049.2),
    Row(V30, "S30 (H3C)", 3, "resnet50", 96_597.3),
    Row(V30, "S30 (Supermicro)", 3, "resnet50", 96_823.6),
    Row(V30, "S40", 4, "resnet50", 127_375.0),
    Row(V30, "4 x S30", 12, "resnet50", 383_520.0),
    Row(BYTE, "S30", 3, "resnet50", 52_423.97, 16),
    Row(V21, "S4", 1, "bert-large", 1_219.41),
    Row(V21, "S10", 2, "bert-large", 2_535.96),
    Row(V21, "S30", 3, "bert-large", 3_836.89),
    Row(V30, "S10", 2, "bert-large", 2_548.22),
    Row(V30, "S30", 3, "bert-large", 3_840.74),
    Row(V30, "S40", 4, "bert-large", 5_068.94),
    Row(BYTE, "S30", 3, "bert-base", 7_738.91, 16),
)
