"""What a format is: a module with ``META`` and ``render(disclosure) -> str``. It prints figures, and computes none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from greenwright.records.disclosure import Disclosure


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is true of a format whatever it prints."""

    id: str
    title: str
    suffix: str
    """Of the file it writes."""
    leaves_blank: str
    """What its readers may look for and will not find."""
    source: str
    """Who says what it must look like."""


class Format(Protocol):
    """The shape of a format's module."""

    META: Meta

    def render(self, disclosure: Disclosure) -> str:
        """The whole file."""
