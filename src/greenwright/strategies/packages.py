"""Whether the packages that a strategy works with are installed, asked without loading them."""

from __future__ import annotations

from importlib.util import find_spec


def missing(extra: str, *names: str) -> str:
    """Why a strategy cannot work here, or nothing: the first of ``names`` that is absent, and the ``extra`` that brings it."""
    absent = next((name for name in names if find_spec(name) is None), None)
    return f"it needs {absent}, which is not installed: pip install 'greenwright[{extra}]'" if absent else ""
