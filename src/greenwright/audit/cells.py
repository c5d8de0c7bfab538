"""What a cell says, as expressions that every engine understands: numbers, moments, durations, sizes.

A cell that does not say it is null, never 0. Columns may be text, as in a CSV file, or typed, as in Parquet and databases.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt
from ibis.common.exceptions import IbisError

if TYPE_CHECKING:
    import ibis.expr.types as ir

S_PER_MINUTE, S_PER_HOUR, S_PER_DAY = 60.0, 3_600.0, 86_400.0
_ELAPSED = r"^\s*(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*$"
_DAYS_AND_HOURS = r"^\s*(\d+)-(\d+)\s*$"
_AMOUNT = r"^\s*([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)\s*$"
_ZONE = r"([+-])(\d\d):?(\d\d)?$"
_ZONED = r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*[+-]\d\d(?::?\d\d)?$"
_AMERICAN_DAY = r"^\s*(\d{1,2})/(\d{1,2})/(\d{4})"
_FORMS = {
    "float64": r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$",
    "timestamp": r"^\s*\d{4}-[01]?\d-[0-3]?\d(?:[T ][0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?\s*$",
}
_EPOCH_MS = 1e11
"""An epoch larger than this is in milliseconds: in seconds it would be past the year 5000."""


def text(column: ir.Value | None) -> ir.StringValue:
    """Without blanks around it, "" where there is none."""
    if column is None:
        return ibis.literal("")
    return stripped(column.cast("string")).fill_null("")


def stripped(said: ir.StringValue) -> ir.StringValue:
    """Without blanks around it.

    Ibis asks Spark to trim a text whose signs for vertical tab and form feed Spark reads as the letters v and f: "fold" would be "old".
    """
    return said.re_replace(r"^\s+|\s+$", "") if _engine(said) == "pyspark" else said.strip()


def number(column: ir.Value | None) -> ir.FloatingValue:
    """A finite number, else null."""
    if column is None:
        return ibis.null("float64")
    kind = column.type()
    if kind.is_string():
        column = tried(column, "float64")
    elif not kind.is_numeric() and not kind.is_boolean():
        column = tried(column.cast("string"), "float64")
    amount = column.cast("float64")
    return amount if kind.is_integer() else ibis.ifelse(amount.abs() <= sys.float_info.max, amount, ibis.null("float64"))


def moment(column: ir.Value | None) -> ir.TimestampValue:
    """UTC: from a timestamp, a day, ISO 8601 with or without zone, month/day/year, or seconds or milliseconds since 1970."""
    if column is None:
        return ibis.null("timestamp")
    kind = column.type()
    if kind.is_timestamp():
        return (column.cast(dt.Timestamp(timezone="UTC")) if kind.timezone else column).cast("timestamp")
    if kind.is_date():
        return column.cast("timestamp")
    if kind.is_numeric():
        return _since_1970(column.cast("float64"))
    said = stripped(column.cast("string"))
    american = ibis.ifelse(
        said.re_search(_AMERICAN_DAY),
        said.re_extract(_AMERICAN_DAY, 3)
        + "-" + said.re_extract(_AMERICAN_DAY, 1).lpad(2, "0")
        + "-" + said.re_extract(_AMERICAN_DAY, 2).lpad(2, "0"),
        ibis.null("string"),
    )  # fmt: skip
    return ibis.coalesce(_iso(said), tried(american, "timestamp"), _since_1970(tried(said, "float64")))


def elapsed_s(column: ir.Value | None) -> ir.FloatingValue:
    """Seconds of ``[DD-[HH:]]MM:SS[.sss]``, of ``DD-HH`` or of plain seconds.

    Source: Slurm, sacct(1), Elapsed. Without the days a log of long jobs loses two thirds of its hours.
    """
    if column is None:
        return ibis.null("float64")
    if column.type().is_numeric():
        return number(column)
    said = column.cast("string")
    days, hours = _part(said, _ELAPSED, 1), _part(said, _ELAPSED, 2)
    minutes, seconds = _part(said, _ELAPSED, 3), _part(said, _ELAPSED, 4)
    clock = days * S_PER_DAY + hours * S_PER_HOUR + minutes * S_PER_MINUTE + seconds
    long = _part(said, _DAYS_AND_HOURS, 1) * S_PER_DAY + _part(said, _DAYS_AND_HOURS, 2) * S_PER_HOUR
    return ibis.cases((said.re_search(_ELAPSED), clock), (said.re_search(_DAYS_AND_HOURS), long), else_=number(said))


def scaled(column: ir.Value | None, scale: dict[str, float]) -> ir.FloatingValue:
    """An amount with a letter behind it, such as ``2.50T``, in base units; an unknown letter is null."""
    if column is None:
        return ibis.null("float64")
    if column.type().is_numeric():
        return number(column)
    said = column.cast("string")
    unit = said.re_extract(_AMOUNT, 2)
    factor = ibis.cases(*((unit == name, size) for name, size in scale.items()), else_=ibis.null("float64"))
    return ibis.ifelse(said.re_search(_AMOUNT), tried(said.re_extract(_AMOUNT, 1), "float64") * factor, ibis.null("float64"))


def tried(said: ir.StringValue, kind: str) -> ir.Value:
    """The text as a number or a moment, null where it is none.

    PostgreSQL fails at a text that it cannot cast, so there its form is checked first.
    """
    if _engine(said) != "postgres":
        return said.try_cast(kind)
    return ibis.ifelse(said.re_search(_FORMS[kind]), said, ibis.null("string")).cast(kind)


def _engine(column: ir.Value) -> str:
    try:
        return str(column.get_backend().name)
    except IbisError:
        return ""


def seconds_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.FloatingValue:
    """From one moment to another."""
    return (end.epoch_seconds() - start.epoch_seconds()).cast("float64")


def share(column: ir.Value | None) -> ir.FloatingValue:
    """A share from 0 to 1; where more than 1 is said, percent is meant; outside 0 to 100, null."""
    amount = number(column)
    part = ibis.ifelse(amount > 1, amount / 100, amount)
    return ibis.ifelse((part >= 0) & (part <= 1), part, ibis.null("float64"))


def first_text(*columns: ir.StringValue) -> ir.StringValue:
    """The first that is not empty, else ""."""
    return ibis.coalesce(*(column.nullif("") for column in columns), ibis.literal(""))


def state(column: ir.Value | None) -> ir.StringValue:
    """How a job ended, in one spelling for all schedulers."""
    if column is None:
        return ibis.literal("")
    said = stripped(column.cast("string").fill_null("")).lower()
    return ibis.cases(
        *((said.re_search(f"^(?:{pattern})"), name) for name, pattern in _STATES.items()),
        else_=ibis.literal(""),
    )


_STATES = {
    "running": "run|active|suspend|completing|r$|requeue",
    "completed": "complet|succe|finish|pass|done$|cd$|terminated$",
    "cancelled": "cancel|kill|revoked|ca$",
    "timeout": "time|deadline|to$",
    "out of memory": "out_of_me|out of memory|oom",
    "preempted": "preempt|evict|pr$",
    "failed": "fail|err|node_f|boot_f|crash|f$|nf$",
    "pending": "pend|queue|waiting|submitted|schedul|pd$|config",
}


def _iso(said: ir.StringValue) -> ir.TimestampValue:
    """ISO 8601, the zone taken off by hand: engines differ in what they do with one."""
    zoned = said.re_search(_ZONED)
    local = said.re_replace(r"\s*(?:Z|UTC|z)$", "")
    local = tried(ibis.ifelse(zoned, local.re_replace(r"\s*[+-]\d\d(?::?\d\d)?$", ""), local), "timestamp")
    minutes = _part(said, _ZONE, 2) * S_PER_MINUTE + _part(said, _ZONE, 3)
    ahead_s = (minutes * S_PER_MINUTE * ibis.ifelse(said.re_extract(_ZONE, 1) == "-", -1, 1)).cast("int64")
    return ibis.ifelse(zoned, local - ahead_s.as_interval("s"), local)


def _part(said: ir.StringValue, pattern: str, group: int) -> ir.FloatingValue:
    """A group of the pattern as a number; 0 where it took no part."""
    return tried(said.re_extract(pattern, group), "float64").fill_null(0.0)


def _since_1970(amount: ir.FloatingValue) -> ir.TimestampValue:
    seconds = ibis.ifelse(amount.abs() > _EPOCH_MS, amount / 1_000, amount)
    return ibis.timestamp("1970-01-01 00:00:00") + seconds.cast("int64").as_interval("s")
