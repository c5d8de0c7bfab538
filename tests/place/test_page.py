from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from greenwright.place.api import place
from greenwright.place.page import MOST_CELLS, heat_map, render, write_page
from greenwright.records.placement import HeatMap, Plan

JOB: dict[str, Any] = {
    "name": "a <b>bold</b> job",
    "work": {"energy": "12 kWh", "duration": "6h"},
    "when": {"deadline": "24h"},
    "where": {"here": "DE", "regions": ["DE", "SE"]},
    "intensity": {"DE": 400, "SE": 20},
}


class Counted(HTMLParser):
    """Elements by name, and what is open; complains of what is closed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "link"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Counted:
    found = Counted()
    found.feed(html)
    assert found.open == []
    return found


def planned(**changed: object) -> Plan:
    found = place(JOB | changed)
    assert isinstance(found, Plan)
    return found


def test_the_page_is_whole_loads_nothing_and_says_what_was_planned() -> None:
    plan = planned()
    html = render(plan)
    found = parsed(html)

    assert not [name for name, given in found.seen if {"src", "href"} & given.keys()]
    assert "a &lt;b&gt;bold&lt;/b&gt; job" in html
    assert plan.verdict in html
    assert html.count("<h2>") == 2


def test_the_map_has_a_cell_for_every_place_and_hour_and_a_frame_for_the_plan() -> None:
    plan = planned()
    found = parsed(render(plan))
    cells = [given for name, given in found.seen if name == "rect" and given.get("fill") != "none"]
    frames = [given for name, given in found.seen if name == "rect" and given.get("fill") == "none"]

    assert plan.heat is not None
    assert len(cells) == len(plan.heat.sites) * 24
    assert len(frames) == 1


def test_weeks_are_joined_until_they_can_be_drawn() -> None:
    hours = tuple(float(hour) for hour in range(3 * MOST_CELLS))
    drawn = parsed(heat_map(HeatMap(sites=("one",), step_s=3600.0, intensity_g_per_kwh=(hours,)), None))

    assert sum(name == "rect" for name, _ in drawn.seen) <= MOST_CELLS


def test_what_cannot_be_planned_has_a_page_that_says_what_to_relax() -> None:
    html = render(planned(when={"deadline": "2h"}))

    parsed(html)
    assert "No plan holds every constraint. Allow 4 h more" in html


def test_the_page_is_put_whole_into_its_place(tmp_path: Path) -> None:
    path = tmp_path / "plan.html"
    path.write_text("before")

    write_page(planned(), path)

    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert list(tmp_path.iterdir()) == [path]
