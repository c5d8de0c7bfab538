"""What the exit code of every command means. A number that goes out of use stays listed, and is not used again."""

from __future__ import annotations

from enum import IntEnum

from greenwright.errors import BadInputError, CannotHereError, CatalogueError, GreenwrightError


class ExitCode(IntEnum):
    """What a shell sees."""

    FINE = 0
    FAILED = 1
    WRONG_USE = 2
    CANNOT_HERE = 3
    CANNOT_TELL = 4
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.FINE: "fine",
    ExitCode.FAILED: "a budget or check failed, or greenwright itself broke",
    ExitCode.WRONG_USE: "wrong use",
    ExitCode.CANNOT_HERE: "cannot be done here: a missing extra, sensor or permission",
    ExitCode.CANNOT_TELL: "cannot tell",
    ExitCode.INTERRUPTED: "interrupted",
}

_OF_ERROR: dict[type[GreenwrightError], ExitCode] = {
    BadInputError: ExitCode.WRONG_USE,
    CannotHereError: ExitCode.CANNOT_HERE,
    CatalogueError: ExitCode.WRONG_USE,
}


def exit_code(error: GreenwrightError) -> ExitCode:
    """The code for an error that greenwright raised on purpose."""
    return next((code for kind, code in _OF_ERROR.items() if isinstance(error, kind)), ExitCode.FAILED)
