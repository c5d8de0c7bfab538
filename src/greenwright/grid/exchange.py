"""The one door to the network: an address, a query and headers go out, a body comes back, or a ``SourceError``.

Times out, tries again once where the other side was busy, and never prints a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from greenwright.errors import CannotHereError
from greenwright.grid.contract import Get, SourceError

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 10.0
TRIES = 2
"""A server that is busy once is often free a moment later; a third try only keeps the user waiting."""
_BUSY = {429, 500, 502, 503, 504}
_MEANING = {
    401: "the key is not accepted",
    403: "the key does not allow this",
    404: "it does not know this zone",
    429: "too many questions",
}


def web(transport: httpx.BaseTransport | None = None, timeout_s: float = TIMEOUT_S) -> Get:
    """A ``Get`` over HTTP; ``transport`` stands in for the network.

    Raises:
        CannotHereError: httpx is not installed.
    """
    try:
        import httpx
    except ImportError as error:
        raise CannotHereError("live intensities need httpx: pip install 'greenwright[grid]'") from error

    def get(url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        with httpx.Client(transport=transport, timeout=timeout_s, follow_redirects=True) as client:
            return _ask(client, url, query, headers)

    return get


def _ask(client: httpx.Client, url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
    import httpx

    host = httpx.URL(url).host
    answer: Any = None
    for _ in range(TRIES):
        try:
            answer = client.get(url, params=dict(query), headers=dict(headers))
        except httpx.TimeoutException as error:
            raise SourceError(f"{host} did not answer within {client.timeout.read:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceError(f"{host or url} cannot be reached ({type(error).__name__})") from error
        if answer.status_code not in _BUSY:
            break
    if answer.status_code != httpx.codes.OK:
        meaning = _MEANING.get(answer.status_code, answer.reason_phrase)
        raise SourceError(f"{host} answered {answer.status_code}: {meaning}")
    body: bytes = answer.content
    return body
