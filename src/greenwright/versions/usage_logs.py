"""How often each version was called, from a log: JSON Lines, CSV, or the access log of a web server.

What a line must say is the model, the version and when. Of access logs the paths of TensorFlow Serving, KServe and Triton are known:
``/v1/models/NAME/versions/V:predict`` and ``/v2/models/NAME/versions/V/infer``.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from greenwright.errors import BadInputError
from greenwright.records.versions import Usage

_ACCESS = re.compile(r'\[(?P<at>[^\]]+)\] "(?:GET|POST|PUT) (?P<path>\S+) [^"]*" (?P<status>\d{3})')
_PATH = re.compile(
    r"/v\d/models/(?P<model>[^/:]+)/versions/(?P<version>[^/:]+)(?::|/)(?:predict|infer|classify|regress|explain)"
)
_ACCESS_TIME = "%d/%b/%Y:%H:%M:%S %z"
_TIMES = ("time", "timestamp", "ts", "at", "@timestamp")
_MODELS = ("model", "model_name")
_VERSIONS = ("version", "model_version")
_COUNTS = ("count", "calls", "call_count")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogUsage:
    """What a log says."""

    usage: tuple[Usage, ...]
    read_count: int
    """Lines that told of a call."""
    skipped_count: int
    """Lines that did not: other paths, refused calls, torn lines."""
    first_skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    model: str
    version: str
    at: datetime
    count: float = 1.0


def read_log(path: Path, now: datetime | None = None) -> LogUsage:
    """Calls by model and version, over the time from the first line of the log until ``now``.

    Raises:
        BadInputError: no such file, or not one line that tells of a call.
    """
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            calls, skipped = _read(file, path)
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error
    if not calls:
        raise BadInputError(
            f"{path} tells of no call in {len(skipped)} lines; it needs a time, a model and a version a line: "
            'JSON such as {"time": "2026-11-01T12:00:00Z", "model": "digits", "version": "3"}, CSV with that header, or an access log'
        )
    until = max([now or datetime.now(UTC), *(call.at for call in calls)])
    observed_s = (until - min(call.at for call in calls)).total_seconds()
    return LogUsage(
        usage=tuple(_summed(calls, observed_s)),
        read_count=len(calls),
        skipped_count=len(skipped),
        first_skipped=skipped[0][:80] if skipped else "",
    )


def _read(file: TextIO, path: Path) -> tuple[list[_Call], list[str]]:
    first = file.readline()
    file.seek(0)
    if first.lstrip().startswith("{"):
        return _each(file, _from_json)
    if _ACCESS.search(first) or path.suffix != ".csv":
        return _each(file, _from_access)
    return _each(csv.DictReader(file), _from_fields)


def _each(lines: Any, call: Callable[[Any], _Call | None]) -> tuple[list[_Call], list[str]]:
    calls, skipped = [], []
    for line in lines:
        found = call(line)
        if found is not None:
            calls.append(found)
        elif line:
            skipped.append(str(line).strip())
    return calls, skipped


def _from_json(line: str) -> _Call | None:
    try:
        fields = json.loads(line)
    except json.JSONDecodeError:
        return None
    return _from_fields(fields) if isinstance(fields, dict) else None


def _from_fields(fields: dict[str, Any]) -> _Call | None:
    lower = {str(name).lower(): value for name, value in fields.items() if name is not None}
    at, model, version = (_first(lower, names) for names in (_TIMES, _MODELS, _VERSIONS))
    when = _time(at)
    if when is None or not model or not version:
        return None
    try:
        count = float(_first(lower, _COUNTS) or 1.0)
    except ValueError:
        return None
    return _Call(model=str(model), version=str(version), at=when, count=count) if count >= 0 else None


def _from_access(line: str) -> _Call | None:
    """A call that was answered: 4xx and 5xx are none."""
    found = _ACCESS.search(line)
    named = _PATH.search(found["path"]) if found else None
    if found is None or named is None or not found["status"].startswith("2"):
        return None
    try:
        at = datetime.strptime(found["at"], _ACCESS_TIME)  # noqa: DTZ007 - the format has its zone
    except ValueError:
        return None
    return _Call(model=named["model"], version=named["version"], at=at)


def _first(fields: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in {None, ""}), None)


def _time(value: Any) -> datetime | None:
    """ISO 8601, UTC unless it says otherwise; or seconds since 1970."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _summed(calls: list[_Call], observed_s: float) -> Iterator[Usage]:
    groups: dict[tuple[str, str], list[_Call]] = defaultdict(list)
    for call in calls:
        groups[call.model, call.version].append(call)
    for (model, version), own in sorted(groups.items()):
        last = max(call.at for call in own if call.count > 0) if any(call.count > 0 for call in own) else None
        yield Usage(
            model=model,
            version=version,
            call_count=sum(call.count for call in own),
            observed_s=observed_s,
            last_called_at=last.astimezone(UTC).isoformat(timespec="seconds") if last else "",
        )
