"""The ``greenwright`` command: finds the command asked for, loads only that, and ends in one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from greenwright import __version__
from greenwright.cli.exit_codes import MEANINGS, ExitCode
from greenwright.errors import GreenwrightError


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line of ``greenwright --help``; the function of the same name lives in the module of the same name."""

    name: str
    title: str
    resumable: bool = False
    takes_command: bool = False
    """What follows its first argument belongs to the command it runs, options included."""


COMMANDS = {
    command.name: command
    for command in (
        Command(name="optimize", title="Make a model need less energy, and prove that quality held.", resumable=True),
        Command(name="measure", title="Measure the energy of any command.", takes_command=True),
        Command(name="processes", title="Say which processes use this machine's energy now."),
        Command(name="tune", title="Find the GPU power limit and batch that need least energy."),
        Command(name="check", title="Hold budgets of energy, carbon, cost and latency; for CI."),
        Command(name="models", title="List, compare, release, alias and retire versions."),
        Command(name="ledger", title="Look into the ledger; export, import and correct it."),
        Command(name="place", title="Plan where, when and on what to run a job, or many."),
        Command(name="run", title="Run a command in its cleanest hours, within a time.", resumable=True, takes_command=True),
        Command(name="accelerators", title="Rank accelerators by what one unit of work emits on them."),
        Command(name="intensity", title="Say what a kilowatt-hour emits, hour by hour."),
        Command(name="catalogue", title="List regions, countries, devices, and where numbers are from."),
        Command(name="audit", title="Find what to change in job logs, bills and exports."),
        Command(name="assess", title="Add up a model's whole life, from data to retirement."),
        Command(name="report", title="Write a footprint as a page, model card, BOM or table."),
        Command(name="check-claims", title="Look for accounting mistakes in published numbers."),
        Command(name="doctor", title="Say what this machine can measure, and what it lacks."),
    )
}
_LITERAL = "\b\n"  # Typer's sign to keep line breaks
_CODES = "\n".join(f"  {int(code):<3} {meaning}" for code, meaning in MEANINGS.items())
_HELP = {"help_option_names": ["-h", "--help"]}


class LazyGroup(TyperGroup):
    """Knows every command by its title, and loads one when it is called: ``--help`` loads none."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that was asked for, in place of the entry that stands for it in ``--help``."""
        name, entry, rest = super().resolve_command(ctx, args)
        return name, _load(name) if name and entry else None, rest

    def invoke(self, ctx: Any) -> Any:
        """Run it, and say what went wrong as people and shells expect."""
        try:
            super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
        except (GreenwrightError, ModuleNotFoundError, KeyboardInterrupt) as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            raise typer.Exit(_explain(error, ctx.invoked_subcommand or "")) from error


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,  # or --help would bring rich
    pretty_exceptions_enable=False,
    context_settings=_HELP,
    epilog=f"{_LITERAL}Exit codes:\n{_CODES}\n\nStart with: greenwright doctor",
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the option's value
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.", envvar="GREENWRIGHT_DEBUG")] = False,
) -> None:
    """Make AI work need less energy, and prove it."""


for _command in COMMANDS.values():
    app.command(_command.name, help=_command.title)(lambda: None)


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="greenwright")
    except Exception:  # noqa: BLE001 - whatever nobody expected
        traceback.print_exc()
        typer.echo(
            "error: greenwright did not expect this; please report the lines above, unless they name a file of yours", err=True
        )
        sys.exit(ExitCode.FAILED)


def _load(name: str) -> Any:
    """The command ``name`` as Typer makes it of what its module calls like it: a function, or a group of commands."""
    module = name.replace("-", "_")
    found = getattr(import_module(f"greenwright.cli.{module}"), module)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    one = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_HELP)
    whose = {"allow_interspersed_args": not COMMANDS[name].takes_command}
    one.command(name, context_settings=_HELP | whose)(found)
    return typer.main.get_command(one)


def _explain(error: GreenwrightError | ModuleNotFoundError | KeyboardInterrupt, name: str) -> ExitCode:
    from greenwright.cli.explain import explain

    command = COMMANDS.get(name)
    return explain(error, name, resumable=command is not None and command.resumable)


def _drop_output() -> None:
    """Whoever read our output has seen enough; what is still buffered must not fail when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
