"""``python -m greenwright`` is ``greenwright``.

A plain ``greenwright measure [--name NAME] [--json] -- CMD`` is run without Typer, which would cost more CPU time than all else that
a measurement adds to the command. Any other call, and any error, goes the common way.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenwright.errors import GreenwrightError

_TAKES_TEXT = {"--name", "--interval", "--journal", "--compare", "--boundary", "--place", "--pue"}


def main() -> None:
    """Run the command line."""
    options = _plain(sys.argv[1:])
    if options is not None:
        from greenwright.errors import GreenwrightError

        try:
            _measure(options)
        except GreenwrightError as error:
            _explain(error)
    from greenwright.cli.main import main as common

    common()


def _plain(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The options of a call that can be run at once; None for all others."""
    if arguments[:1] != ["measure"] or "--" not in arguments:
        return None
    end = arguments.index("--")
    options: dict[str, Any] = {"command": tuple(arguments[end + 1 :])}
    words = iter(arguments[1:end])
    for word in words:
        if word == "--json":
            options["json"] = True
        elif word == "--to" and (value := next(words, None)) is not None:
            options["to"] = (*options.get("to", ()), value)
        elif word in _TAKES_TEXT and (value := next(words, None)) is not None:
            options[word.removeprefix("--")] = value
        else:
            return None
    return options


def _measure(options: dict[str, Any]) -> None:
    from greenwright.cli.measuring import Wanted, run

    sys.exit(run(Wanted(**options)))


def _explain(error: GreenwrightError) -> None:
    from greenwright.cli.explain import explain

    sys.exit(explain(error, "measure", resumable=False))


if __name__ == "__main__":
    main()
