"""What one busy second of this CPU adds to the power of its machine, from the catalogue."""

from __future__ import annotations

from pathlib import Path

from greenwright.catalogue.load import Factor, factors
from greenwright.meter.contract import Missing


def busy_power(root: Path = Path("/")) -> Factor:
    """The factor of this machine's CPU; the entry "unknown" where the catalogue does not have it."""
    known, names = factors("cpu_power"), cpu_names(root)
    return next((factor for factor in known.values() if names & set(factor.match)), known["unknown"])


def missing_power(root: Path = Path("/")) -> list[Missing]:
    """The power of this CPU, where the catalogue does not know it."""
    if busy_power(root).key != "unknown":
        return []
    names = sorted(cpu_names(root)) or ["an unreadable /proc/cpuinfo"]
    why = f"the catalogue has no entry for {', '.join(names)}"
    mend = "add an entry to catalogue/data/cpu_power.toml"
    return [Missing(what="power of this CPU", why=why, mend=mend, is_command=False)]


def cpu_names(root: Path) -> set[str]:
    """The names of the first CPU: its model name and its numbers, with and without stepping."""
    try:
        first, _, _ = (root / "proc/cpuinfo").read_text().partition("\n\n")
    except OSError:
        return set()
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in first.splitlines())}
    names = {facts.get("model name", "")}
    if "cpu family" in facts:
        numbers = f"{facts.get('vendor_id')} {facts['cpu family']}/{facts.get('model')}"
        names |= {numbers, f"{numbers}/{facts.get('stepping')}"}
    if "CPU part" in facts:
        names.add(f"{facts.get('CPU implementer')}/{facts['CPU part']}")
    return names - {""}
