"""Where each block of SAT is synthesised to fit its area, and where to check the fit.

A block alone is one synthesis whatever the size of the machine around it, so the points of a block vary what that block
depends on. Ends of a range are points: a model that is asked beyond them refuses.
"""

_HALF = ('datapath="fp16"', 'output="element"')
_HIDDEN = 'output_drain="hidden"'


def _machine(rows: int, cols: int, group: int, *more: str, kib: int | tuple[int, int, int] = 32) -> tuple[str, ...]:
    """Settings; ``kib``: capacity of each scratchpad, or of those for activations, weights and sums."""
    sizes = (kib,) * 3 if isinstance(kib, int) else kib
    pads = (
        f"{name}_scratchpad_kib={size}" for name, size in zip(("activation", "weight", "output"), sizes, strict=True)
    )
    return (f"rows={rows}", f"cols={cols}", f"max_group={group}", *more, *pads)


def _late(add: int, mul: int, interleave: int = 1) -> tuple[str, ...]:
    """Latencies of the adders and multipliers, and the sums that hide them."""
    return (f"add_latency={add}", f"mul_latency={mul}", f"interleave={interleave}")


def _half(add: int, mul: int, interleave: int = 1) -> tuple[str, ...]:
    return (*_HALF, *_late(add, mul, interleave))


def _port(bytes_per_cycle: int) -> str:
    return f"memory.bytes_per_cycle={bytes_per_cycle}"


def _lanes(count: int) -> tuple[str, ...]:
    return (f"sore_lanes={count}", f"wuve_lanes={count}")


FP16 = _half(3, 1, 2)

POINTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "core/core": (
        _machine(2, 2, 1, _port(4), kib=16),
        _machine(4, 4, 4, _port(16)),
        _machine(2, 2, 1, *_half(1, 0), _port(4), kib=16),
        _machine(4, 4, 4, *FP16, _port(8)),
    ),
    "core/dispatch": (_machine(2, 2, 1),),
    "core/GEMM unit": (
        _machine(2, 2, 1, _port(4), kib=16),
        _machine(32, 2, 16, *FP16, kib=1024),
        _machine(2, 32, 2, _HIDDEN, _port(32), kib=(1024, 256, 16)),
        _machine(8, 4, 4, *_half(8, 4, 8), kib=(16, 512, 128)),
    ),
    "core/PE": (
        *(_machine(2, 2, group) for group in (1, 2, 3, 4, 6, 8, 12, 16)),
        *(_machine(2, 2, group, *_late(1, mul)) for group, mul in ((1, 2), (4, 1), (8, 4), (16, 3))),
        *(_machine(2, 2, group, *_half(1, 0)) for group in (1, 2, 3, 4, 6, 8, 12, 16)),
        *(_machine(2, 2, group, *FP16) for group in (1, 4, 8, 16)),
        _machine(2, 2, 4, *_half(2, 0)),
        _machine(2, 2, 8, *_half(4, 2, 4)),
        _machine(2, 2, 2, *_half(5, 1, 3)),
        _machine(2, 2, 8, *_half(8, 4, 8)),
        _machine(2, 2, 4, *_half(6, 3, 6)),
    ),
    "core/array": (
        _machine(2, 2, 1, kib=16),
        _machine(4, 4, 4),
        _machine(8, 4, 2, _HIDDEN, kib=256),
        _machine(2, 32, 1, kib=1024),
        _machine(16, 2, 16, _HIDDEN, kib=128),
        _machine(32, 2, 16, _HIDDEN, kib=128),
        _machine(8, 8, 8, *_late(1, 4), kib=512),
        _machine(2, 16, 16, kib=64),
        _machine(4, 4, 4, *FP16),
        _machine(8, 8, 8, *_half(1, 0), _HIDDEN, kib=128),
        _machine(2, 16, 4, *_half(8, 4, 8), kib=1024),
        _machine(8, 2, 16, *_half(4, 2, 4), kib=512),
    ),
    "core/activation fetch": (
        *(_machine(2, 2, 4, kib=kib) for kib in (16, 32, 64, 128, 256, 512, 1024)),
        *(_machine(2, 2, 4, kib=kib) for kib in ((1024, 16, 16), (16, 1024, 16), (16, 16, 1024))),
        *(_machine(2, 2, group) for group in (1, 8, 16)),
        *(_machine(2, 2, group, *FP16, kib=kib) for group, kib in ((1, 16), (8, 128), (16, 1024), (4, 64))),
    ),
    "core/weight fetch": (
        _machine(2, 2, 1, _port(4), kib=16),
        _machine(2, 4, 4),
        _machine(2, 8, 8, kib=64),
        _machine(2, 32, 4, kib=128),
        _machine(2, 64, 1, kib=1024),
        _machine(2, 4, 16, kib=512),
        _machine(2, 16, 2, kib=256),
        _machine(2, 64, 16, kib=(32, 64, 32)),
        _machine(2, 2, 1, *FP16, _port(32), kib=16),
        _machine(2, 4, 4, *FP16),
        _machine(2, 32, 8, *FP16, kib=64),
        _machine(2, 64, 1, *FP16, kib=1024),
        _machine(2, 8, 16, *FP16, kib=(32, 256, 1024)),
        _machine(2, 16, 2, *FP16, kib=(32, 1024, 32)),
    ),
    "core/accumulator": (
        _machine(2, 2, 1, kib=16),
        _machine(2, 4, 1),
        _machine(2, 16, 1, kib=128),
        _machine(2, 64, 1, kib=1024),
        _machine(2, 2, 1, *_half(1, 0), kib=16),
        _machine(2, 4, 1, *FP16),
        _machine(2, 16, 1, *_half(2, 0), kib=64),
        _machine(2, 64, 1, *_half(8, 0), kib=1024),
        _machine(2, 8, 1, *_half(5, 0), kib=256),
    ),
    "core/fp32 adder": tuple(_machine(2, 2, 1, *_half(add, 0)) for add in range(1, 9)),
    "core/rounding store": (
        _machine(2, 2, 1, *_half(1, 0), _port(4), kib=16),
        _machine(2, 2, 1, *_half(1, 0), _port(8), kib=64),
        _machine(2, 2, 1, *_half(1, 0), _port(16)),
        _machine(2, 2, 1, *_half(1, 0), _port(24), kib=256),
        _machine(2, 2, 1, *_half(1, 0), _port(32), kib=1024),
    ),
    "core/scratchpad": (
        _machine(2, 2, 4, _port(4), kib=16),
        _machine(4, 4, 4),
        _machine(64, 2, 1, _port(4), kib=(64, 16, 512)),
        _machine(2, 2, 16, _port(4), kib=(512, 256, 1024)),
        _machine(2, 2, 1, kib=(1024, 32, 32)),
        _machine(2, 2, 1, _port(32), kib=4),
        _machine(2, 32, 2, *_half(1, 0), _port(32), kib=(256, 128, 64)),
    ),
    "core/DMA": tuple(_machine(2, 2, 1, _port(lanes)) for lanes in (4, 8, 16)),
    "SORE/SORE": (
        _machine(2, 2, 1),
        _machine(2, 2, 16, *_lanes(8)),
        _machine(4, 4, 4, *FP16, *_lanes(8)),
    ),
    "SORE/SORE lane": (
        *(_machine(2, 2, group) for group in (1, 4, 16)),
        *(_machine(2, 2, group, *FP16) for group in (1, 8)),
    ),
    "WUVE/WUVE": (
        _machine(2, 2, 1),
        _machine(2, 2, 1, *_half(5, 2), *_lanes(8)),
    ),
    "WUVE/fp32 adder": tuple(_machine(2, 2, 1, *_half(add, 0)) for add in range(1, 9)),
    "WUVE/fp32 multiplier": tuple(_machine(2, 2, 1, *_half(1, mul)) for mul in (0, 2)),
}

_LARGER = _machine(16, 16, 8, kib=64)
CHECKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "core/array": (_LARGER,),
    "core/GEMM unit": (_LARGER,),
    "core/weight fetch": (_LARGER,),
    "core/accumulator": (_LARGER,),
    "core/activation fetch": (_LARGER, _machine(16, 16, 8, *FP16, kib=64)),
    "core/scratchpad": (_LARGER,),
}
