"""A counter whose time and joules the tests turn by hand."""

from __future__ import annotations

import pytest

from greenwright.testing.probes import FakeProbe


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeProbe:
    return FakeProbe(monkeypatch)
