"""How often each version was called, from Prometheus: the increase of a counter over the last days.

One query, ``sum by (model, version) (increase(METRIC[30d]))``, to the HTTP API. Prometheus extrapolates to the ends of the range, so
counts are not whole numbers. A series that began later than the range counts from where it began.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.versions import Usage
from greenwright.units import S_PER_DAY

_TIMEOUT_S = 30
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Which counter counts the calls, and which of its labels name model and version."""

    metric: str = "request_success_total"
    model_label: str = "model_name"
    version_label: str = "model_version"


def read_prometheus(url: str, calls: Calls, observed_s: float) -> list[Usage]:
    """Calls by model and version over the last ``observed_s`` seconds.

    Raises:
        BadInputError: no such metric, a name that is none, or an address that is no Prometheus.
        CannotHereError: it cannot be reached.
    """
    for name in (calls.metric, calls.model_label, calls.version_label):
        if not _NAME.fullmatch(name):
            raise BadInputError(f"{name!r} is no name of a metric or label in Prometheus; use letters, digits and underscores")
    labels = f"{calls.model_label}, {calls.version_label}"
    query = f"sum by ({labels}) (increase({calls.metric}[{round(observed_s)}s]))"
    rows = _asked(url, query)
    found = [_usage(row, calls, observed_s) for row in rows]
    usage = [one for one in found if one is not None]
    if not usage:
        raise BadInputError(
            f"Prometheus at {url} has no {calls.metric} with the labels {labels} in the last {observed_s / S_PER_DAY:.0f} days; "
            "name the counter of your server with --calls-metric and its labels with --calls-labels"
        )
    return usage


def _asked(url: str, query: str) -> list[Any]:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise BadInputError(f"{url!r} is no address of Prometheus; give one such as http://prometheus:9090")
    asked = f"{url.rstrip('/')}/api/v1/query?{urlencode({'query': query}, quote_via=quote)}"
    try:
        with urlopen(Request(asked, headers={"Accept": "application/json"}), timeout=_TIMEOUT_S) as answer:  # noqa: S310 - http or https, as checked
            said = json.load(answer)
    except HTTPError as error:
        raise BadInputError(f"Prometheus at {url} refused the query {query} ({error.code} {error.reason})") from error
    except (URLError, TimeoutError, OSError) as error:
        raise CannotHereError(
            f"Prometheus at {url} cannot be reached ({getattr(error, 'reason', error)}); is the address right?"
        ) from error
    except ValueError as error:
        raise BadInputError(f"what answers at {url} is no Prometheus: its answer is no JSON") from error
    if not isinstance(said, dict) or said.get("status") != "success":
        raise BadInputError(f"Prometheus at {url} says: {said.get('error', said) if isinstance(said, dict) else said}")
    return list(said["data"]["result"])


def _usage(row: Any, calls: Calls, observed_s: float) -> Usage | None:
    labels = row["metric"]
    model, version = labels.get(calls.model_label), labels.get(calls.version_label)
    if not model or not version:
        return None
    return Usage(model=model, version=version, call_count=float(row["value"][1]), observed_s=observed_s)
