"""Names of columns in one spelling, so that every version of a log or a bill is read by the same reader.

``JobIDRaw``, ``lineItem/UsageType``, ``line_item_usage_type`` and ``Project ID`` become ``job_id_raw``,
``line_item_usage_type`` (both) and ``project_id``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z](?!s\b|s_)[a-z])")
"""Where a word begins; the s of ``GPUs`` begins none."""
_OTHER = re.compile(r"[^a-z0-9]+")


def plain_name(name: str) -> str:
    """One name in small letters, words joined by underscores; "column" where nothing is left."""
    return _OTHER.sub("_", _WORDS.sub("_", name.strip()).lower()).strip("_") or "column"


def plain_names(names: Iterable[str]) -> list[str]:
    """All of them, a second one of the same name with a number behind it."""
    found: list[str] = []
    for name in map(plain_name, names):
        count = 1 + sum(other == name or re.fullmatch(rf"{re.escape(name)}_again\d+", other) is not None for other in found)
        found.append(name if count == 1 else f"{name}_again{count}")
    return found
