"""A command that has commands of its own, such as ``greenwright models release``."""

from __future__ import annotations

import typer


def group(title: str) -> typer.Typer:
    """An empty one, which prints its help as every command does; its callback runs where none of them is named."""
    return typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        help=title,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
