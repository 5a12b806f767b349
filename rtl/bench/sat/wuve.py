"""zs_wuve against the update in NumPy float32, bit for bit, and its latency."""

import cocotb
import numpy as np

from mapping.arrays import Float32Array
from rtl.bench.beats import exchange, pack, reset, unpack
from rtl.bench.coverage import Bins, handshake_bins
from rtl.bench.handshake import CASES, SCALE, SEED, Handle, number
from simulator.families.sat import wuve
from simulator.families.sat.timing import wuve_cycles

RATES = [(0.1, 0.9), (1.0, 0.0), (1e-3, 0.5), (1e-38, 1.0), (3e38, 0.99), (0.0, 1.0)]


def draw(kind: int, shape: int, rng: np.random.Generator) -> Float32Array:
    """fp32 operands: about normal, any bits, few values, subnormal, special."""
    bits = rng.integers(0, 2**32, shape, np.uint32)
    if kind == 0:
        return rng.standard_normal(shape).astype(np.float32)
    if kind == 1:
        return bits.view(np.float32)
    if kind == 2:
        return rng.choice(np.array([0.0, -0.0, -0.0, 1.0, -1.0, 0.5], np.float32), shape)
    if kind == 3:
        return (bits & 0x80FF_FFFF).view(np.float32)
    return rng.choice(np.array([np.inf, -np.inf, np.nan, 3.4e38, -3.4e38, 65504, 65520, 1e-8], np.float32), shape)


@cocotb.test(timeout_time=20 * SCALE, timeout_unit="ms")
async def test_weights_are_updated(dut: Handle) -> None:
    """Streams of weights with and without gaps and stalls."""
    lanes = number(dut.Lanes)
    latency = 2 * (number(dut.MulLatency) + number(dut.AddLatency))
    data, flow = (np.random.default_rng([SEED, stream]) for stream in range(2))
    classes = ["negative zero", "infinity", "nan", "subnormal"]
    names = [*handshake_bins("in"), *handshake_bins("out")]
    names += [f"{what} {label}" for what in ("weight", "velocity", "half") for label in classes]
    bins = Bins(names)
    await reset(dut)
    for index, rates in enumerate(RATES):
        gap, stall = [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.3, 0.3), (0.1, 0.8), (0.8, 0.1)][index]
        rate, momentum = (np.float32(value) for value in rates)
        dut.learning_rate_i.value = int(rate.view(np.uint32))
        dut.momentum_i.value = int(momentum.view(np.uint32))
        kinds = data.integers(0, 5, (3, CASES))
        operands = np.array([[draw(kind, lanes, data) for kind in row] for row in kinds])
        weights, velocity, half = wuve.update(*operands, learning_rate=rate, momentum=momentum)
        ports = ("in_weight_i", "in_velocity_i", "in_gradient_i")
        raw = operands.view(np.uint32)
        beats = [{port: pack(raw[k, i], 32) for k, port in enumerate(ports)} for i in range(CASES)]
        outputs = ("out_weight_o", "out_velocity_o", "out_half_o")
        got, cycles = await exchange(
            dut,
            beats,
            CASES,
            outputs,
            gap=gap,
            stall=stall,
            rng=flow,
            bins=bins,
            ready_of=lambda out_valid, ready, beat: not out_valid or ready,
        )
        for i, result in enumerate(got):
            for port, want, bits in zip(outputs, (weights, velocity, half), (32, 32, 16), strict=True):
                expected = want[i].view(f"u{bits // 8}").tolist()
                lane_values = unpack(result[port], bits, lanes)
                assert lane_values == expected, (
                    f"beat {i}, rate {rate}, momentum {momentum}, operands {operands[:, i]}: {port} "
                    f"{[f'{v:x}' for v in lane_values]}, expected {[f'{v:x}' for v in expected]}"
                )
        if not gap and not stall:
            assert cycles == wuve_cycles(CASES * lanes, lanes) + latency
        for what, values in (("weight", weights), ("velocity", velocity), ("half", half)):
            tiny = np.finfo(values.dtype).tiny
            bins.hit(f"{what} negative zero", ((values == 0) & np.signbit(values)).any())
            bins.hit(f"{what} infinity", np.isinf(values).any())
            bins.hit(f"{what} nan", np.isnan(values).any())
            with np.errstate(invalid="ignore"):
                bins.hit(f"{what} subnormal", ((values != 0) & (np.abs(values) < tiny)).any())
    bins.check()
