"""Keep packages that report on their users from doing so while greenwright uses them."""

from __future__ import annotations

import sys

REPORTERS = ("openvino_telemetry",)
"""``import openvino`` alone sends an event, and ``nncf.quantize`` several, unless this package cannot be found."""


def send_nothing() -> None:
    """To be called before OpenVINO or NNCF is imported: both then fall back to a stub of their own that sends nothing.

    Source: ``openvino/tools/ovc/telemetry_utils.py`` and ``nncf/telemetry/wrapper.py``, which catch the ImportError.
    """
    for name in REPORTERS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is how Python marks a module that must not be found
