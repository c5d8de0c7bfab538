"""Ask a meter that answers over HTTP, at an address that the user set: nothing else is ever asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from greenwright.errors import CannotHereError

TIMEOUT_S = 2.0


def ask_json(url: str, *, token: str = "") -> Any:
    """What ``url`` answers, as JSON. User and password may stand in it; ``token`` is sent as a bearer token.

    Raises:
        CannotHereError: no answer in time, a refusal, or no JSON.
    """
    import base64
    import json
    from urllib.request import Request, urlopen

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise CannotHereError(
            f"{shown(url)} is not an address that can be asked; give one that begins with http:// or https://"
        )
    headers = {"Accept": "application/json", "OData-Version": "4.0"}
    if parts.username:
        known = f"{parts.username}:{parts.password or ''}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(known).decode()}"
    elif token:
        headers["Authorization"] = f"Bearer {token}"
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
    try:
        with urlopen(Request(bare, headers=headers), timeout=TIMEOUT_S) as answer:  # noqa: S310 - http and https only
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise CannotHereError(f"{shown(url)} does not answer as a meter does: {error}") from error


def shown(url: str) -> str:
    """A URL as it may be printed: without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def at_path(value: Any, path: tuple[str | int, ...]) -> Any:
    """What lies at a path of names and positions; None where there is nothing."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
