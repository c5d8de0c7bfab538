"""Ask a cloud whether this machine is about to be taken away: the notices of AWS, Google Cloud and Azure.

Each cloud answers on an address that only its own machines reach. Nothing else is asked, and nothing is sent. A notice is a
courtesy: AWS calls it best effort, so nobody should rely on it alone.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from greenwright.errors import BadInputError

TIMEOUT_S = 2.0
NOT_THERE = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The machine will be taken away, or may be."""

    cloud: str
    kind: str
    """"taken" where it is certain, "at risk" where the cloud only advises to leave."""
    left_s: float
    """Until then, as far as the cloud says; 0 where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """How one cloud is asked."""

    name: str
    address: str
    poll_s: float
    """How often its pages say to ask."""
    notice_s: float
    """How long before the end its pages promise a notice, at best."""
    source: str
    ask: Callable[[str], Notice | None]


def clouds() -> dict[str, Cloud]:
    """Every cloud that can be asked, by name."""
    return {cloud.name: cloud for cloud in (_AWS, _GCP, _AZURE)}


def notice(cloud: str, address: str = "") -> Notice | None:
    """What the cloud says of this machine now; None where it says nothing, or does not answer.

    Args:
        cloud: "aws", "gcp" or "azure".
        address: In place of the cloud's own, for a stand-in.

    Raises:
        BadInputError: no such cloud.
    """
    known = clouds()
    if cloud not in known:
        raise BadInputError(f"no cloud is called {cloud!r}; there are {', '.join(known)}")
    try:
        return known[cloud].ask(address or known[cloud].address)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not on that cloud, or an answer nobody documented: work goes on, and checkpoints protect it


def _aws(address: str) -> Notice | None:
    """Instance action first, which is certain; then the rebalance recommendation, which may come earlier."""
    token = _get(f"{address}/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, method="PUT") or ""
    headers = {"X-aws-ec2-metadata-token": token}
    action = _get(f"{address}/latest/meta-data/spot/instance-action", headers)
    if action is not None:
        return Notice(cloud="aws", kind="taken", left_s=_left_s(json.loads(action)["time"]))
    if _get(f"{address}/latest/meta-data/events/recommendations/rebalance", headers) is not None:
        return Notice(cloud="aws", kind="at risk", left_s=0.0)
    return None


def _gcp(address: str) -> Notice | None:
    said = _get(f"{address}/computeMetadata/v1/instance/preempted", {"Metadata-Flavor": "Google"})
    if said is not None and said.strip() == "TRUE":
        return Notice(cloud="gcp", kind="taken", left_s=_GCP.notice_s)
    return None


def _azure(address: str) -> Notice | None:
    said = _get(f"{address}/metadata/scheduledevents?api-version=2020-07-01", {"Metadata": "true"})
    events = json.loads(said)["Events"] if said else []
    for event in events:
        if event["EventType"] == "Preempt":
            before = event.get("NotBefore") or ""
            left_s = (parsedate_to_datetime(before) - datetime.now(UTC)).total_seconds() if before else 0.0
            return Notice(cloud="azure", kind="taken", left_s=max(0.0, left_s))
    return None


def _left_s(text: str) -> float:
    return max(0.0, (datetime.fromisoformat(text) - datetime.now(UTC)).total_seconds())


def _get(url: str, headers: Mapping[str, str], method: str = "GET") -> str | None:
    """The body; None where there is no such page, which is how AWS says that nothing is planned. No proxy is asked."""
    request = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310 - http on a link-local address
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            body: bytes = answer.read()
            return body.decode()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == NOT_THERE:
            return None
        raise


_AWS = Cloud(
    name="aws",
    address="http://169.254.169.254",
    poll_s=5.0,
    notice_s=120.0,
    source="https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html",
    ask=_aws,
)
_GCP = Cloud(
    name="gcp",
    address="http://metadata.google.internal",
    poll_s=2.0,
    notice_s=30.0,
    source="https://docs.cloud.google.com/compute/docs/instances/spot",
    ask=_gcp,
)
_AZURE = Cloud(
    name="azure",
    address="http://169.254.169.254",
    poll_s=1.0,
    notice_s=30.0,
    source="https://learn.microsoft.com/azure/virtual-machines/linux/scheduled-events",
    ask=_azure,
)
