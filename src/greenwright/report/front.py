"""The Pareto front as a Plotly figure: a plain dictionary, colours named by the page's own CSS variables."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import isfinite, log10, sqrt
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from greenwright.report import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from greenwright.records.quantities import Interval
    from greenwright.records.study import Figures, StudyRecord, Trial

LARGEST_PX = 38
SMALLEST_PX = 9
HOVER_COLUMNS = 44
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
VIEW_DROPS = 4.0  # how many times the allowed drop the view reaches below the baseline
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One model, placed."""

    label: str
    recipe: str
    facts: str
    reason: str
    energy_ratio: Interval
    quality: float
    quality_low: float
    quality_high: float
    size_bytes: int
    on_front: bool = False
    chosen: bool = False


def points(record: StudyRecord) -> list[Point]:
    """The baseline first, then every trial that can be drawn: measured, with a ratio above 0. Without a baseline, none."""
    baseline = Point(
        label="Baseline",
        recipe=record.model,
        facts=_facts(record.baseline, record),
        reason="Your model, untouched.",
        energy_ratio=record.baseline.energy_ratio,
        quality=record.baseline.quality,
        quality_low=record.baseline.quality,
        quality_high=record.baseline.quality,
        size_bytes=record.baseline.size_bytes,
    )
    tried = [_point(trial, trial.figures, record) for trial in record.trials if trial.figures is not None]
    return [point for point in (baseline, *tried) if _can_be_drawn(point)] if _can_be_drawn(baseline) else []


def outside_view(record: StudyRecord) -> int:
    """How many points lie beyond the part of the quality axis that the page shows first."""
    worst = _worst_shown(record)
    return sum((point.quality < worst) == record.higher_is_better and point.quality != worst for point in points(record))


def figure(record: StudyRecord) -> dict[str, Any]:
    """``data`` and ``layout`` for ``Plotly.newPlot``; strings that start with ``--`` name CSS variables."""
    placed = points(record)
    if not placed:
        return {"data": [], "layout": {}}
    largest = max(point.size_bytes for point in placed)
    tried = [point for point in placed[1:] if not point.chosen]
    groups = (
        ("tried", [point for point in tried if not point.on_front], "--dot", "--faint"),
        ("on the front", [point for point in tried if point.on_front], "--accent-soft", "--accent"),
        ("baseline", placed[:1], "--ink", "--surface"),
        ("chosen", [point for point in placed[1:] if point.chosen], "--accent", "--surface"),
    )
    traces = [_line(placed, record), *(_halo(point, largest) for point in placed if point.chosen)]
    traces += [_markers(name, group, fill, edge, largest) for name, group, fill, edge in groups if group]
    return {"data": traces, "layout": _layout(record, placed)}


def staircase(placed: Iterable[Point], *, higher_is_better: bool) -> list[Point]:
    """The points that no point with less energy matches on quality, from the least energy up."""
    sign = 1 if higher_is_better else -1
    steps: list[Point] = []
    for point in sorted(placed, key=lambda point: (point.energy_ratio.value, -sign * point.quality)):
        if not steps or sign * point.quality > sign * steps[-1].quality:
            steps.append(point)
    return steps


def _point(trial: Trial, figures: Figures, record: StudyRecord) -> Point:
    sign = 1 if record.higher_is_better else -1
    drop = trial.quality_drop
    worse = max(0.0, drop.high - drop.value) if drop else 0.0
    better = max(0.0, drop.value - drop.low) if drop else 0.0
    ends = sorted((figures.quality - sign * worse, figures.quality + sign * better))
    return Point(
        label="Chosen" if trial.chosen else f"Trial {trial.number}",
        recipe=words.recipe_text(trial.recipe),
        facts=_facts(figures, record),
        reason=trial.reason,
        energy_ratio=figures.energy_ratio,
        quality=figures.quality,
        quality_low=ends[0],
        quality_high=ends[1],
        size_bytes=figures.size_bytes,
        on_front=trial.on_front,
        chosen=trial.chosen,
    )


def _facts(figures: Figures, record: StudyRecord) -> str:
    ratio = words.ratio_text(figures.energy_ratio.value)
    quality = words.quality_text(figures.quality, record.metric)
    energy = f"{words.energy_text(figures.energy_j.value)} per {words.noun_text(record.unit)}"
    return f"{energy} ({ratio}) · {record.metric} {quality} · {words.size_text(figures.size_bytes)}"


def _can_be_drawn(point: Point) -> bool:
    ratio = point.energy_ratio.value
    return ratio > 0 and isfinite(ratio) and isfinite(point.quality)


def _worst_shown(record: StudyRecord) -> float:
    sign = 1 if record.higher_is_better else -1
    return record.baseline.quality - sign * VIEW_DROPS * (record.max_drop or 0.01)


def _line(placed: list[Point], record: StudyRecord) -> dict[str, Any]:
    steps = staircase(placed, higher_is_better=record.higher_is_better)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "front",
        "x": [point.energy_ratio.value for point in steps],
        "y": [point.quality for point in steps],
        "line": {"shape": "hv", "color": "--accent", "width": 2},
        "hoverinfo": "skip",
    }


def _markers(name: str, group: list[Point], fill: str, edge: str, largest: int) -> dict[str, Any]:
    named = name in {"baseline", "chosen"}
    return {
        "type": "scatter",
        "mode": "markers+text" if named else "markers",
        "name": name,
        "x": [point.energy_ratio.value for point in group],
        "y": [point.quality for point in group],
        "error_x": _bars(
            [point.energy_ratio.high - point.energy_ratio.value for point in group],
            [point.energy_ratio.value - point.energy_ratio.low for point in group],
        ),
        "error_y": _bars(
            [point.quality_high - point.quality for point in group], [point.quality - point.quality_low for point in group]
        ),
        "text": [f"<b>{name}</b>"] * len(group) if named else [],
        "textposition": "top center" if name == "baseline" else "top left",
        "textfont": {"color": "--ink", "size": 14},
        "hovertext": [_hover(point) for point in group],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [[point.label, point.recipe, point.facts, point.reason] for point in group],
        "marker": {
            "size": [_diameter_px(point, largest) for point in group],
            "color": fill,
            "opacity": 1,
            "line": {"color": edge, "width": 1.5},
        },
        "cliponaxis": False,
    }


def _halo(point: Point, largest: int) -> dict[str, Any]:
    ring = {
        "size": [_diameter_px(point, largest) + 14],
        "color": "rgba(0,0,0,0)",
        "opacity": 1,
        "line": {"color": "--accent", "width": 2},
    }
    place = {"x": [point.energy_ratio.value], "y": [point.quality], "cliponaxis": False}
    return place | {"type": "scatter", "mode": "markers", "name": "halo", "marker": ring, "hoverinfo": "skip"}


def _diameter_px(point: Point, largest: int) -> float:
    """The area of a dot goes with the size of the model."""
    return round(max(SMALLEST_PX, LARGEST_PX * sqrt(point.size_bytes / max(largest, 1))), 1)


def _bars(up: list[float], down: list[float]) -> dict[str, Any]:
    def whole(lengths: list[float]) -> list[float]:
        return [max(0.0, length) if isfinite(length) else 0.0 for length in lengths]

    shape = {"type": "data", "symmetric": False, "color": "--faint", "thickness": 1, "width": 0}
    return shape | {"array": whole(up), "arrayminus": whole(down)}


def _hover(point: Point) -> str:
    """Plotly reads a few HTML tags in labels, so what users wrote is escaped."""
    lines = (
        escape(line, quote=False) for text in (point.recipe, point.facts, point.reason) for line in wrap(text, HOVER_COLUMNS)
    )
    return "<br>".join((f"<b>{escape(point.label, quote=False)}</b>", *lines))


def _layout(record: StudyRecord, placed: list[Point]) -> dict[str, Any]:
    quality_axis = {"title": {"text": f"{escape(record.metric, quote=False)} (validation)", "standoff": 12}} | _axis()
    return {
        "xaxis": {
            "type": "log",
            "title": {"text": f"energy per {escape(words.noun_text(record.unit), quote=False)}, against the baseline"},
            "tickvals": list(TICKS),
            "ticktext": [
                "same" if tick == 1 else f"{round(1 / tick):,}× less" if tick < 1 else f"{tick}× more" for tick in TICKS
            ],
            "range": _energy_range(placed),
        }
        | _axis(),
        "yaxis": quality_axis
        | {"range": _quality_range(record, placed), "tickformat": ",.1%" if words.is_share(record.metric) else ""},
        "shapes": [_limit_line(record)],
        "annotations": [_limit_label(record)],
        "font": {"family": FONT, "color": "--muted", "size": 13},
        "hoverlabel": {
            "align": "left",
            "bgcolor": "--surface",
            "bordercolor": "--line",
            "font": {"family": FONT, "color": "--ink", "size": 13},
        },
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"t": 24, "r": 24, "b": 64, "l": 76},
        "showlegend": False,
        "hovermode": "closest",
    }


def _axis() -> dict[str, Any]:
    return {"gridcolor": "--line", "linecolor": "--line", "zeroline": False, "automargin": True, "fixedrange": True}


def _energy_range(placed: list[Point]) -> list[float]:
    ratios = [point.energy_ratio.value for point in placed]
    low, high = log10(min(ratios)), log10(max(ratios))
    room = max(0.12 * (high - low), 0.08)
    return [low - 1.5 * room, high + 1.3 * room]


def _quality_range(record: StudyRecord, placed: list[Point]) -> list[float]:
    """From worse to better, so that better is up; a collapsed trial does not squash the others."""
    sign = 1 if record.higher_is_better else -1
    limit = record.baseline.quality - sign * record.max_drop
    worst_shown = sign * _worst_shown(record)
    shown = [sign * point.quality for point in placed if sign * point.quality >= worst_shown]
    bars = [sign * end for point in placed for end in (point.quality_low, point.quality_high)]
    reach = [bar for bar in bars if bar >= worst_shown and isfinite(bar)]
    ends = [*shown, *reach, sign * limit, sign * record.baseline.quality]
    room = max(0.08 * (max(ends) - min(ends)), 1e-6)
    return [sign * (min(ends) - room), sign * (max(ends) + room)]


def _limit_line(record: StudyRecord) -> dict[str, Any]:
    limit = _limit(record)
    ends = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": limit, "y1": limit}
    return ends | {"layer": "below", "line": {"color": "--muted", "width": 1, "dash": "dash"}}


def _limit_label(record: StudyRecord) -> dict[str, Any]:
    text = f"limit: {words.drop_text(record.max_drop, record.metric)} below the baseline"
    if not record.higher_is_better:
        text = text.replace("below", "above")
    place = {"xref": "paper", "x": 1, "xanchor": "right", "yref": "y", "y": _limit(record), "yanchor": "top", "yshift": -2}
    return place | {"text": text, "showarrow": False, "font": {"color": "--muted", "size": 12}}


def _limit(record: StudyRecord) -> float:
    return record.baseline.quality - (1 if record.higher_is_better else -1) * record.max_drop
