"""JSON with a published schema: the whole disclosure, in SI units."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from greenwright.errors import BadInputError
from greenwright.records.disclosure import SCHEMA_VERSION, Disclosure
from greenwright.report.contract import Meta

META = Meta(
    id="json",
    title="JSON for programs, with a published schema",
    suffix=".json",
    leaves_blank="nothing that is known; what is unknown is null",
    source="https://json-schema.org/draft/2020-12",
)


def render(disclosure: Disclosure) -> str:
    """The disclosure in joules, grams and litres."""
    return msgspec.json.format(msgspec.json.encode(disclosure), indent=2).decode() + "\n"


def parse(text: str | bytes, where: str = "the file") -> Disclosure:
    """The disclosure of such a file.

    Raises:
        BadInputError: it is none, or of another version of the schema.
    """
    try:
        found = msgspec.json.decode(text, type=Disclosure)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadInputError(f"{where} is no report of greenwright: {error}") from error
    if found.schema_version != SCHEMA_VERSION:
        raise BadInputError(f"{where} is of schema {found.schema_version}; this version reads {SCHEMA_VERSION}")
    return found


def schema() -> str:
    """The JSON Schema of such files."""
    made: dict[str, Any] = msgspec.json.schema(Disclosure)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"greenwright disclosure, version {SCHEMA_VERSION}",
        "description": "Energies are joules, carbon and mass grams, water litres, times seconds; null is not known.",
    }
    return json.dumps(head | made, indent=2) + "\n"
