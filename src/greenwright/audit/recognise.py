"""Which reader knows a source; and where none does, a mapping file to correct."""

from __future__ import annotations

from types import ModuleType

from greenwright import registry
from greenwright.audit.look import Form, Look
from greenwright.errors import BadInputError


def reader_of(seen: Look, wanted: str = "") -> ModuleType:
    """The first reader that recognises it, or the one wanted by its id.

    Raises:
        BadInputError: nobody does; the text says how to go on.
    """
    if wanted:
        return registry.load("readers", wanted)
    for module in registry.load_all("readers").values():
        if module.recognise(seen):
            return module
    raise BadInputError(_unknown(seen))


def _unknown(seen: Look) -> str:
    known = ", ".join(registry.members("readers"))
    if not seen.columns or seen.form is Form.FOLDER:
        return f"{seen.source} is none of the sources that greenwright reads ({known}); `greenwright audit --help` says more"
    columns = ", ".join(seen.spelt[:12]) + (" …" if len(seen.spelt) > 12 else "")  # noqa: PLR2004 - as many as a line holds
    return (
        f"nobody knows what {seen.source} is (its columns are {columns}); draft a mapping with "
        f"`greenwright audit {seen.source} --draft-mapping mapping.toml`, correct it, and add --mapping mapping.toml"
    )
