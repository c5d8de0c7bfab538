"""Numbers as people read them, on the page and in the terminal. Pure: a number goes in, words come out.

Whatever is None, NaN or infinite reads "not measured": a number that is not there is never drawn as 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, TypeGuard

from greenwright.records.models import Inference
from greenwright.records.quantities import Grade, Interval, Quantity
from greenwright.units import J_PER_WH

if TYPE_CHECKING:
    from greenwright.records.study import Step  # of many records, which a measured command need not wait for

NOT_MEASURED = "not measured"
MINUS = "\N{MINUS SIGN}"

GRADE_WORDS = {
    Grade.COUNTER: "Read from an energy counter in the hardware.",
    Grade.SAMPLED: "Power was read many times a second and added up over time.",
    Grade.MODELLED: "Computed, not read: processor time, how busy a GPU was or how much memory there is, times a model of their power.",
    Grade.ASSUMED: "Taken from typical values, because nothing here could be measured.",
}

RUNTIME_NAMES = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}

_ENERGY = ((1e-9, "nJ"), (1e-6, "µJ"), (1e-3, "mJ"), (1.0, "J"), (1e3, "kJ"), (1e6, "MJ"), (1e9, "GJ"))
_WATT_HOURS = ((1e-3, "mWh"), (1.0, "Wh"), (1e3, "kWh"), (1e6, "MWh"), (1e9, "GWh"))
_SIZE = ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"))
_DURATION = ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))
_COUNT = ((1e6, "million"), (1e9, "billion"), (1e12, "trillion"))

_OVERFLOWN = 1e300  # what is larger came of a division by almost nothing, not of a measurement

_Scale = Sequence[tuple[float, str]]


def energy_text(energy_j: float | None) -> str:
    """``0.00124`` as ``"1.24 mJ"``."""
    return scaled_text(energy_j, _ENERGY, zero="0 J")


def energy_range_text(quantity: Quantity) -> str:
    """The low and the high in one unit: ``"0.41 to 2.12 mJ"``."""
    low, high = quantity.low, quantity.high
    if not (_known(low) and _known(high)):
        return NOT_MEASURED
    size, name = _pick(high, _ENERGY)
    low_text, high_text = _digits(low / size), _digits(high / size)
    return f"{high_text} {name}" if low_text == high_text else f"{low_text} to {high_text} {name}"


def watt_hours_text(energy_j: float | None) -> str:
    """``3600.0`` joules as ``"1 Wh"``, the unit of electricity bills."""
    return scaled_text(None if energy_j is None else energy_j / J_PER_WH, _WATT_HOURS, zero="0 Wh")


def size_text(size_bytes: float | None) -> str:
    """``1_240_000`` as ``"1.24 MB"``: powers of 1,000, as disks are sold."""
    return scaled_text(size_bytes, _SIZE, zero="0 B")


def duration_text(duration_s: float | None) -> str:
    """``0.0012`` as ``"1.2 ms"``, ``90`` as ``"1 min 30 s"``, ``7500`` as ``"2 h 5 min"``."""
    if not _known(duration_s):
        return NOT_MEASURED
    seconds = round(abs(duration_s))
    if seconds < 60:  # noqa: PLR2004 - a minute
        return scaled_text(duration_s, _DURATION, zero="0 s")
    (big, big_name), (small, small_name) = ((3600, "h"), (60, "min")) if seconds >= 3600 else ((60, "min"), (1, "s"))  # noqa: PLR2004 - an hour
    whole, rest = divmod(round(seconds / small) * small, big)
    text = f"{whole:,} {big_name}" + (f" {rest // small} {small_name}" if rest else "")
    return (MINUS if duration_s < 0 else "") + text


def count_text(count: float | None) -> str:
    """``12300`` as ``"12,300"``, ``12_300_000`` as ``"12.3 million"``."""
    if not _known(count):
        return NOT_MEASURED
    if abs(round(count)) < 1_000_000:  # noqa: PLR2004 - below a million, every digit
        return f"{round(count):,}".replace("-", MINUS)
    return scaled_text(count, _COUNT, zero="0")


def about_text(count: float | None) -> str:
    """An estimated count, to three digits: ``12_345`` as ``"12,300"``."""
    return count_text(_rounded(count) if _known(count) else None)


def rate_text(throughput_per_s: float | None) -> str:
    """``812.3`` as ``"812 per second"``."""
    if not _known(throughput_per_s):
        return NOT_MEASURED
    few = 0 < abs(throughput_per_s) < 100  # noqa: PLR2004 - from here on, decimals say nothing
    return f"{_digits(throughput_per_s) if few else about_text(throughput_per_s)} per second"


def share_text(share: float | None) -> str:
    """``0.123`` as ``"12.3%"``."""
    return f"{_digits(share * 100)}%" if _known(share) else NOT_MEASURED


def factor_text(factor: float | None) -> str:
    """``12.34`` as ``"12.3×"``."""
    if not _known(factor):
        return NOT_MEASURED
    near = abs(factor) < 2  # noqa: PLR2004 - near 1 the second decimal tells 1.04 from 1.00
    return f"{_trim(f'{factor:,.2f}' if near else f'{factor:,.1f}' if abs(factor) < 100 else about_text(factor))}×"  # noqa: PLR2004 - as above


def ratio_text(ratio: float | None, less: str = "less", more: str = "more") -> str:
    """``0.081`` as ``"12.3× less"``, ``1.4`` as ``"1.4× more"``; "the same" where rounding leaves nothing to tell."""
    if not _known(ratio) or ratio <= 1 / _OVERFLOWN:
        return NOT_MEASURED
    factor, word = (1 / ratio, less) if ratio < 1 else (ratio, more)
    return "the same" if factor_text(factor) == "1×" else f"{factor_text(factor)} {word}"


def ratio_range_text(interval: Interval, less: str = "less", more: str = "more") -> str:
    """``"11.9× to 12.8× less"``; an interval across 1 says both words."""
    low, high = ratio_text(interval.high, less, more), ratio_text(interval.low, less, more)
    if NOT_MEASURED in {low, high}:
        return NOT_MEASURED
    if low == high:
        return low
    if interval.low >= 1:
        low, high = high, low
    first, _, word = low.rpartition(" ")
    return f"{first} to {high}" if high.endswith(f" {word}") else f"{low} to {high}"


def points_text(drop: float | None) -> str:
    """A difference of two shares in percentage points: ``0.004`` as ``"0.4 points"``; negative is a gain."""
    if not _known(drop):
        return NOT_MEASURED
    text = _trim(f"{drop * 100:,.2f}").replace("-", MINUS)
    return f"{'0' if text == f'{MINUS}0' else text} point{'' if text in {'1', f'{MINUS}1'} else 's'}"


def quality_text(quality: float | None, metric: str) -> str:
    """An accuracy as ``"97.5%"``, any other metric as its number."""
    if not _known(quality):
        return NOT_MEASURED
    return f"{_trim(f'{quality * 100:.2f}')}%" if is_share(metric) else _digits(quality, count=4)


def drop_text(drop: float | None, metric: str) -> str:
    """Points for accuracies; the plain difference for any other metric."""
    if is_share(metric) or not _known(drop):
        return points_text(drop)
    return _digits(round(drop, 6))


def drop_range_text(interval: Interval, metric: str) -> str:
    """``"−0.14 to 0.7 points"``."""
    low, high = drop_text(interval.low, metric), drop_text(interval.high, metric)
    if NOT_MEASURED in {low, high}:
        return NOT_MEASURED
    return high if low == high else f"{low.removesuffix(' points').removesuffix(' point')} to {high}"


def is_share(metric: str) -> bool:
    """Whether a metric is read in percent."""
    return any(word in metric.lower() for word in ("accuracy", "match"))


def noun_text(unit: str) -> str:
    """``"1 image"`` as ``"image"``, for "per image"; ``"1,000 tokens"`` stays as it is."""
    return unit.strip().removeprefix("1 ").strip() or "unit"


def units_text(count: float | None, unit: str) -> str:
    """So many functional units: ``"12,300 images"``, or ``"12,300 × 1,000 tokens"``."""
    noun, number = noun_text(unit), about_text(count)
    if number == NOT_MEASURED or noun[0].isdigit():
        return number if number == NOT_MEASURED else f"{number} × {noun}"
    return f"{number} {noun if number == '1' else _plural(noun)}"


def studies_text(count: int) -> str:
    """``3`` as ``"3 earlier studies"``."""
    return "1 earlier study" if count == 1 else f"{count_text(count)} earlier studies"


def choices_text(step: Step) -> str:
    """``"keep share 0.5, bits 8"``, or nothing."""
    return ", ".join(f"{name.replace('_', ' ')} {_choice(value)}" for name, value in step.choices.items())


def inference_text(inference: Inference) -> str:
    """The runtime and what it is told: ``"OpenVINO, 1 thread, bf16"``."""
    name = RUNTIME_NAMES.get(inference.runtime, inference.runtime)
    threads = "1 thread" if inference.thread_count == 1 else f"{inference.thread_count} threads"
    told = {
        inference.precision: inference.precision != "f32",
        "threads that sleep while idle": not inference.spins,
        "no memory kept between calls": not inference.arena,
        "examples of like length together": inference.run_tokens > 0,
    }
    return ", ".join([name, threads, *(text for text, is_so in told.items() if is_so)])


def recipe_text(recipe: Iterable[Step]) -> str:
    """The steps in order, in one line; "nothing changed" for an empty recipe."""
    return " → ".join(map(_step_text, recipe)) or "nothing changed"


def _step_text(step: Step) -> str:
    told = "; ".join(text for text in (choices_text(step), f"first: {recipe_text(step.first)}" if step.first else "") if text)
    return f"{step.title} ({told})" if told else step.title


def _choice(value: float | str | bool) -> str:  # noqa: FBT001 - a choice may be a yes or a no
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _digits(value) if isinstance(value, float) and isfinite(value) else str(value)


def _plural(noun: str) -> str:
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in {*"aeiou"}:
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def _known(value: float | None) -> TypeGuard[float]:
    return value is not None and abs(value) < _OVERFLOWN


def scaled_text(value: float | None, scale: _Scale, zero: str) -> str:
    """A value in the unit of a scale that fits it, to three digits."""
    if not _known(value):
        return NOT_MEASURED
    if value == 0:
        return zero
    size, name = _pick(value, scale)
    return f"{_digits(value / size)} {name}"


def _pick(value: float, scale: _Scale) -> tuple[float, str]:
    """The largest unit of which there is at least one, once rounded: 999.9 mJ is 1 J."""
    rounded = abs(_rounded(value))
    fitting = [step for step in scale if step[0] <= rounded * (1 + 1e-9)]
    return fitting[-1] if fitting else scale[0]


def _rounded(value: float, count: int = 3) -> float:
    return float(f"{value:.{count - 1}e}")


def _digits(value: float, count: int = 3) -> str:
    """``count`` significant digits, no trailing zeros, thousands in groups."""
    rounded = _rounded(value, count)
    if rounded == 0:
        return "0"
    decimals = max(0, count - 1 - floor(log10(abs(rounded))))
    return _trim(f"{rounded:,.{decimals}f}").replace("-", MINUS)


def _trim(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number
