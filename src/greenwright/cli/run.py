"""``greenwright run``: run a command in its cleanest hours, within a time, and survive machines that are taken away."""

from __future__ import annotations

import hashlib
import os
import shlex
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright import units
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError, GreenwrightError

if TYPE_CHECKING:
    from greenwright.catalogue.places import Place
    from greenwright.place.outlook import Outlook
    from greenwright.records.placement import RunReport

_SLOT_S = 900.0


def run(  # noqa: PLR0913 - one parameter an option
    command: Annotated[list[str] | None, typer.Argument(metavar="CMD", help="After --: the command.")] = None,
    *,
    within: Annotated[str, typer.Option(help="Done by then, from now: 12h.")] = "12h",
    duration: Annotated[str, typer.Option(help="How long it runs. Default: a quarter of --within, at most 1h.")] = "",
    where: Annotated[str, typer.Option(help="Where this machine is: DE, aws/eu-west-1. Default: the world's mean.")] = "",
    intensity: Annotated[
        Path | None, typer.Option(help="The hours to come: CSV with time and g_per_kwh.", metavar="FILE")
    ] = None,
    forecast: Annotated[
        bool, typer.Option("--forecast", help="Ask sources for the hours to come, or forecast them from history.")
    ] = False,
    interruptible: Annotated[
        bool, typer.Option("--interruptible", help="It saves on SIGTERM: pause between clean hours.")
    ] = False,
    freeze: Annotated[bool, typer.Option("--freeze", help="Pause by stopping it where it stands, its memory kept.")] = False,
    grace: Annotated[str, typer.Option(help="Between SIGTERM and SIGKILL.")] = "60s",
    restart: Annotated[str, typer.Option(help="What starting again takes.")] = "60s",
    checkpoints: Annotated[
        Path | None, typer.Option(help="Where it saves, as greenwright's checkpoints do.", metavar="DIR")
    ] = None,
    interrupted_every: Annotated[str, typer.Option(help="Mean time between interruptions of a spot machine.")] = "",
    notices: Annotated[str, typer.Option(help="Save when this cloud takes the machine: aws, gcp, azure.")] = "",
    notices_address: Annotated[str, typer.Option(help="Ask there in place of the cloud's own address.")] = "",
    spot: Annotated[str, typer.Option(help="Put before the command to run it on a spot machine.", metavar="PREFIX")] = "",
    on_demand: Annotated[
        str, typer.Option(help="Put before it to run it on another, once no slack is left.", metavar="PREFIX")
    ] = "",
    name: Annotated[str, typer.Option(help="What the run is called. Default: made of the command.")] = "",
    look_again: Annotated[str, typer.Option(help="How often, while it waits, a new forecast or FILE is looked at.")] = "1h",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON at the end, for programs.")] = False,
) -> None:
    """Wait for the cleanest hours, run the command in them, pause where it may, and be done in time; its exit code becomes ours.

    Exit code 75 of the command means that it saved and wants to be called again.
    """
    from greenwright.place.runner import Order
    from greenwright.place.runner import run as follow
    from greenwright.settings import resolve

    if not command:
        raise BadInputError("no command: give it after --, as in greenwright run --within 12h -- python train.py")
    within_s = units.parse_duration_s(within)
    order = Order(
        command=tuple(command),
        within_s=within_s,
        run_s=_run_s(duration, within_s),
        interruptible=interruptible,
        freeze=freeze,
        grace_s=units.parse_duration_s(grace),
        restart_s=units.parse_duration_s(restart),
        checkpoints=checkpoints.absolute() if checkpoints else None,
        interrupted_every_s=units.parse_duration_s(interrupted_every) if interrupted_every else None,
        cloud=_cloud(notices),
        cloud_address=notices_address,
        spot=tuple(shlex.split(spot)),
        on_demand=tuple(shlex.split(on_demand)),
        look_every_s=units.parse_duration_s(look_again),
    )
    file = resolve().home / "runs" / f"{name or _name(command)}.json"
    step_s = min(_SLOT_S, max(1.0, within_s / 48))
    until_s = time.time() + within_s
    report = follow(
        order,
        _outlook(where, intensity, within_s, step_s, asking=forecast),
        step_s=step_s,
        state_file=file,
        resume=resume,
        say=_say,
        again=(lambda at_s: _newer(where, intensity, until_s - at_s, step_s)) if intensity or forecast else None,
    )
    _keep(report, name or _name(command))
    if json:
        print_json(report)
    else:
        _print(report)
    raise typer.Exit(report.exit_code if report.exit_code >= 0 else 128 - report.exit_code)


def _keep(report: RunReport, name: str) -> None:
    """In the ledger, where there is one to write to: what waiting saved is what an audit can then expect of it."""
    from importlib.util import find_spec

    if (
        not report.done
        or report.energy_j is None
        or report.carbon_g is None
        or not report.now_g
        or find_spec("sqlalchemy") is None
    ):
        return
    from greenwright.ledger.opening import open_ledger
    from greenwright.ledger.realised import waited
    from greenwright.ledger.runs import add_run
    from greenwright.records.runs import Place, Run
    from greenwright.settings import resolve

    host = os.uname().nodename
    run = Run(
        id=f"{host}/{report.started_at}/{name}",
        name=name,
        place=Place(boot_id="", host=host, pid=0),
        started_at=report.started_at,
        windows=(),
        command=report.command,
        exit_code=report.exit_code,
    )
    try:
        add_run(open_ledger(resolve().ledger_url), run, waited(report.carbon_g.value, report.now_g, report.energy_j.value))
    except GreenwrightError as error:
        _say(f"not kept in the ledger: {error}")


def _say(text: str) -> None:
    typer.echo(f"greenwright: {text}", err=True)


def _run_s(duration: str, within_s: float) -> float:
    if duration:
        return units.parse_duration_s(duration)
    run_s = min(3600.0, within_s / 4)
    _say(f"nobody said how long it runs (--duration): {run_s / 60:.3g} min is assumed")
    return run_s


def _cloud(name: str) -> str:
    from greenwright.deploy.spot import clouds

    if name and name not in clouds():
        raise BadInputError(f"no cloud is called {name!r}; there are {', '.join(clouds())}")
    return name


def _name(command: list[str]) -> str:
    digest = hashlib.sha256("\0".join([str(Path.cwd()), *command]).encode()).hexdigest()
    return f"{Path(command[0]).name}-{digest[:10]}"


def _outlook(where: str, intensity: Path | None, length_s: float, step_s: float, *, asking: bool) -> Outlook:
    from greenwright.catalogue import places
    from greenwright.place.outlook import flat
    from greenwright.place.series_file import outlook

    count = max(1, round(length_s / step_s))
    if intensity is not None:
        return outlook(intensity, where, datetime.now(UTC), step_s, count)
    place = places.place(where) if where else places.unknown()
    known = _asked(place, step_s, count) if asking else None
    if known is not None:
        return known
    if not place.known:
        _say("nobody said where this machine is (--where): the world's mean, the same in all hours, so it runs at once")
    else:
        _say(f"only the yearly mean of {place.key} is known (--intensity FILE gives hours): it runs at once")
    return flat(place.intensity_g_per_kwh, count)


def _newer(where: str, intensity: Path | None, length_s: float, step_s: float) -> Outlook | None:
    """What is expected now of the hours left; None, and why, where nobody knows more."""
    from greenwright.catalogue import places
    from greenwright.place.series_file import outlook

    count = max(1, round(length_s / step_s))
    if intensity is None:
        return _asked(places.place(where), step_s, count)
    try:
        return outlook(intensity, where, datetime.now(UTC), step_s, count)
    except BadInputError as error:
        _say(f"no new forecast: {error}; the plan stands")
        return None


def _asked(place: Place, step_s: float, count: int) -> Outlook | None:
    from greenwright.grid.exchange import web
    from greenwright.place.looking import look
    from greenwright.settings import resolve

    found = look(get=web(), settings=dict(os.environ), cache=resolve().home / "cache" / "grid", say=_say)
    return found(place, datetime.now(UTC), step_s, count)


def _print(report: RunReport) -> None:
    page = console()
    rows = [("waited", f"{report.waited_s:,.0f} s"), ("attempts", str(len(report.attempts)))]
    if report.replanned_count:
        rows.append(("planned anew", f"{report.replanned_count} times, for new forecasts"))
    if report.energy_j and report.carbon_g:
        energy, carbon = report.energy_j, report.carbon_g
        rows += [
            ("energy", f"{energy.value:,.4g} J, {energy.grade}, between {energy.low:,.4g} and {energy.high:,.4g}"),
            ("restarts", f"{report.restart_j:,.4g} J of it: starting again, and work done twice"),
            ("CO2e", f"{carbon.value:,.3g} g, between {carbon.low:,.3g} and {carbon.high:,.3g}"),
        ]
        if report.now_g is not None:
            rows.append(("at once", f"{report.now_g:,.3g} g"))
    section(page, report.verdict, rows)
    for note in report.notes:
        typer.echo(f"note: {note}")
