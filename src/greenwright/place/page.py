"""A plan as one self-contained page: the verdict, the choices, and a heat map of places by hours with the plan drawn on it."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from greenwright import units
from greenwright.place.front import telling
from greenwright.records.placement import Choice, HeatMap, Plan

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } svg { display: block; } text { font: 12px system-ui, sans-serif; fill: currentColor; }
.note { opacity: .8; }
"""
CELL = (14, 22)
"""Width and height of an hour of a place, in pixels."""
LEFT, TOP = 180, 24
MOST_CELLS = 400
"""More columns than this are joined, so that a page of weeks can still be drawn."""


def write_page(plan: Plan, path: Path) -> None:
    """Put the page at ``path``, whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(render(plan), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def render(plan: Plan) -> str:
    """The page's HTML; it loads nothing from anywhere."""
    parts = [f"<h1>{escape(plan.job)}</h1><p><strong>{escape(plan.verdict)}</strong></p>"]
    if plan.heat:
        parts.append("<h2>Grams of CO2e per kWh of the computers, place by hour</h2>" + heat_map(plan.heat, plan.choice))
    named = [("plan", plan.choice), ("now, here", plan.now_here)]
    rows = [(name, one) for name, one in named if one]
    rows += [("", one) for one in telling(plan.front, [one for _, one in rows])]
    if rows:
        parts.append("<h2>Choices that no other beats on carbon, cost and time</h2>" + _table(rows))
    parts += [f'<p class="note">{escape(note)}</p>' for note in plan.notes]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(plan.job)} · greenwright</title><style>{_STYLE}</style></head>\n<body>{body}"
        f'<p class="note">The plan starts {escape(plan.starts_at)}; hours count from there.</p></body></html>\n'
    )


def _table(rows: list[tuple[str, Choice]]) -> str:
    heads = ("", "where", "on", "from", "until", "CO2e", "between", "energy", "cost", "water")
    lines = ["<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"]
    for name, one in rows:
        figures = one.figures
        carbon = figures.carbon_g
        cells = (
            name,
            one.site,
            f"{one.node_count} × {one.device or 'node'}, {one.price_class}",
            f"{one.stretches[0].start_s / 3600:.4g} h",
            f"{figures.finish_s / 3600:.4g} h",
            f"{carbon.value / 1e3:,.4g} kg",
            f"{carbon.low / 1e3:,.3g} to {carbon.high / 1e3:,.3g} kg, {carbon.grade}",
            f"{units.kwh(figures.energy_j.value):,.4g} kWh",
            f"{figures.cost_usd.value:,.2f} USD" if figures.cost_usd else "unknown",
            f"{figures.water_l.value:,.3g} l" if figures.water_l else "unknown",
        )
        lines.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return f'<div class="scroll"><table>{"".join(lines)}</table></div>'


def heat_map(heat: HeatMap, chosen: Choice | None) -> str:
    """Every place a row, every hour a cell, from green to brown; the plan's hours have a frame. Values stand in tooltips."""
    columns = len(heat.intensity_g_per_kwh[0])
    joined = -(-columns // MOST_CELLS)
    rows = [[sum(part) / len(part) for part in _chunks(row, joined)] for row in heat.intensity_g_per_kwh]
    top = max((max(row) for row in rows), default=0.0) or 1.0
    across, down = CELL
    step_h = heat.step_s * joined / 3600
    parts = [_hours(len(rows[0]), heat.step_s * joined)]
    for number, (site, row) in enumerate(zip(heat.sites, rows, strict=True)):
        y = TOP + number * down
        parts.append(f'<text x="0" y="{y + 15}">{escape(site)}</text>')
        parts += [
            f'<rect x="{LEFT + hour * across}" y="{y}" width="{across - 1}" height="{down - 2}" fill="{_colour(value / top)}">'
            f"<title>{escape(site)}, {hour * step_h:.4g} h: {value:.0f} g/kWh</title></rect>"
            for hour, value in enumerate(row)
        ]
        if chosen and chosen.site == site:
            parts += [
                f'<rect x="{LEFT + part.start_s / 3600 / step_h * across - 1:.1f}" y="{y - 1}" height="{down}" '
                f'width="{(part.end_s - part.start_s) / 3600 / step_h * across:.1f}" fill="none" stroke="currentColor" stroke-width="2"/>'
                for part in chosen.stretches
            ]
    width, height = LEFT + len(rows[0]) * across + 10, TOP + len(rows) * down + 4
    said = "Heat map; the frame shows the plan's hours"
    return f'<div class="scroll"><svg width="{width}" height="{height}" role="img" aria-label="{said}">{"".join(parts)}</svg></div>'


def _chunks(values: tuple[float, ...], size: int) -> list[tuple[float, ...]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _hours(count: int, step_s: float) -> str:
    every = max(1, round(6 * 3600 / step_s))
    marks = range(0, count, every)
    return "".join(f'<text x="{LEFT + mark * CELL[0]}" y="14">{mark * step_s / 3600:.4g} h</text>' for mark in marks)


def _colour(share: float) -> str:
    """Light green where it is clean, dark brown where it is dirtiest: also told apart without colour, by lightness."""
    return f"hsl({140 - 115 * share:.0f} 45% {78 - 50 * share:.0f}%)"
