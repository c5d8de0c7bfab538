"""What bills of different clouds have in common: usage in units of time, instance types inside longer names, tags as JSON.

A bill says how long what was rented, and no watts: power comes from the catalogue of accelerators and instances.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from greenwright.audit import cells
from greenwright.audit.jobs import Problem, unreadable

if TYPE_CHECKING:
    import ibis.expr.types as ir

_UNITS_S = {
    "hour": r"^(?:1\s*)?(?:h|hrs?|hours?|compute hours?|instance[- ]?hours?|vm[- ]?hours?|gpu[- ]?hours?)$",
    "second": r"^(?:1\s*)?(?:s|secs?|seconds?|gpu[- ]?seconds?|instance[- ]?seconds?)$",
    "minute": r"^(?:1\s*)?(?:m|mins?|minutes?)$",
    "day": r"^(?:1\s*)?(?:d|days?)$",
    "month": r"^(?:1\s*)?(?:mo|months?)$",
}
_SIZES_S = {"hour": 3_600.0, "second": 1.0, "minute": 60.0, "day": 86_400.0, "month": 2_628_000.0}
_MULTIPLE = r"^\s*(\d+(?:\.\d+)?)\s+"
AWS_INSTANCE = (
    r"(?:^|[:\s/-])((?:ml\.)?[a-z]+\d[a-z0-9-]*\.(?:metal(?:-\d+xl)?|nano|micro|small|medium|large|\d*xlarge))(?:$|[\s,;:])"
)
GCP_INSTANCE = r"\b([acegmnt]\d[a-z]?-[a-z]+-\d+g?)\b"
AZURE_INSTANCE = (
    r"\b(?:Standard_)?([NDEFBAL][A-Z]{0,2}\d+[a-z]*(?:-\d+)?[a-z]*(?:[_ ](?:A100|H100|H200|T4|A10|V100))?[_ ]v\d+)\b"
)
TEAM_TAGS = ("team", "owner", "cost_center", "cost-center", "costcenter", "CostCenter", "department", "squad")
PROJECT_TAGS = ("project", "app", "application", "service", "workload")
MODEL_TAGS = ("model", "model_name", "model-name")
PHASE_TAGS = ("phase", "stage", "step", "purpose")
_SERVING = r"(?i)(?:^|-)host:|endpoint|hosting|hosted|inference|serving|online prediction|predict|real-?time"
_TRAINING = r"(?i)training|train\b|fine-?tun|tuning"
_NOTEBOOK = r"(?i)notebook|studio|workbench"
_USED = ("usage", "used", "discountedusage", "savingsplancoveredusage", "bundleddiscount", "regular", "")
"""Kinds of charges that stand for something that ran; fees, taxes and credits are money only."""


def seconds(amount: ir.FloatingValue, unit: ir.StringValue) -> ir.FloatingValue:
    """An amount of a unit of time in seconds, ``10 Hours`` too; null for units of anything else."""
    said = cells.stripped(unit).lower()
    bare = said.re_replace(_MULTIPLE, "")
    times = ibis.ifelse(said.re_search(_MULTIPLE), cells.tried(said.re_extract(_MULTIPLE, 1), "float64"), 1.0)
    return ibis.cases(
        *((bare.re_search(pattern), amount * times * _SIZES_S[name]) for name, pattern in _UNITS_S.items()),
        else_=ibis.null("float64"),
    )


def found_in(text: ir.StringValue, pattern: str) -> ir.StringValue:
    """The first group where the pattern fits, else ""."""
    return ibis.ifelse(text.re_search(pattern), text.re_extract(pattern, 1), "")


def instance_in(*texts: ir.StringValue) -> ir.StringValue:
    """The instance type of any cloud that one of these names."""
    tried = [found_in(text, pattern) for text in texts for pattern in (AWS_INSTANCE, GCP_INSTANCE, AZURE_INSTANCE)]
    return cells.first_text(*tried)


def tag(tags: ir.StringValue, names: tuple[str, ...]) -> ir.StringValue:
    """The value of the first of these tags, out of JSON, of a map's text (``{team=vision}``) or of a list of keys and values."""
    either = "|".join(names)
    as_json = rf'(?i)"(?:user:|aws:|resourceTags/|user_)?(?:{either})"\s*:\s*"([^"]*)"'
    as_map = rf"(?i)(?:^|[{{,\s])'?(?:user:|user_)?(?:{either})'?\s*[=:]\s*'?([^,}}']*)'?"
    as_list = rf"""(?i)['"]?key['"]?\s*:\s*['"]?(?:{either})['"]?,\s*['"]?value['"]?\s*:\s*['"]?([^'",}}]*)"""
    return cells.stripped(cells.first_text(found_in(tags, as_json), found_in(tags, as_list), found_in(tags, as_map)))


def phase(*texts: ir.StringValue) -> ir.StringValue:
    """Training or inference, where a product's name says so."""
    return cells.first_text(
        *(
            ibis.cases(
                (text.re_search(_SERVING), "inference"),
                (text.re_search(_TRAINING), "training"),
                (text.re_search(_NOTEBOOK), "notebook"),
                else_="",
            )
            for text in texts
        )
    )


def is_usage(kind: ir.StringValue) -> ir.BooleanValue:
    """Whether a charge stands for something that ran."""
    return kind.lower().replace(" ", "").isin(_USED)


def held(duration_s: ir.FloatingValue, usage: ir.BooleanValue, instance: ir.StringValue) -> dict[str, ir.Value]:
    """Duration and instance of a row that rents one; others are money, and nothing is known of their energy."""
    runs = usage & (instance != "") & duration_s.notnull()
    return {"duration_s": ibis.ifelse(runs, duration_s, ibis.null("float64")), "instance_type": ibis.ifelse(runs, instance, "")}


def problems(amounts: dict[str, tuple[ir.Value | None, ir.Value]]) -> list[Problem]:
    """A cell that should be a number and is none."""
    return [(unreadable(cell, parsed), f"{name} is no number") for name, (cell, parsed) in amounts.items()]
