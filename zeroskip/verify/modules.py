"""The benches of single Verilog modules."""

from collections.abc import Callable

import click

from mapping.errors import InputError
from rtl.bench.benches import ModuleBench, benches_of
from rtl.bench.cores import find_core
from zeroskip.report.progress import progress
from zeroskip.report.screen import plain_table, show
from zeroskip.verify.pool import Simulation, run_all
from zeroskip.verify.request import Request
from zeroskip.verify.summary import NO_WAVE, Verdict, keep_wave, write_junit

PREFIX = "zs_"


def has_own_bench(request: Request) -> bool:
    """Whether the module has a bench; if not, it is proven by the programs that the whole machine runs.

    Raises:
        InputError: There is no such module; the message lists those there are.
    """
    core, benches = find_core(request.family), benches_of(request.family)
    name = full_name(request)
    inside = {module for bench in benches for module in (bench.module, *bench.proves)}
    if name not in inside | set(core.proves):
        legal = ", ".join(sorted(module.removeprefix(PREFIX) for module in inside | set(core.proves)))
        raise InputError(f"--module {request.module}: family {request.family!r} has {legal}")
    return name in inside


def full_name(request: Request) -> str:
    """The module's name in Verilog."""
    assert request.module is not None
    return PREFIX + request.module.removeprefix(PREFIX)


def run(request: Request, check: Callable[[], None]) -> bool:
    """Run the bench with each of its parameter sets and print a summary; whether all is well."""
    bench = _bench(request)
    runs = [Simulation(_job(request, bench, name, waves=request.waves)) for name in bench.sets]
    faults: dict[str, str] = {}
    try:
        with progress(check) as bar:

            def ended(one: Simulation) -> None:
                name = one.job["set"]
                if one.code:
                    faults[name] = _fault(request, bench, one, lambda: bar.step("running again for a waveform"))
                elif request.waves:
                    keep_wave(one, _wave_name(request, bench, name))

            def watch() -> None:
                done = sum(one.code is not None for one in runs)
                bar.running(f"the bench of {bench.module}: {done} of {len(runs)} parameter sets", 0, done, len(runs))

            run_all(runs, request.processes, watch, ended)
    finally:
        for one in runs:
            one.drop()
    for fault in faults.values():
        click.echo(fault)
    _print_summary(request, bench, runs, faults)
    if request.junit is not None:
        names = [one.job["set"] for one in runs]
        verdicts = [
            Verdict(name=f"{bench.module}-{name}", seconds=one.seconds, fault=faults.get(name, ""))
            for name, one in zip(names, runs, strict=True)
        ]
        write_junit(verdicts, request.junit)
    return not faults


def _bench(request: Request) -> ModuleBench:
    """The bench; every option that does not fit it is refused."""
    name = full_name(request)
    (bench,) = (bench for bench in benches_of(request.family) if name in (bench.module, *bench.proves))
    if request.configs:
        raise InputError(
            f"--config: the bench of {bench.module} has parameter sets of its own: {', '.join(bench.sets)}"
        )
    if request.program is not None:
        raise InputError(f"--program {request.program}: the bench of {bench.module} runs none")
    if request.first:
        raise InputError(f"--first {request.first}: the bench of {bench.module} has no numbered programs")
    if request.cases is not None and request.cases < bench.cases:
        raise InputError(
            f"--cases {request.cases}: the bench of {bench.module} needs {bench.cases} {bench.unit} or more to bring "
            "about all that it has to check"
        )
    bench.check_tools(request.simulator)
    return bench


def _job(request: Request, bench: ModuleBench, name: str, *, waves: bool) -> dict[str, object]:
    return {
        "kind": "module",
        "family": request.family,
        "module": bench.module,
        "set": name,
        "seed": request.seed,
        "cases": request.cases or 0,
        "simulator": request.simulator,
        "waves": waves,
        "replaced": {str(path): text for path, text in request.replaced.items()},
    }


def _fault(request: Request, bench: ModuleBench, one: Simulation, watch: Callable[[], None]) -> str:
    """What a failed bench said, how to repeat it, and a waveform."""
    name = one.job["set"]
    again = Simulation(_job(request, bench, name, waves=True))
    run_all([again], 1, watch)
    wave = keep_wave(again, _wave_name(request, bench, name))
    again.drop()
    cases = f" --cases {request.cases}" if request.cases else ""
    settings = f"--seed {request.seed}{cases} --simulator {request.simulator}"
    lines = [
        one.said,
        f"repeat it with: zeroskip verify --family {request.family} --module {request.module} {settings}",
    ]
    return "\n".join([*lines, f"waveform: {wave}" if wave else NO_WAVE])


def _wave_name(request: Request, bench: ModuleBench, name: str) -> str:
    return f"{bench.module}-{name}-seed{request.seed}"


def _print_summary(request: Request, bench: ModuleBench, runs: list[Simulation], faults: dict[str, str]) -> None:
    table = plain_table("bench", "parameters", bench.unit, "seconds", "Verilog against its model")
    for one in runs:
        name = one.job["set"]
        verdict = "FAILED" if name in faults else "agrees, all coverage bins filled"
        table.add_row(bench.module, name, f"{request.cases or bench.cases:,}", f"{one.seconds:.0f}", verdict)
    show(table)
    if full_name(request) != bench.module:
        click.echo(f"{full_name(request)} is proven inside {bench.module}.", err=True)
