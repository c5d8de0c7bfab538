"""The page: what it says, and that it is complete, escaped and whole."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from math import inf, nan
from typing import TYPE_CHECKING

import pytest

from greenwright.records.quantities import Grade
from greenwright.records.study import Outcome, StudyRecord, Trial, TrialState
from greenwright.report import page
from greenwright.report.page import render, write_page

if TYPE_CHECKING:
    from pathlib import Path

ATTACK = "<script>alert(1)</script>"
PLOTLY = "/* the plotting script */"


@pytest.fixture(autouse=True)
def _without_the_plotting_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "_plotly", lambda: PLOTLY)


class _Outline(HTMLParser):
    """What a page loads, its headings, its ids and where it links to inside itself; and its text, without scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.inner_links: list[str] = []
        self.words: list[str] = []
        self._skip = 0
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._skip += tag in {"script", "style"}
        self.loaded += [given[name] for name in ("src", "srcset", "poster", "data", "action") if name in given]
        self.ids += [given["id"]] if "id" in given else []
        if tag == "link":
            self.loaded.append(given["href"])
        if tag == "a":
            self.inner_links.append(given["href"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._skip:
            self.words.append(data)


def test_the_page_says_the_verdict_the_saving_and_what_was_measured(saving: StudyRecord) -> None:
    text = _Outline(render(saving)).text

    assert saving.verdict in text
    assert "95% interval: 11.8× to 12.8× less" in text
    assert "98.44% → 98.16%; at most 0.79 points lost; 1 point is allowed" in text
    assert "12.3× less processor time per image, in 24 pairs of runs taken in turn" in text
    assert "The search is repaid after 5.18 million images. The saving was judged over 100 million images." in text


def test_every_trial_and_every_offer_stands_on_the_page_with_its_reason(saving: StudyRecord) -> None:
    text = _Outline(render(saving)).text

    reasons = [trial.reason for trial in saving.trials] + [offer.reason for offer in saving.offers]
    assert [reason for reason in reasons if reason not in text] == []


def test_the_page_loads_nothing(saving: StudyRecord) -> None:
    html = render(saving)

    loaded = _Outline(html).loaded

    assert [address for address in loaded if not address.startswith("data:")] == []
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


@pytest.mark.parametrize("kind", ["saving", "keeping"])
def test_headings_descend_one_level_at_a_time_and_inner_links_lead_somewhere(kind: str, request: pytest.FixtureRequest) -> None:
    outline = _Outline(render(request.getfixturevalue(kind)))

    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
    assert [link for link in outline.inner_links if link.removeprefix("#") not in outline.ids] == []
    assert len(outline.ids) == len(set(outline.ids))


def test_what_users_wrote_is_escaped_everywhere(saving: StudyRecord) -> None:
    step = replace(saving.trials[0].recipe[0], title=ATTACK, choices={ATTACK: ATTACK})
    trial = replace(saving.trials[0], recipe=(step,), reason=ATTACK, notes=(ATTACK,))
    hostile = replace(
        saving,
        name=ATTACK,
        workload=ATTACK,
        model=ATTACK,
        verdict=ATTACK,
        reasons=(ATTACK,),
        unit=f"1 {ATTACK}",
        metric=ATTACK,
        stopped_because=ATTACK,
        load_snippet=ATTACK,
        trials=(trial,),
        offers=(replace(saving.offers[0], title=ATTACK, reason=ATTACK, stage=ATTACK),),
        machine=replace(saving.machine, cpu=ATTACK, versions={ATTACK: ATTACK}),
    )

    html = render(hostile)

    assert html.count("<script>alert") == 0
    assert html.count("</script>") == render(saving).count("</script>")


def test_the_figure_inside_the_page_is_json(saving: StudyRecord) -> None:
    found = re.search(r'<script id="front-figure" type="application/json">(.*?)</script>', render(saving), re.DOTALL)

    assert found is not None
    names = [trace["name"] for trace in json.loads(found[1])["data"]]
    assert names == ["front", "halo", "tried", "on the front", "baseline", "chosen"]


def test_a_study_that_keeps_the_model_has_no_holes(keeping: StudyRecord) -> None:
    outline = _Outline(render(keeping))

    assert "Keep your model" in outline.text
    assert {"proof", "load"}.isdisjoint(outline.ids)
    assert "not measured not measured" in outline.text  # the failed trial
    assert all(reason in outline.text for reason in keeping.reasons)
    assert "None" not in outline.text


def test_a_study_that_tried_nothing_says_so_and_brings_no_plot(keeping: StudyRecord) -> None:
    bare = replace(keeping, trials=(), offers=(), spending=(), reasons=(), stopped_because="", started_at="", finished_at="")

    html = render(bare)

    assert "No recipe was tried." in html
    assert PLOTLY not in html
    assert 'id="plot"' not in html


def test_numbers_that_are_not_there_read_not_measured(saving: StudyRecord) -> None:
    assert saving.certificate is not None
    odd = replace(saving.certificate.candidate, peak_memory_bytes=None, latency_p50_s=nan, throughput_per_s=inf, cpu_s=nan)
    certificate = replace(saving.certificate, candidate=odd, break_even_units=inf)
    trials = (replace(saving.trials[0], figures=odd), *saving.trials[1:])

    html = render(replace(saving, certificate=certificate, trials=trials))

    text = _Outline(html).text
    assert "not measured" in text
    assert "The saving never repays the search." in text
    assert re.search(r"\b(nan|inf|NaN|Infinity)\b", text) is None


def test_a_counter_is_not_called_modelled(saving: StudyRecord) -> None:
    assert saving.certificate is not None
    comparison = saving.certificate.comparison
    counted = replace(comparison, candidate_energy_j=replace(comparison.candidate_energy_j, grade=Grade.COUNTER))

    text = _Outline(render(replace(saving, certificate=replace(saving.certificate, comparison=counted)))).text

    assert "Joules here are counter : Read from an energy counter in the hardware." in text


def test_many_trials_fold_away_after_the_first_dozen(saving: StudyRecord) -> None:
    many = tuple(replace(saving.trials[1], number=number) for number in range(40))

    assert "Show the other 28" in render(replace(saving, trials=many))


def test_the_page_is_written_whole_and_leaves_nothing_beside(saving: StudyRecord, tmp_path: Path) -> None:
    write_page(saving, tmp_path / "report.html")

    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render(saving)


def test_a_page_that_cannot_be_drawn_leaves_the_old_one(
    saving: StudyRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_text("old")
    monkeypatch.setattr(page, "_plotly", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_page(saving, tmp_path / "report.html")

    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_outcomes_and_states_are_the_words_the_templates_ask_for() -> None:
    assert (Outcome.SAVES, TrialState.MEASURED, Grade.MODELLED) == ("saves", "measured", "modelled")
    assert {"chosen", "on_front", "state"} <= set(Trial.__slots__)
