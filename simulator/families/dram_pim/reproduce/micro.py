"""AiM's micro-benchmarks: short traces whose cycles are known from its public simulator, with refresh off."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.execute import run
from simulator.families.dram_pim.config import DramPimConfig
from simulator.families.dram_pim.partition import FUNCTION_ROW
from simulator.families.dram_pim.stream import Stream
from simulator.families.dram_pim.timing import job
from simulator.memory.commands.table import CommandTable, counts

ITERATIONS = 1024
COLUMNS = 64


def _macab(stream: Stream, i: int) -> None:
    stream.host("MAC_ABK", row=i, count=COLUMNS)


def _rdmac(stream: Stream, _: int) -> None:
    stream.host("RD_MAC")


def _wrbias(stream: Stream, _: int) -> None:
    stream.host("WR_BIAS")


def _wrab(stream: Stream, i: int) -> None:
    stream.host("WR_ABK", mask=1, row=i)


def _ewmul(stream: Stream, i: int) -> None:
    stream.host("EWMUL", row=i, count=COLUMNS)


def _mac_read_mac(stream: Stream, _: int) -> None:
    stream.host("WR_BIAS")
    stream.host("MAC_ABK", row=0, count=COLUMNS)
    stream.host("RD_MAC")
    stream.host("MAC_ABK", row=1, count=COLUMNS)


def _activation(stream: Stream, _: int) -> None:
    stream.host("WR_BIAS")
    stream.host("MAC_ABK", row=0, count=COLUMNS)
    stream.host("AF", row=FUNCTION_ROW)
    stream.host("RD_AF")


def _copies(stream: Stream, i: int) -> None:
    stream.host("WR_GB", count=COLUMNS)
    stream.host("COPY_GBBK", bank=0, row=i, count=COLUMNS)
    stream.host("COPY_BKGB", bank=8, row=i, count=COLUMNS)


# Cycles of arkhadem/aim_simulator@0f28a07, its test folder and test/example.yaml: one run each, not published.
TRACES: dict[str, tuple[Callable[[Stream, int], None], int]] = {
    "micro_macab_1024_16banks": (_macab, 231_383),
    "micro_rdmac_1024_16banks": (_rdmac, 3_106),
    "micro_wrbias_1024_16banks": (_wrbias, 2_083),
    "micro_wrab_1024_1bank": (_wrab, 103_393),
    "micro_ewmul_16banks": (_ewmul, 227_260),
    "micro_wrbias_mac_rdmac_mac_16banks": (_mac_read_mac, 576_482),
    "micro_wrbias_mac_af_rdaf_16banks": (_activation, 424_960),
    "micro_wrgb_gbbk_bggb_16banks": (_copies, 637_890),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A trace: cycles of AiM's simulator, ours, and our commands in the first channel that it uses."""

    name: str
    reference: int
    cycles: int
    commands: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedForm:
    """A formula and its value."""

    formula: str
    cycles: int


def count(name: str, config: DramPimConfig) -> Count:
    """Run a trace."""
    write, reference = TRACES[name]
    stream = Stream(config.all_channels)
    for iteration in range(ITERATIONS):
        write(stream, iteration)
    return _counted(name, reference, stream, config)


def _counted(name: str, reference: int, stream: Stream, config: DramPimConfig, channel: int = 0) -> Count:
    timeline = run(job(stream.program(title=name), config))
    memory, state = timeline.job.machine.memories[0], timeline.memories[0]
    assert memory is not None, "the host has a memory"
    assert state is not None, "the run has kept its state"
    commands = {each: int(found[channel]) for each, found in counts(memory.params, state, config.table).items()}
    return Count(name=name, reference=reference, cycles=timeline.total, commands=commands)


def run_all(config: DramPimConfig) -> list[Count]:
    """All traces."""
    return [*(count(name, config) for name in TRACES), all_isr(config)]


def all_isr(config: DramPimConfig) -> Count:
    """One of each instruction, on four channels: the newest stored version of that trace.

    WR_SBK and RD_SBK, which say two columns there but have no such field in the simulator, move one.
    """
    stream = Stream(config.all_channels)
    last = config.channels - 1  # AiM's simulator numbers the channels of a mask from the other end
    channels = [1 << (last - number) for number in range(4)]
    four = sum(channels)
    for number in range(4):
        stream.host("WRITE", mask=1 << number, bank=2, row=8 + number)
    stream.host("HOST", count=8)
    for channel in channels:
        stream.host("WRITE", mask=channel, bank=0, row=0)
    stream.host("WR_GB", mask=four, count=2)
    stream.host("WR_BIAS", mask=four)
    for name, bank in (("MAC_ABK", -1), ("MAC_SBK", 0), ("EWMUL", -1)):
        for _ in range(2):
            stream.host("HOST")
            stream.host(name, mask=four, bank=bank, row=0, count=2)
    stream.host("HOST")
    stream.host("AF", mask=four, row=FUNCTION_ROW + 1)
    stream.host("RD_MAC", mask=four)
    stream.host("RD_AF", mask=four)
    stream.host("HOST")
    stream.host("COPY_BKGB", mask=four, bank=0, row=0, count=2)
    stream.host("COPY_GBBK", mask=four, bank=0, row=0, count=2)
    for channel in channels:
        stream.host("READ", mask=channel, bank=0, row=0)
    for channel in channels:
        stream.host("WR_ABK", mask=channel, row=5)
    return _counted("all_isr", 689, stream, config, channel=last)


def closed_form(name: str, table: CommandTable) -> ClosedForm | None:
    """The cycles of a trace by hand, where a formula says them; every one ends with 3 cycles of the last barrier."""
    n = ITERATIONS

    def value(expression: str) -> int:
        return table.cycles(expression)

    ccd = value("nCCDL")
    match name:
        case "micro_macab_1024_16banks":
            row = value("nRCDRDMAC") + (COLUMNS - 1) * ccd + value("nRTP + nRP")
            total = n * row - value("nRTP + nRP") + 3
            return ClosedForm(formula="n (nRCDRDMAC + 63 nCCDL + nRTP + nRP) - (nRTP + nRP) + 3", cycles=total)
        case "micro_ewmul_16banks":
            row = value("nRCDEWMUL") + (COLUMNS - 1) * ccd + value("nCWL + nWR + nRP")
            total = n * row - value("nCWL + nWR + nRP") + 3
            return ClosedForm(
                formula="n (nRCDEWMUL + 63 nCCDL + nCWL + nWR + nRP) - (nCWL + nWR + nRP) + 3", cycles=total
            )
        case "micro_rdmac_1024_16banks":
            total = value("nMODCH") + (n - 1) * (value("nCLREG + nBL") + 1) + value("nCLREG + nBL") + 3
            return ClosedForm(formula="nMODCH + (n - 1)(nCLREG + nBL + 1) + nCLREG + nBL + 3", cycles=total)
        case "micro_wrbias_1024_16banks":
            total = value("nMODCH") + (n - 1) * value("nBL") + value("nCWLREG + nBL") + 2
            return ClosedForm(formula="nMODCH + (n - 1) nBL + nCWLREG + nBL + 2", cycles=total)
        case "micro_wrab_1024_1bank":
            row = value("nRCDWR + nCWL + nBL + nWR + nRP")
            total = (n - 1) * row + value("nRCDWR + nCWL + nBL + nRP") + 2
            return ClosedForm(
                formula="(n - 1)(nRCDWR + nCWL + nBL + nWR + nRP) + nRCDWR + nCWL + nBL + nRP + 2", cycles=total
            )
    return None
