"""A generation on the screen and as plain values."""

from typing import Any

from rich.text import Text

from simulator.config import FamilyConfig
from simulator.generation import Generation, Step
from zeroskip.report.screen import grid, plain_table, show


def milliseconds(time: int, config: FamilyConfig) -> float:
    """A time in ms."""
    return time / (config.clock_mhz * 1000)


def generation_record(result: Generation, config: FamilyConfig) -> dict[str, Any]:
    """Everything as plain values."""
    decode_ms = milliseconds(result.decode_time, config)
    return {
        "prefill_ms": milliseconds(result.prompt.time, config),
        "decode_ms": decode_ms,
        "tokens": result.tokens,
        "tokens_per_s": 1000 * result.tokens / decode_ms,
        "config": config.model_dump(mode="json"),
        "steps": [_step(step, count, config) for step, count in ((result.prompt, 1), *result.decodes)],
    }


def _step(step: Step, count: int, config: FamilyConfig) -> dict[str, Any]:
    return {
        "name": step.name,
        "runs": count,
        "ms": milliseconds(step.time, config),
        "time": step.time,
        "instructions": step.instructions,
        "dram_bytes": step.dram_bytes,
        "busy_ms": {queue: milliseconds(time, config) for queue, time in step.busy.items()},
    }


def print_generation(result: Generation, config: FamilyConfig, machine: str) -> None:
    """The prompt, the first and the last decode step, and what came out."""
    table = plain_table("step", title="Steps (busy: ms of each queue)")
    queues = list(result.prompt.busy)
    for heading in ("runs", "ms", "instructions", "memory MB", *queues):
        table.add_column(heading, justify="right", no_wrap=True)
    chosen = dict.fromkeys((0, len(result.decodes) - 1))
    for step, count in ((result.prompt, 1), *(result.decodes[index] for index in chosen)):
        busy = (f"{milliseconds(step.busy[queue], config):.3f}" for queue in queues)
        megabytes = f"{step.dram_bytes / 1e6:,.1f}"
        shown = f"{milliseconds(step.time, config):,.3f}"
        table.add_row(step.name, str(count), shown, f"{step.instructions:,}", megabytes, *busy)
    decode_ms = milliseconds(result.decode_time, config)
    prefill_ms = milliseconds(result.prompt.time, config)
    total = Text(
        f"prefill {prefill_ms:,.1f} ms; {result.tokens:,} tokens in {decode_ms:,.1f} ms = "
        f"{1000 * result.tokens / decode_ms:.1f} tokens/s",
        style="bold",
    )
    show(grid({"machine": machine}), table, total)
