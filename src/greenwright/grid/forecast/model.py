"""Forecast the hours to come from a zone's own history, and the weather where it is given: values, a range, and how far to trust them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from greenwright.errors import BadInputError
from greenwright.grid.forecast import habits
from greenwright.grid.forecast.columns import NEEDED_H, scale
from greenwright.grid.forecast.hours import DAY_H, Floats, Hours, as_hours
from greenwright.grid.forecast.share import OracleShare, oracle_share
from greenwright.grid.forecast.walk import (
    BLOCK_H,
    NOW,
    REMEMBERED_BLOCKS,
    Walk,
    fit,
    follow,
    leader,
    learn,
    preferred,
    savings,
    say,
    walk,
)
from greenwright.grid.series import HOUR_S, cut, time_text
from greenwright.records.grid import Intensity, Weather
from greenwright.records.quantities import Grade

LONGEST_H = 96
TESTED_EVERY_H = 6
FEWEST_TESTED = 20
"""Below it, there is no telling how wrong a forecast tends to be."""
USUAL_JOB_H = 6
TAIL = 0.05
"""Below the low, and above the high: nine in ten lie between."""
BLIND_SPREAD_RATIO = 0.5
"""Without a test, the range is half to one and a half."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What will be, and what following such forecasts was worth."""

    intensity: Intensity
    followed: str
    """Which candidate: "sky", "habits", "habit", or "now" where no hour is said to be better than another."""
    worth: OracleShare | None
    """Over the months before, on windows it had not learnt from; None where there was too little history to test on."""


def forecast(
    history: Intensity, *, at_s: float, length_h: int = DAY_H, weather: Weather | None = None, job_h: int = USUAL_JOB_H
) -> Forecast:
    """The ``length_h`` hours from ``at_s`` on, knowing nothing of them but the weather forecast.

    Args:
        history: what was observed; of what lies after ``at_s``, nothing is looked at.
        at_s: the beginning of an hour, at most a day after the history's end.
        length_h: up to 96.
        weather: from the history's first hour to the last to be forecast.
        job_h: how long the job is that will wait for a good hour: which candidate to follow depends on it.

    Raises:
        BadInputError: a length out of range, no history, or weather that does not reach.
    """
    if not 1 <= length_h <= LONGEST_H or not 1 <= job_h <= length_h:
        raise BadInputError(f"a forecast of {length_h} h for a job of {job_h} h: from 1 to {LONGEST_H} h, and the job within")
    past = cut(history, history.start_s, at_s)
    if not past.values_g_per_kwh or at_s - past.end_s > DAY_H * HOUR_S:
        raise BadInputError(f"the history of {history.zone} ends more than a day before {time_text(at_s)}; give a longer one")
    hours = as_hours(past, weather)
    ahead = round((at_s - past.end_s) / HOUR_S)
    if weather is not None and len(hours.weather) < hours.count + ahead + length_h:
        raise BadInputError(
            f"the weather ends before {time_text(at_s + length_h * HOUR_S)}; give it for all the hours to be forecast"
        )
    if hours.count < NEEDED_H + length_h:
        return _from_little(past, hours, at_s, length_h, ahead)
    return _from_much(past, hours, at_s, length_h + ahead, job_h, ahead)


def _from_much(  # noqa: PLR0913, PLR0917  what was given, and what was made of it
    past: Intensity, hours: Hours, at_s: float, length: int, job_h: int, ahead: int
) -> Forecast:
    tested_from = max(
        hours.count - REMEMBERED_BLOCKS * BLOCK_H, hours.count // 2
    )  # who has learnt little is not what will be followed
    walked = walk(hours, length, TESTED_EVERY_H, tested_from)
    name = preferred(savings(walked, job_h), np.ones(len(walked.begins), dtype=bool))
    speaker = leader(walked) if name == NOW else name
    made = learn(hours, habits.shared_weights(), scale(hours, hours.count), hours.count, length)
    said = say(speaker, fit(made)[speaker], made, hours, np.array([hours.count]), length)[0]
    if name == NOW:
        said = np.full(length, said.mean())
    tested = int(np.isfinite(walked.truth).all(axis=1).sum()) >= FEWEST_TESTED
    low, high = _range(walked, said, speaker) if tested else _blind(said)
    worth = oracle_share(walked.truth, follow(walked, job_h)[0], job_h) if tested else None
    series = _series(past, at_s, said[ahead:], low[ahead:], high[ahead:], _notes(name, worth, job_h, hours))
    return Forecast(intensity=series, followed=name, worth=worth)


def _from_little(past: Intensity, hours: Hours, at_s: float, length: int, ahead: int) -> Forecast:
    """The mean of the days there are, hour by hour; of less than a day, its mean."""
    days = min(7, hours.count // DAY_H)
    if days:
        recent = hours.intensity[-days * DAY_H :].reshape(days, DAY_H).mean(axis=0)
        said = np.array([recent[(ahead + hour) % DAY_H] for hour in range(length)])
    else:
        said = np.full(length, hours.intensity.mean())
    note = (
        f"only {hours.count} h of history: the mean of {days or 'no'} whole days at each hour, and a range that was not tested"
    )
    return Forecast(intensity=_series(past, at_s, said, *_blind(said), (note,)), followed="habit" if days else NOW, worth=None)


def _range(walked: Walk, said: Floats, name: str) -> tuple[Floats, Floats]:
    """Around what is said, where nine in ten of the values fell that were tested, hour by hour of the window."""
    errors = walked.truth - walked.said[name]
    low, high = np.nanquantile(errors, (TAIL, 1 - TAIL), axis=0)
    return np.maximum(0.0, said + np.minimum(low, 0.0)), said + np.maximum(high, 0.0)


def _blind(said: Floats) -> tuple[Floats, Floats]:
    return said * (1 - BLIND_SPREAD_RATIO), said * (1 + BLIND_SPREAD_RATIO)


def _notes(name: str, worth: OracleShare | None, job_h: int, hours: Hours) -> tuple[str, ...]:
    told = f"from {hours.count // DAY_H} days of history" + (
        " and the weather" if hours.weather.shape[1] else ", without weather"
    )
    if name == NOW:
        told += "; waiting would have saved nothing in the months before, so no hour is said to be better"
    if worth is None:
        return (told,)
    saved, best = worth.saving_share, worth.oracle_saving_share
    return (
        told,
        f"followed for {worth.windows_count} jobs of {job_h} h it would have saved {saved:.1%}, perfect knowledge {best:.1%}",
    )


def _series(  # noqa: PLR0913, PLR0917  a series and all that travels with it
    past: Intensity, at_s: float, said: Floats, low: Floats, high: Floats, notes: tuple[str, ...]
) -> Intensity:
    return Intensity(
        zone=past.zone,
        start_s=at_s,
        step_s=HOUR_S,
        values_g_per_kwh=tuple(map(float, said)),
        low_g_per_kwh=tuple(map(float, low)),
        high_g_per_kwh=tuple(map(float, high)),
        signal=past.signal,
        boundary=past.boundary,
        grade=Grade.ASSUMED if past.grade is Grade.ASSUMED else Grade.MODELLED,
        source=f"greenwright's forecast from {past.source}",
        url=past.url,
        issued_s=at_s,
        fetched_s=past.fetched_s,
        notes=notes,
    )
