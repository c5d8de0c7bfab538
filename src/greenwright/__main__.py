"""``python -m greenwright`` is ``greenwright``."""

from __future__ import annotations

from greenwright.cli.main import main

main()
