"""Say in words what a database refused, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError

from greenwright.errors import BadInputError, CannotHereError

_ELSEWHERE = "set GREENWRIGHT_HOME to a folder you can write to"
_MOVE = "move that file away, and the next study begins a new ledger"
MENDS = {
    "disk is full": "free some space on that disk",
    "readonly database": f"make it writable, or {_ELSEWHERE}",
    "unable to open": f"make its folder writable, or {_ELSEWHERE}",
    "locked": "another process is writing to it: wait until that has ended, and run again",
    "not a database": f"it is damaged or no ledger: {_MOVE}",
    "malformed": f"it is damaged: {_MOVE}",
    "disk I/O error": "the disk failed: see the system's log",
    "already exists": "that database holds tables of something else: set GREENWRIGHT_LEDGER_URL to one of its own",
}


@contextmanager
def refusals(where: str) -> Iterator[None]:
    """Turn what the database raises into what a person can act on. ``where`` is the path, or a URL without its password.

    Raises:
        BadInputError: the entry contradicts what is already there.
        CannotHereError: the ledger cannot be opened, read or written.
    """
    try:
        yield
    except IntegrityError as error:
        raise BadInputError(f"the ledger at {where} refused the entry: {error.orig}") from error
    except DBAPIError as error:
        said = str(error.orig)
        mend = next((mend for sign, mend in MENDS.items() if sign in said), "check GREENWRIGHT_LEDGER_URL")
        raise CannotHereError(f"the ledger at {where} cannot be used ({said}); {mend}") from error
