"""Say what went wrong in one line, with what to do about it, and give the exit code that fits."""

from __future__ import annotations

import shlex
import sys

import typer

from greenwright.cli.exit_codes import ExitCode, exit_code
from greenwright.cli.extras import extra_of, install_command
from greenwright.errors import GreenwrightError


def explain(error: GreenwrightError | ModuleNotFoundError | KeyboardInterrupt, command: str, *, resumable: bool) -> ExitCode:
    """Print the line on standard error.

    Raises:
        ModuleNotFoundError: the same one, where no extra brings the module: a fault of ours, or of the user's own file.
    """
    if isinstance(error, KeyboardInterrupt):
        typer.echo(f"interrupted{_how_to_resume(sys.argv[1:]) if resumable else ''}", err=True)
        return ExitCode.INTERRUPTED
    if isinstance(error, ModuleNotFoundError):
        typer.echo(f"error: {_missing_package(error, command)}", err=True)
        return ExitCode.CANNOT_HERE
    typer.echo(f"error: {error}", err=True)
    return exit_code(error)


def _missing_package(error: ModuleNotFoundError, command: str) -> str:
    module = (error.name or "").partition(".")[0]
    extra = extra_of(module, preferred=command)
    if extra is None:
        raise error
    return f"`greenwright {command}` needs {module}, which is not installed; install it with: {install_command(extra)}"


def _how_to_resume(given: list[str]) -> str:
    again = [argument for argument in given if argument != "--resume"]
    return f"; to go on where it stopped: {shlex.join(['greenwright', *again, '--resume'])}"
