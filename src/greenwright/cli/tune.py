"""``greenwright tune``: the power limit and batch size at which a command needs least energy, at no more than a stated slowdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated

import typer

from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.meter import tuning
from greenwright.meter.power_limits import recover
from greenwright.meter.process import command_cpu_s, command_probes, run_command
from greenwright.meter.session import Meter
from greenwright.records.energy import Window
from greenwright.records.tuning import GpuLimit, Tuning, TuningPoint, TuningTrial
from greenwright.report.words import duration_text, energy_text

BATCH = "{batch}"
_SIGNALLED = 128
_STDERR = 2
"""Where the command's own output goes: ours may be JSON."""


def tune(  # noqa: PLR0913 - Typer's options
    command: Annotated[
        list[str],
        typer.Argument(metavar="-- COMMAND…", help="A fixed piece of work of a minute or so; {batch} in it is the batch size."),
    ],
    *,
    slowdown_share: Annotated[
        float, typer.Option("--slowdown", help="How much longer than now it may take: 0.05 is 5 %.")
    ] = 0.05,
    batches: Annotated[str, typer.Option(help="Batch sizes to try, such as 8,16,32; the first is today's.")] = "",
    steps: Annotated[int, typer.Option(help="How many power limits to try, from the most to the least.")] = 5,
    gpu: Annotated[list[int] | None, typer.Option(help="Only this GPU; may be given several times.")] = None,
    repeat: Annotated[int, typer.Option(min=1, help="How often to measure each setting.")] = 2,
    run: Annotated[bool, typer.Option("--run", help="Do it; without this, only say what would be done.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the best limits in place; else all are put back.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Find the GPU power limit and batch size at which a command needs least energy. Without --run nothing is set or started."""
    for sentence in recover():
        typer.echo(sentence, err=True)
    sizes = _sizes(batches, command)
    gpus = tuning.limits(indices=gpu or [])
    limits = [limit for _, limit in gpus]
    points = tuning.candidates(limits, steps, sizes)
    if not run:
        _show_plan(limits, points, repeat=repeat, json=json)
        return
    found = tuning.tune(_work(command), points, gpus, max_slowdown_share=slowdown_share, repeat_count=repeat, keep=keep)
    if json:
        print_json(found)
    else:
        _show(found)


def _sizes(batches: str, command: Sequence[str]) -> list[int]:
    try:
        sizes = [int(size) for size in batches.split(",") if size]
    except ValueError as error:
        raise BadInputError(f"--batches is {batches!r}; give whole numbers, such as 8,16,32") from error
    if any(size < 1 for size in sizes):
        raise BadInputError(f"--batches is {batches!r}; a batch has at least 1 example")
    if bool(sizes) != any(BATCH in word for word in command):
        raise BadInputError(
            f"batch sizes need a place in the command: give --batches 8,16,32 and write {BATCH} where it takes one"
        )
    return sizes


def _work(command: Sequence[str]) -> Callable[[int | None], Window]:
    meter = Meter(probes=command_probes(), cpu_s=command_cpu_s, devices_only=True)

    def work(batch: int | None) -> Window:
        words = [word.replace(BATCH, str(batch)) for word in command]
        ended = run_command(words, meter, "tuning", output=_STDERR)
        if ended.exit_code > _SIGNALLED:
            raise KeyboardInterrupt
        if ended.exit_code:
            raise BadInputError(f"{' '.join(words)!r} ended with exit code {ended.exit_code}; mend it, then tune")
        return ended.window

    return work


def _show_plan(limits: Sequence[GpuLimit], points: Sequence[TuningPoint], *, repeat: int, json: bool) -> None:
    if json:
        print_json({"gpus": limits, "points": points, "runs": len(points) * repeat})
        return
    page = console()
    section(page, "GPUs", [(f"GPU {one.index}", one.name, f"{one.now_w:.0f} W now", _bounds(one)) for one in limits])
    section(page, "Would try", [(_point_text(point, limits),) for point in points])
    typer.echo(f"At most {len(points) * repeat} runs of the command. Setting a limit needs root. To do it: add --run")


def _bounds(limit: GpuLimit) -> str:
    return f"{limit.low_w:.0f} to {limit.high_w:.0f} W allowed"


def _show(found: Tuning) -> None:
    section(console(), "Tried", list(_rows(found)))
    typer.echo(found.said)
    typer.echo("The limits were left in place." if found.kept else "All limits are as they were.")


def _rows(found: Tuning) -> Iterator[tuple[str, ...]]:
    yield "", "energy", "saved", "time", "slower", ""
    for trial in found.trials:
        yield _point_text(trial.point, found.gpus), *_figures(trial, is_chosen=trial == found.chosen)


def _figures(trial: TuningTrial, *, is_chosen: bool) -> tuple[str, ...]:
    mark = "best" if is_chosen else "" if trial.allowed else "too slow"
    energy, duration = energy_text(trial.energy_j.value), duration_text(trial.duration_s)
    return energy, f"{trial.saving_share:.1%}", duration, f"{trial.slowdown_share:.1%}", mark


def _point_text(point: TuningPoint, limits: Sequence[GpuLimit]) -> str:
    watts = sorted({f"{tuning.limit_w(limit, point):.0f} W" for limit in limits})
    said = "as it is, " if point.limit_share is None else ""
    return said + "/".join(watts) + (f", batches of {point.batch}" if point.batch is not None else "")
