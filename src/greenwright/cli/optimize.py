"""``greenwright optimize``: turn a model into one that needs less energy, and prove that quality held."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright import units
from greenwright.cli.show import print_json
from greenwright.errors import BadInputError

if TYPE_CHECKING:
    from greenwright.study.generation import Generation
    from greenwright.study.limits import Limits
    from greenwright.study.optimize import Study
    from greenwright.study.workload import Workload


def optimize(  # noqa: PLR0913  one parameter an option
    workload: Annotated[Path, typer.Argument(help="A workload file (.py), or an .onnx file with --data.", metavar="WORKLOAD")],
    *,
    data: Annotated[Path | None, typer.Option(help="For an .onnx file: an .npz of its inputs by name, and targets.")] = None,
    quality: Annotated[
        str, typer.Option(help="For an .onnx file: accuracy, f1, spearman, pearson, mae, rmse, perplexity or exact-match.")
    ] = "accuracy",
    unit: Annotated[str, typer.Option(help="For an .onnx file: what one example delivers.")] = "1 example",
    max_drop: Annotated[float, typer.Option(help="Most quality that may be lost, in the metric's own units.")] = 0.01,
    slices: Annotated[str | None, typer.Option(help="For an .onnx file: report by class or by length.")] = None,
    prompt_tokens: Annotated[
        int | None, typer.Option(help="For an .onnx decoder with a cache: measure generating, after prompts of so many tokens.")
    ] = None,
    new_tokens: Annotated[int | None, typer.Option(help="Likewise: so many new tokens of each text.")] = None,
    max_slice_drop: Annotated[float | None, typer.Option(help="Most that any one slice may lose. Default: no limit.")] = None,
    search_budget: Annotated[
        str | None, typer.Option(help="Most energy to spend: 500J, 50kJ, 2Wh. Default: ten ordinary fine-tuning epochs.")
    ] = None,
    time: Annotated[str, typer.Option(help="Longest to search: 90s, 10m, 2h.")] = "10m",
    batch: Annotated[int, typer.Option(help="Examples a call, in serving.")] = 1,
    gap: Annotated[str | None, typer.Option(help="Pause between calls, in serving: 20ms. Default: none.")] = None,
    threads: Annotated[int, typer.Option(help="Threads a call may use, before and after.")] = 1,
    horizon: Annotated[float, typer.Option(help="Units over which a saving must repay the search.")] = 10_000_000,
    strategies: Annotated[str, typer.Option(help="Only these strategies, by id, with commas between.")] = "",
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the results. Default: greenwright-out/NAME.")] = None,
    control: Annotated[
        bool, typer.Option("--control", help="Give your model the same extra training, too, and judge it.")
    ] = False,
    cold: Annotated[bool, typer.Option("--cold", help="Learn nothing from earlier studies in the ledger.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a study that was interrupted.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Search for a version of the model that needs less energy, prove that quality held, and write it with its certificate.

    The verdict may be to keep the model: that is a result, too.
    """
    from greenwright.study.limits import Limits

    limits = Limits(
        max_drop=max_drop,
        max_slice_drop=max_slice_drop,
        batch=batch,
        gap_s=units.parse_duration_s(gap) if gap else 0.0,
        time_s=units.parse_duration_s(time),
        search_budget_j=units.parse_energy_j(search_budget) if search_budget else None,
        horizon_units=horizon,
        strategies=tuple(name.strip() for name in strategies.split(",") if name.strip()),
        seed=seed,
        cold=cold,
        control=control,
        thread_count=threads,
    )
    with _quiet() if json else _talking() as say:
        asked = _generation(prompt_tokens, new_tokens)
        study = _run(workload, data, quality, unit, slices, asked, limits, out, resume=resume, say=say)
    if json:
        print_json(study.record)
    else:
        _conclude(study)


def _run(  # noqa: PLR0913, PLR0917  the command's own options
    path: Path,
    data: Path | None,
    quality: str,
    unit: str,
    slices: str | None,
    asked: Generation | None,
    limits: Limits,
    out: Path | None,
    *,
    resume: bool,
    say: Callable[[str], None],
) -> Study:
    from greenwright.study.optimize import optimize as run

    made, source = _workload(path, data, quality, unit, slices, asked)
    return run(made, limits=limits, out=out, resume=resume, workload_file=source, say=say)


def _generation(prompt_tokens: int | None, new_tokens: int | None) -> Generation | None:
    from greenwright.study.generation import Generation

    said = {"prompt_tokens": prompt_tokens, "new_tokens": new_tokens}
    given = {name: count for name, count in said.items() if count is not None}
    return Generation(**given) if given else None


def _workload(  # noqa: PLR0913, PLR0917  the command's own options
    path: Path, data: Path | None, quality: str, unit: str, slices: str | None, asked: Generation | None
) -> tuple[Workload, Path | None]:
    from greenwright.study.workload import load_workload, onnx_workload

    if path.suffix != ".onnx":
        if data is not None:
            raise BadInputError("--data goes with an .onnx file; a workload file brings its own data")
        if slices is not None:
            raise BadInputError("--slices goes with an .onnx file; a workload file names its own")
        if asked is not None:
            raise BadInputError(
                "--prompt-tokens and --new-tokens go with an .onnx file; a workload file says generate=Generation(…)"
            )
        return load_workload(path), path
    if not path.is_file():
        raise BadInputError(f"there is no model at {path}")
    if data is None:
        raise BadInputError(f"{path} brings no data: add --data FILE.npz with its inputs by name and their targets")
    return onnx_workload(path, data, quality=quality, unit=unit, slices=slices, generate=asked), None


@contextmanager
def _talking() -> Iterator[Callable[[str], None]]:
    """A line a step; on a terminal the running step turns until the next."""
    if not sys.stderr.isatty():
        yield lambda text: typer.echo(text, err=True)
        return
    from rich.console import Console
    from rich.text import Text

    page = Console(stderr=True, highlight=False, markup=False, emoji=False)
    with page.status("starting") as status:

        def say(text: str) -> None:
            page.print(text)
            status.update(Text(text.strip()))

        yield say


@contextmanager
def _quiet() -> Iterator[Callable[[str], None]]:
    """Say nothing, and send what the workload prints to where it does not spoil the JSON."""
    with redirect_stdout(sys.stderr):
        yield lambda _: None


def _conclude(study: Study) -> None:
    record = study.record
    typer.echo("")
    typer.echo(record.verdict)
    if record.certificate is not None:
        repaid = record.certificate.break_even_units
        typer.echo(f"The search cost {record.search_j.value:,.0f} J, repaid after {repaid:,.0f} units.")
        typer.echo(f"model  {study.model_path}")
        typer.echo(f"proof  {study.folder / 'certificate.json'}")
    else:
        for reason in record.reasons:
            typer.echo(f"  {reason}")
    typer.echo(f"page   {study.folder / 'report.html'}")
