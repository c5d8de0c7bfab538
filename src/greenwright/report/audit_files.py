"""An audit as files: JSON with everything, Markdown and one self-contained page, each written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from greenwright.records.audit import AuditRecord
from greenwright.report.audit_markdown import markdown
from greenwright.report.audit_page import render


def write_all(record: AuditRecord, folder: Path) -> None:
    """``audit.json``, ``audit.md`` and ``audit.html``.

    Raises:
        CannotHereError: Jinja2 is not installed.
    """
    texts = {
        "audit.json": msgspec.json.format(msgspec.json.encode(record), indent=2).decode() + "\n",
        "audit.md": markdown(record),
        "audit.html": render(record),
    }
    for name, text in texts.items():
        _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
