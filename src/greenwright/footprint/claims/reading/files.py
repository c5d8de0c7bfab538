"""One file becomes a document of claims: Markdown, HTML, CSV or JSON, by its name and what it looks like."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from io import StringIO
from typing import Any

from greenwright.errors import BadInputError, CannotHereError
from greenwright.footprint.claims.reading.amounts import number, plain
from greenwright.footprint.claims.reading.cells import row_claims, table
from greenwright.footprint.claims.reading.prose import claims_in_lines
from greenwright.records.claims import ClaimDocument, Claims, ClaimTable, Kind, Record, Statement

_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_DELIMITERS = "\t|;,"
MOST_BYTES = 64_000_000

Lines = Sequence[tuple[str, str]]


def document(name: str, text: str) -> ClaimDocument:
    """What one file claims.

    Raises:
        BadInputError: the file is empty, not text, or of a form that is not read.
    """
    if not text.strip():
        raise BadInputError(f"{name} is empty; give a model card, a report, or a table of numbers")
    if "\0" in text or text.startswith("%PDF"):
        raise BadInputError(f"{name} is not text; save it as Markdown, HTML, CSV or JSON first")
    suffix = name.rpartition(".")[2].lower()
    if suffix == "json" or (suffix not in {"md", "csv"} and text.lstrip()[:1] in "{["):
        return _json(name, text)
    if suffix in {"html", "htm"} or text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
        return _html(name, text)
    if suffix in {"csv", "tsv", "psv"} or _looks_tabular(text):
        return _csv(name, text)
    return _markdown(name, text)


def _markdown(name: str, text: str) -> ClaimDocument:
    metadata, body, first = _front_matter(name, text)
    lines = [(f"line {number}", line) for number, line in enumerate(body.splitlines(), start=first)]
    return _of_lines(name, lines, metadata)


def _of_lines(name: str, lines: Lines, metadata: dict[str, object] | None) -> ClaimDocument:
    claims: list[Claims] = []
    tables: list[ClaimTable] = []
    section: list[tuple[str, str]] = []
    title, index = name, 0
    while index < len(lines):
        where, line = lines[index]
        if index + 1 < len(lines) and "|" in line and _RULE.match(lines[index + 1][1]):
            end = _end_of_table(lines, index)
            tables.append(_table_of_lines(lines[index:end], title))
            index = end
            continue
        if line.startswith("#"):
            claims += claims_in_lines(section, title)
            section, title = [], line.lstrip("# ").strip()
        section.append((where, line))
        index += 1
    claims += claims_in_lines(section, title)
    found = [one for one in tables if any(row.statements for row in one.rows)]
    if metadata:
        claims += _of_metadata(metadata)
    return ClaimDocument(name=name, claims=tuple(claims), tables=tuple(found), lines=tuple(lines), metadata=metadata)


def _front_matter(name: str, text: str) -> tuple[dict[str, object] | None, str, int]:
    match = re.match(r"\A---\s*\n(?P<yaml>.*?)\n---\s*(?:\n|\Z)(?P<body>.*)", text, re.DOTALL)
    if match is None:
        return None, text, 1
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise CannotHereError("model cards need PyYAML: run pip install 'greenwright[report]'") from error
    try:
        found = yaml.safe_load(match["yaml"])
    except yaml.YAMLError as error:
        raise BadInputError(f"the metadata of {name} is not YAML: {str(error).splitlines()[0]}") from error
    first = text[: match.start("body")].count("\n") + 1
    return (found if isinstance(found, dict) else None), match["body"], first


def _of_metadata(metadata: dict[str, object]) -> Iterator[Claims]:
    """Emissions of a model card, which the hub reads as grams, whatever was meant."""
    given = metadata.get("co2_eq_emissions")
    emitted = given.get("emissions") if isinstance(given, dict) else given
    if isinstance(emitted, int | float) and not isinstance(emitted, bool):
        where = "metadata, co2_eq_emissions"
        statement = Statement(
            kind=Kind.CARBON,
            value=float(emitted),
            slack=_slack(emitted),
            printed=f"{emitted} (grams)",
            where=where,
            label="emissions",
        )
        yield Claims(subject="metadata", where=where, statements=(statement,))


def _slack(value: float) -> float:
    read = number(repr(value))
    return read[1] if read else 0.0


def _end_of_table(lines: Lines, start: int) -> int:
    return next((index for index in range(start + 2, len(lines)) if "|" not in lines[index][1]), len(lines))


def _table_of_lines(lines: Lines, title: str) -> ClaimTable:
    heads, rows = _cells(lines[0][1]), [_cells(line) for _, line in lines[2:]]
    return table(heads, rows, [where for where, _ in lines[2:]], title)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def _looks_tabular(text: str) -> bool:
    first, *rest = [line for line in text.splitlines()[:6] if line.strip()]
    if not rest or first.lstrip().startswith(("#", "|", "-")):
        return False
    mark = _delimiter(first)
    return first.count(mark) > 1 and all(abs(line.count(mark) - first.count(mark)) <= 1 for line in rest)


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _csv(name: str, text: str) -> ClaimDocument:
    if len(text) > MOST_BYTES:
        raise BadInputError(f"{name} has {len(text):,} characters; check a part of it, or audit it: greenwright audit {name}")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    rows = list(csv.reader(StringIO(body), delimiter=_delimiter(body.partition("\n")[0])))
    if not rows:
        raise BadInputError(f"{name} has no rows; give it a line of headings and at least one row")
    heads, cells = [head.strip() for head in rows[0]], rows[1:]
    places = [f"row {number}" for number in range(2, len(cells) + 2)]
    records = [Record(where=where, cells=dict(zip(heads, row, strict=False))) for where, row in zip(places, cells, strict=True)]
    found = table(heads, cells, places, "")
    return ClaimDocument(name=name, tables=(found,), records=tuple(records))


def _json(name: str, text: str) -> ClaimDocument:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInputError(f"{name} is not JSON: {error}") from error
    claims = [one for one in _walk(content, name) if one.statements]
    metadata = content if isinstance(content, dict) and "co2_eq_emissions" in content else None
    return ClaimDocument(name=name, claims=(*claims, *(_of_metadata(metadata) if metadata else ())), metadata=metadata)


def _walk(content: Any, where: str) -> Iterator[Claims]:
    if isinstance(content, list):
        for index, one in enumerate(content):
            yield from _walk(one, f"{where}[{index}]")
    elif isinstance(content, dict):
        leaves = {key: leaf for key, value in content.items() if (leaf := _leaf(value)) is not None}
        statements = row_claims(list(leaves), list(leaves.values()), where).statements
        yield Claims(subject=str(content.get("name", where)), where=where, statements=statements)
        for key, value in content.items():
            if isinstance(value, dict | list):
                yield from _walk(value, f"{where}.{key}")


def _leaf(value: Any) -> str | None:
    """A number, a text, or what a quantity or a value with a unit holds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict) and isinstance(value.get("value"), int | float):
        return f"{value['value']!r} {value.get('unit', '')}".strip()
    return value if isinstance(value, str) and number(value) is not None else None


class _Page(HTMLParser):
    """Text of a page by line; rows of its tables as Markdown, so that both are read alike."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[str, str]] = []
        self._text: list[str] = []
        self._row: list[str] | None = None
        self._skipping = 0
        self._rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser hands it in
        if tag in {"script", "style", "svg"}:
            self._skipping += 1
        elif tag == "tr":
            self.flush()
            self._row = []
        elif tag == "table":
            self.flush()
            self._rows = 0
        elif tag in {"p", "li", "div", "h1", "h2", "h3", "h4", "br", "dt", "dd", "section"} and self._row is None:
            self.flush()
            self._text.append("# " if tag in {"h1", "h2", "h3", "h4"} else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "svg"}:
            self._skipping -= 1
        elif tag in {"td", "th"} and self._row is not None:
            self._row.append(self._taken())
        elif tag == "tr" and self._row is not None:
            self._end_row(self._row)
            self._row = None

    def handle_data(self, data: str) -> None:
        if self._skipping <= 0:
            self._text.append(data)

    def flush(self) -> None:
        """Put what was gathered into a line of its own."""
        if text := self._taken():
            self.lines.append((f"line {self.getpos()[0]}", text))

    def _taken(self) -> str:
        text, self._text = " ".join(" ".join(self._text).split()), []
        return text

    def _end_row(self, cells: list[str]) -> None:
        where = f"line {self.getpos()[0]}"
        self.lines.append((where, "|".join(["", *(cell.replace("|", "/") for cell in cells), ""])))
        self._rows += 1
        if self._rows == 1:
            self.lines.append((where, "|".join(["", *["---"] * max(1, len(cells)), ""])))


def _html(name: str, text: str) -> ClaimDocument:
    page = _Page()
    page.feed(text)
    page.close()
    page.flush()
    return _of_lines(name, [(where, html.unescape(plain(line))) for where, line in page.lines], None)
