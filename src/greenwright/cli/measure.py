"""``greenwright measure``: the energy of any command, with all it starts; and what became of measurements that were cut off."""

from __future__ import annotations

from typing import Annotated

import typer

from greenwright.cli.measuring import Wanted, run


def measure(  # noqa: PLR0913 - one parameter an option
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="CMD", help="After --: the command. Or files, with --recover, --merge or --import."),
    ] = None,
    *,
    name: Annotated[str, typer.Option(help="What the measurement is called. Default: the command.")] = "",
    repeat: Annotated[int | None, typer.Option(help="Run it so often; with --compare, at most so many pairs.", min=1)] = None,
    compare: Annotated[str | None, typer.Option(metavar="OTHER", help="Compare with another command, run in turn.")] = None,
    to: Annotated[
        list[str] | None, typer.Option(metavar="KIND:TARGET", help="Send it on, such as csv:energy.csv; may be repeated.")
    ] = None,
    boundary: Annotated[
        str | None,
        typer.Option(help="How far to count: device, it, facility or embodied. Default: device, or facility with --place."),
    ] = None,
    place: Annotated[
        str | None, typer.Option(help="Where it runs: DE, aws/eu-west-1, US-CAL-CISO; the world's range where you do not say.")
    ] = None,
    pue: Annotated[
        str | None, typer.Option(help="Energy of the facility over that of its machines. Default: the place's own.")
    ] = None,
    journal: Annotated[str | None, typer.Option(help="Keep the journal in this folder, to merge it later.")] = None,
    interval: Annotated[str, typer.Option(help="How often the journal is written: a kill loses no more than this.")] = "1s",
    recover: Annotated[bool, typer.Option("--recover", help="Report measurements that were cut off.")] = False,
    merge: Annotated[bool, typer.Option("--merge", help="One total of the journals of many processes or machines.")] = False,
    imported: Annotated[
        bool,
        typer.Option(
            "--import", help="Read what CodeCarbon (emissions.csv) or Zeus (its log) wrote, to show it or send it on."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON; what the command prints goes to standard error.")] = False,
) -> None:
    """Measure the energy of a command and all it starts; its exit code becomes ours."""
    wanted = Wanted(
        command=tuple(command or ()),
        name=name,
        repeat=repeat,
        compare=compare,
        to=tuple(to or ()),
        boundary=boundary,
        place=place,
        pue=pue,
        journal=journal,
        interval=interval,
        recover=recover,
        merge=merge,
        imported=imported,
        json=json,
    )
    raise typer.Exit(run(wanted))
