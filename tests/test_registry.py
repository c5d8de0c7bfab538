from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from greenwright import registry
from greenwright.errors import BadInputError


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    for known in (registry.members, registry._any_plugin):
        known.cache_clear()
    yield
    for known in (registry.members, registry._any_plugin):
        known.cache_clear()


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that brings a probe of its own, and one by the name of ours."""
    (tmp_path / "wall_plug.py").write_text('META = "a plugin"\n')
    listed = tmp_path / "wall_plug-1.0.dist-info"
    listed.mkdir()
    (listed / "METADATA").write_text("Metadata-Version: 2.1\nName: wall-plug\nVersion: 1.0\n")
    (listed / "entry_points.txt").write_text("[greenwright.probes]\nwall_plug = wall_plug\nrapl = wall_plug\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.parametrize("family", list(registry.FAMILIES))
def test_every_member_of_the_list_can_be_loaded_and_says_what_it_is(family: str) -> None:
    loaded = registry.load_all(family)

    assert loaded
    assert {member: module.META.id for member, module in loaded.items()} == {member: member for member in loaded}


def test_an_unknown_member_is_named_with_those_there_are() -> None:
    with pytest.raises(BadInputError, match="no probe is called 'abacus'; there are .*cpu_time.*nvml.*rapl"):
        registry.load("probes", "abacus")


@pytest.mark.usefixtures("plugin")
def test_an_outside_plugin_comes_through_the_same_door() -> None:
    assert registry.load("probes", "wall_plug").META == "a plugin"


@pytest.mark.usefixtures("plugin")
def test_an_outside_plugin_cannot_take_the_place_of_ours() -> None:
    assert registry.load("probes", "rapl").__name__ == "greenwright.meter.probes.rapl"


def test_without_a_plugin_nothing_that_parses_lists_of_plugins_is_imported() -> None:
    program = (
        "import sys; from greenwright import registry; registry.members('probes'); print('importlib.metadata' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert "False" == printed.strip()
