"""What can go wrong, as users catch it.

GreenwrightError
 ├─ BadInputError      what was handed in cannot be used: mend it and run again (exit code 2)
 ├─ CannotHereError    not on this machine or installation: a missing extra, sensor or permission (exit code 3)
 └─ CatalogueError     a factor without value, range, unit or source
"""

from __future__ import annotations


class GreenwrightError(Exception):
    """The root: every error that greenwright raises on purpose."""


class BadInputError(GreenwrightError):
    """What was handed in cannot be used; the text says what and how to mend it."""


class CannotHereError(GreenwrightError):
    """This machine or installation cannot do it; the text names what is missing and the command that brings it."""


class CatalogueError(GreenwrightError):
    """A factor lacks its value, range, unit or source."""
