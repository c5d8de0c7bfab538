"""Where, when and on what: plans for work that can move, wait, pause or spread, and the runner that follows them.

The package can be called: ``greenwright.place(job)`` is ``greenwright.place.api.place(job)``, which has the same name as its folder.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Called(ModuleType):
    """A package that is also its main function."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        from greenwright.place.api import place

        return place(*arguments, **named)


sys.modules[__name__].__class__ = _Called
