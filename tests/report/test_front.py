"""The Pareto front as a figure."""

from __future__ import annotations

import json
from dataclasses import replace
from math import nan
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from greenwright.records.quantities import Interval
from greenwright.report.front import Point, figure, outside_view, points, staircase

if TYPE_CHECKING:
    from greenwright.records.study import StudyRecord


def placed(ratio: float, quality: float) -> Point:
    interval = Interval(value=ratio, low=ratio, high=ratio, confidence=0.95)
    return Point(
        label="",
        recipe="",
        facts="",
        reason="",
        energy_ratio=interval,
        quality=quality,
        quality_low=quality,
        quality_high=quality,
        size_bytes=1,
    )


some_points = st.lists(st.tuples(st.floats(0.01, 2), st.floats(0, 1)).map(lambda pair: placed(*pair)), min_size=1)


@given(cloud=some_points)
def test_no_point_beats_the_staircase_on_both(cloud: list[Point]) -> None:
    steps = staircase(cloud, higher_is_better=True)

    beaten = [
        step
        for step in steps
        for point in cloud
        if point.energy_ratio.value < step.energy_ratio.value and point.quality >= step.quality
    ]
    assert beaten == []


@given(cloud=some_points)
def test_a_metric_that_is_better_when_lower_gives_the_mirrored_staircase(cloud: list[Point]) -> None:
    mirrored = [replace(point, quality=-point.quality) for point in cloud]

    steps = [-point.quality for point in staircase(mirrored, higher_is_better=False)]

    assert steps == [point.quality for point in staircase(cloud, higher_is_better=True)]


def test_the_baseline_comes_first_and_only_measured_trials_are_drawn(saving: StudyRecord) -> None:
    labels = [point.label for point in points(saving)]

    assert labels[0] == "Baseline"
    assert len(labels) == 1 + sum(trial.figures is not None for trial in saving.trials)


def test_a_trial_without_a_usable_ratio_is_not_drawn(saving: StudyRecord) -> None:
    first = saving.trials[0]
    assert first.figures is not None
    broken = replace(first.figures, energy_ratio=Interval(value=nan, low=nan, high=nan, confidence=0.95))

    drawn = points(replace(saving, trials=(replace(first, figures=broken),)))

    assert [point.label for point in drawn] == ["Baseline"]


def test_without_a_baseline_to_stand_against_nothing_is_drawn(saving: StudyRecord) -> None:
    blind = replace(saving, baseline=replace(saving.baseline, quality=nan))

    assert points(blind) == []
    assert figure(blind) == {"data": [], "layout": {}}


def test_a_collapsed_trial_is_left_outside_the_first_view(saving: StudyRecord) -> None:
    low, high = figure(saving)["layout"]["yaxis"]["range"]

    assert outside_view(saving) == 1
    assert low > 0.9
    assert high > saving.baseline.quality


def test_an_axis_of_a_metric_that_is_better_when_lower_points_down(saving: StudyRecord) -> None:
    perplexity = replace(saving, higher_is_better=False, metric="perplexity")

    worse, better = figure(perplexity)["layout"]["yaxis"]["range"]

    assert worse > better


def test_the_figure_is_plain_json_without_nan(saving: StudyRecord) -> None:
    drawn = figure(saving)

    assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn


def test_labels_cannot_carry_markup(saving: StudyRecord) -> None:
    trial = replace(saving.trials[0], reason="<a href='x'>click</a>")

    hovers = [text for trace in data(replace(saving, trials=(trial,))) for text in trace.get("hovertext", [])]

    assert not any("<a" in text for text in hovers)
    assert any("&lt;a href" in text for text in hovers)


def data(record: StudyRecord) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = figure(record)["data"]
    return traces
