"""The benches of single Verilog modules."""

from collections.abc import Callable, Mapping

import click

from mapping.errors import InputError
from rtl.bench.benches import ModuleBench, benches_of, own_benches
from rtl.bench.cores import find_core, has_core
from zeroskip.report.progress import progress
from zeroskip.report.screen import plain_table, show
from zeroskip.verify.pool import Simulation, run_all
from zeroskip.verify.request import Request
from zeroskip.verify.summary import NO_WAVE, Verdict, keep_wave, write_junit

PREFIX = "zs_"


def has_own_bench(request: Request) -> bool:
    """Whether benches are to run: of the module, or of all; if not, programs on the whole machine prove it.

    Raises:
        InputError: There is no such module; the message lists those there are.
    """
    programs, benches = has_core(request.family), benches_of(request.family)
    if request.module is None:
        return not programs and bool(own_benches(request.family))
    inside = {module for bench in benches for module in (bench.module, *bench.proves)}
    by_programs = set(find_core(request.family).proves) if programs else set()
    name = full_name(request.module)
    if name not in inside | by_programs:
        legal = ", ".join(sorted(module.removeprefix(PREFIX) for module in inside | by_programs))
        raise InputError(f"--module {request.module}: family {request.family!r} has {legal}")
    return name in inside


def full_name(module: str) -> str:
    """The module's name in Verilog."""
    return PREFIX + module.removeprefix(PREFIX)


def run(request: Request, check: Callable[[], None]) -> bool:
    """Run each bench with each of its parameter sets and print a summary; whether all is well."""
    benches = {bench.module: bench for bench in _benches(request)}
    runs = [
        Simulation(_job(request, bench, name, waves=request.waves)) for bench in benches.values() for name in bench.sets
    ]
    faults: dict[str, str] = {}
    try:
        with progress(check) as bar:

            def ended(one: Simulation) -> None:
                if one.code:
                    faults[_name(one)] = _fault(request, one, lambda: bar.step("running again for a waveform"))
                elif request.waves:
                    keep_wave(one, _wave_name(request, one))

            def watch() -> None:
                done = sum(one.code is not None for one in runs)
                bar.running(f"{', '.join(benches)}: {done} of {len(runs)} parameter sets", 0, done, len(runs))

            run_all(runs, request.processes, watch, ended)
    finally:
        for one in runs:
            one.drop()
    for fault in faults.values():
        click.echo(fault)
    _print_summary(request, benches, runs, faults)
    if request.junit is not None:
        verdicts = [Verdict(name=_name(one), seconds=one.seconds, fault=faults.get(_name(one), "")) for one in runs]
        write_junit(verdicts, request.junit)
    return not faults


def _benches(request: Request) -> list[ModuleBench]:
    """The benches to run; every option that does not fit them is refused."""
    if request.module is None:
        benches = list[ModuleBench](own_benches(request.family))
        if request.cases is not None:
            raise InputError(f"--cases {request.cases}: each bench of {request.family!r} counts its own; add --module")
    else:
        name = full_name(request.module)
        benches = [bench for bench in benches_of(request.family) if name in (bench.module, *bench.proves)]
    for bench in benches:
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
                f"--cases {request.cases}: the bench of {bench.module} needs {bench.cases} {bench.unit} or more to "
                "bring about all that it has to check"
            )
        bench.check_tools(request.simulator)
    return benches


def _name(one: Simulation) -> str:
    return f"{one.job['module']}-{one.job['set']}"


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


def _fault(request: Request, one: Simulation, watch: Callable[[], None]) -> str:
    """What a failed bench said, how to repeat it, and a waveform."""
    again = Simulation({**one.job, "waves": True})
    run_all([again], 1, watch)
    wave = keep_wave(again, _wave_name(request, one))
    again.drop()
    module = request.module or str(one.job["module"]).removeprefix(PREFIX)
    cases = f" --cases {request.cases}" if request.cases else ""
    settings = f"--seed {request.seed}{cases} --simulator {request.simulator}"
    lines = [
        one.said,
        f"repeat it with: zeroskip verify --family {request.family} --module {module} {settings}",
    ]
    return "\n".join([*lines, f"waveform: {wave}" if wave else NO_WAVE])


def _wave_name(request: Request, one: Simulation) -> str:
    return f"{_name(one)}-seed{request.seed}"


def _print_summary(
    request: Request, benches: Mapping[str, ModuleBench], runs: list[Simulation], faults: dict[str, str]
) -> None:
    table = plain_table("bench", "parameters", "cases", "seconds", "Verilog against its model")
    for one in runs:
        bench = benches[str(one.job["module"])]
        verdict = "FAILED" if _name(one) in faults else "agrees, all coverage bins filled"
        cases = f"{request.cases or bench.cases:,} {bench.unit}"
        table.add_row(bench.module, one.job["set"], cases, f"{one.seconds:.0f}", verdict)
    show(table)
    if request.module is not None and full_name(request.module) not in benches:
        click.echo(f"{full_name(request.module)} is proven inside {', '.join(benches)}.", err=True)
