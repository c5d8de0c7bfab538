"""What is wrong with a job file, with the value that is there, the key that was probably meant, and what to write."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from greenwright.errors import BadInputError

EXAMPLES = {
    "energy": '"12 kWh"',
    "energy_low": '"10 kWh"',
    "energy_high": '"15 kWh"',
    "duration": '"6h"',
    "release": '"2h"',
    "deadline": '"24h", or a date and time',
    "checkpoint": '"60s"',
    "restart": '"3m"',
    "regions": '["aws/eu-*", "DE"]',
    "residency": '["EU"]',
    "accelerators": '["H100"]',
    "price_classes": '["on-demand", "spot"]',
    "latency_limit": '"60ms"',
    "latency": '"20ms"',
    "data": '"200 GB"',
    "slot": '"1h"',
    "interrupted_every": '"4h"',
    "limit": '"100ms"',
    "key": '"my-hall"',
    "nodes": "2",
    "speed": "1.9",
    "power": "2",
    "start": '"2026-11-24T18:00+00:00"',
}
KINDS = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list in brackets",
    "object": "a table",
}


def told(error: msgspec.ValidationError, content: Mapping[str, Any], tables: Mapping[str, type[msgspec.Struct]]) -> str:
    """The error for people. ``tables`` are the structs by the name of their table, "" for the top."""
    said, _, path = str(error).partition(" - at `")
    tokens = re.findall(r"\w+|\[\d+\]|\[\.\.\.\]", path.removesuffix("`").removeprefix("$"))
    where = "".join(_step(token) for token in tokens).lstrip(".")
    if match := re.match(r"Object contains unknown field `(.+)`", said):
        return _unknown(match[1], _at(content, tokens), where, tables)
    if match := re.match(r"Object missing required field `(.+)`", said):
        return f"{_table(where)} has no {match[1]}; write {match[1]} = {EXAMPLES.get(match[1], '…')}"
    if match := re.match(r"Expected `\w+` ([<>]=?) ([\d.e+-]+)", said):
        wanted = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}[match[1]]
        return f"{where} is {_shown(_at(content, tokens))}, and should be {wanted} {float(match[2]):g}"
    if match := re.match(r"Expected `(.+)`, got `(\w+)`", said):
        name = next((token for token in reversed(tokens) if token[0] != "["), "")
        wanted = " or ".join(KINDS.get(kind.strip(), kind.strip()) for kind in match[1].split("|"))
        example = f", such as {name} = {EXAMPLES[name]}" if name in EXAMPLES else ""
        return f"{where or 'the file'} is {_shown(_at(content, tokens))}, and should be {wanted}{example}"
    return f"{where}: {said}"


@contextmanager
def about(key: str) -> Iterator[None]:
    """Puts the key before an error about its value, and an example of that key after it."""
    try:
        yield
    except BadInputError as error:
        name = key.rpartition(".")[2]
        example = f"; write it as {name} = {EXAMPLES[name]}" if name in EXAMPLES else ""
        raise BadInputError(f"{key}: {error}{example}") from error


def _unknown(key: str, table: Any, where: str, tables: Mapping[str, type[msgspec.Struct]]) -> str:
    name = next((part for part in reversed(re.findall(r"[a-z_]+", where))), "")
    keys = _keys(tables[name]) if name in tables else []
    value = _shown(table[key]) if isinstance(table, Mapping) and key in table else "…"
    begun = f"{_table(where)} has no key {key!r} (it is {value})"
    homes = [other for other, struct in tables.items() if key in _keys(struct) and other != name]
    near = difflib.get_close_matches(key, keys, n=1, cutoff=0.6)
    if near:
        return f"{begun}; {near[0]!r} is probably meant. Its keys are {', '.join(keys)}"
    if homes:
        return f"{begun}; {key!r} belongs {' or '.join(_home(home) for home in homes)}"
    far = [
        (other, one)
        for other, struct in tables.items()
        for one in difflib.get_close_matches(key, _keys(struct), n=1, cutoff=0.75)
    ]
    if far:
        return f"{begun}; {far[0][1]!r}, {_home(far[0][0])}, is probably meant"
    return f"{begun}; its keys are {', '.join(keys)}"


def _step(part: str) -> str:
    """A part of a path, lists counted from 1 as people do."""
    if part == "[...]":
        return ""
    return f" {int(part[1:-1]) + 1}" if part[0] == "[" else f".{part}"


def nearest(wanted: str, known: Iterable[str]) -> str:
    """``(is X meant?)``, where something known is spelt much alike."""
    near = difflib.get_close_matches(wanted.lower(), [str(one) for one in known], n=1, cutoff=0.75)
    return f" (is {near[0]!r} meant?)" if near else ""


def _keys(struct: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct)]


def _table(where: str) -> str:
    return f"[{where}]" if where else "the top of the file"


def _home(name: str) -> str:
    return f"into [{name}]" if name else "at the top of the file, before any [table]"


def _at(content: Any, parts: list[str]) -> Any:
    """What stands there, as far as the path can be followed."""
    for part in parts:
        try:
            content = content[int(part[1:-1]) if part[0] == "[" else part]
        except (KeyError, IndexError, TypeError, ValueError):
            break
    return content


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}.get(value, "") if isinstance(value, bool) else ""
    text = text or (f'"{value}"' if isinstance(value, str) else str(value))
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - a line's worth
