"""``zeroskip reproduce dram-controller``."""

from collections.abc import Callable

from simulator.memory.controller.reproduce.measure import Measurement, ours, published
from simulator.memory.controller.run import Result
from simulator.page import Page, Table

INTRO = (
    "Written by `zeroskip reproduce dram-controller`; nothing on it is typed in but the text and the measurements.",
    """ArchGym (ISCA 2023, srivatsankrishnan/oss-arch-gym) searches the parameters of DRAMSys's memory controller. It
    publishes one hundred simulated controllers (sims/DRAM/binary/DRAMSys_Proxy_Model/data, at 53f745af): energy, mean
    power and time. The device is eight 1 Gb DDR3-1600 chips on a DIMM (MICRON_1Gb_DDR3-1600_8bit_G, addresses mapped
    row, bank, column). The file mixes seconds and milliseconds; here all are microseconds, by E = P t.""",
    """What is independent and what is not. Timings, currents and the meaning of the ten parameters are those of DRAMSys
    4 (tukl-msd/DRAMSys) and of DRAMPower, stated anew as a table of constraints and a controller. No time, count or
    energy is taken from the measurements. So agreement shows that this model is that controller, not that the
    controller is real.""",
)
ASSUMED = (
    """**The trace is not named.** It is taken to be the stream: 10,000 reads of 64 bytes at rising addresses, one
    offered in every cycle. Its bound is met exactly: 10,000 bursts of 4 cycles of 1.25 ns and the latency of the first
    read, 10 + 10 cycles, are 50.025 us. So are its rows: 71 times a bank has to close one row for another, and with
    four entries in the buffer each of them costs 5 cycles more than with eight, together 443.75 ns.""",
    """**Two rules were settled by the measurements**, where the published sources leave a choice or were not read. In
    the cycle in which a refresh becomes due and can no longer be postponed, a bank may still issue the command that is
    ready in that cycle; the stored version of DRAMSys blocks the banks at once, and then the rows with 5 postponed
    refreshes come out 108.75 ns longer, those with 8, and the one with a buffer of seven, 47.5 ns. And energy is
    counted until the last automatic precharge has ended, less one cycle: the background power of 1 or 13 cycles more
    than the time.""",
    """Not checked by these rows: writes, the arbiters' limits (14 is the lowest beside an arbiter that counts), a
    response queue that has anything to reorder, refreshes pulled in, any trace but one, and DDR4.""",
)
PARAMETERS = {
    "page": "page_policy",
    "scheduler": "scheduler",
    "buffer": "scheduler_buffer",
    "entries": "request_buffer_size",
    "refresh": "refresh_policy",
    "postponed": "refresh_max_postponed",
}


def page(say: Callable[[str], None], jobs: int) -> Page:
    """The measurements beside ours."""
    del jobs  # it takes a second
    pairs = [(row, ours(row.config)) for row in published()]
    say(f"{len(pairs)} controllers")
    return Page(
        "A DRAM controller beside DRAMSys's measurements",
        [
            *INTRO,
            "## Time, energy, power",
            _verdict(pairs),
            """Rows that differ in nothing shown and measured the same are one row, with their number; response queue,
            arbiter, active transactions and refreshes pulled in change nothing among these rows.""",
            _table(pairs),
            "## What is assumed",
            *ASSUMED,
        ],
    )


def _verdict(pairs: list[tuple[Measurement, Result]]) -> str:
    worst = [max(abs(error) for error in column) for column in zip(*(_errors(*pair) for pair in pairs), strict=True)]
    return (
        f"Largest differences over all {len(pairs)} rows: time {worst[0] * 1e3:.3f} ns (a cycle is 1.25 ns), energy "
        f"{worst[1] * 1e3:.3f} nJ, power {worst[2] * 1e6:.1f} uW; the published digits end at 0.01 ns to 10 ns, "
        "0.01 nJ to 10 nJ and 10 uW."
    )


def _errors(row: Measurement, result: Result) -> tuple[float, float, float]:
    """Ours less theirs: us, uJ, W."""
    return (
        result.latency_ns / 1e3 - row.latency_us,
        result.total_pj / 1e6 - row.energy_uj,
        result.power_mw / 1e3 - row.power_w,
    )


def _table(pairs: list[tuple[Measurement, Result]]) -> Table:
    merged: dict[tuple[str, ...], int] = {}
    for row, result in pairs:
        cells = [str(getattr(row.config, name)) for name in PARAMETERS.values()]
        if row.config.refresh_policy == "no_refresh":
            cells[-1] = "-"
        time, energy, power = _errors(row, result)
        shown = (
            f"{row.latency_us:.5f}",
            f"{result.latency_ns / 1e3:.5f}",
            f"{time / row.latency_us:+.6%}",
            f"{row.energy_uj:.5f}",
            f"{result.total_pj / 1e6:.5f}",
            f"{energy / row.energy_uj:+.6%}",
            f"{row.power_w:.5f}",
            f"{result.power_mw / 1e3:.5f}",
            f"{power / row.power_w:+.4%}",
        )
        key = (*cells, *(cell.replace("-0.000000%", "+0.000000%").replace("-0.0000%", "+0.0000%") for cell in shown))
        merged[key] = merged.get(key, 0) + 1
    header = [*PARAMETERS, "t us", "ours", "", "E uJ", "ours", "", "P W", "ours", "", "rows"]
    return Table(header, [[*key, str(count)] for key, count in merged.items()])
