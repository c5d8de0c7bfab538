"""Reproduce published footprint calculations with greenwright's own functions, and report those that contradict themselves.

``python bench/published_cases.py [lca_cases.csv]``. A row holds inputs, the name of a formula, what was published and a tolerance. Rows
whose publication contradicts itself must come out as findings. A row whose formula is `given` was computed by an engine of its
authors; there it is asked whether the range of greenwright's own factor holds the published value.
"""

from __future__ import annotations

import csv
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from greenwright.catalogue.load import factors
from greenwright.footprint import break_even, carbon, energy, hardware, llm, sci, score, water
from greenwright.footprint.arithmetic import difference, exactly, of_factor, product, quotient, scaled, total
from greenwright.footprint.claims.agreement import disagreement
from greenwright.records.footprint import HardwareUse
from greenwright.records.quantities import Quantity
from greenwright.units import (
    BYTES_PER_GB,
    BYTES_PER_TB,
    G_PER_KG,
    G_PER_LB,
    G_PER_T,
    J_PER_KWH,
    J_PER_WH,
    S_PER_H,
    S_PER_YEAR,
)

ROOT = Path(__file__).parents[1]
STRUBELL_PUE, STRUBELL_LB_PER_KWH = 1.58, 0.954
SPRUCE_LOSSES = (1.04, 1.08)
EIA_FUELS = {
    "COL": "coal",
    "NG": "gas",
    "NUC": "nuclear",
    "OIL": "oil",
    "OTH": "other",
    "WAT": "hydro",
    "SUN": "solar",
    "WND": "wind",
}
ABSOLUTE = 0.006
"""Tolerance of scores, which are published to two decimals, and of an expected 0."""

Inputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one row."""

    case: str
    formula: str
    consistency: str
    published: float
    computed: float | None
    verdict: str
    why: str = ""


def default_file() -> Path:
    """``lca_cases.csv`` in ``GREENWRIGHT_DATA``, or beside the checkout."""
    return Path(os.environ.get("GREENWRIGHT_DATA", ROOT.parent / "shared" / "data")) / "lca_cases.csv"


def _it_j(inputs: Inputs) -> Quantity:
    """Devices × watts × time, however the publication counts them."""
    hours = inputs.get("device_hours") or inputs.get("hours") or 24 * inputs["days"]
    power_w = inputs.get("watts", inputs.get("avg_w"))
    return energy.device_energy_j(exactly(power_w), hours * S_PER_H, inputs.get("chips", 1))


def _facility_j(inputs: Inputs, pue: float = 1.0) -> Quantity:
    return energy.facility_energy_j(_it_j(inputs), exactly(inputs.get("pue", pue)))


def _kwh(kwh: float) -> Quantity:
    return exactly(kwh * J_PER_KWH)


def _carbon_g(energy_j: Quantity, kg_per_kwh: float) -> Quantity:
    return carbon.carbon_g(energy_j, exactly(kg_per_kwh * G_PER_KG))


def _embodied_g(embodied_kg: float, used_h: float, lifespan_h: float, utilisation: float = 1.0, share: float = 1.0) -> Quantity:
    use = HardwareUse(
        name="case",
        used_s=used_h * S_PER_H,
        lifespan_s=lifespan_h * S_PER_H,
        embodied_g=exactly(embodied_kg * G_PER_KG),
        utilisation_share=utilisation,
        capacity_share=share,
    )
    made = hardware.embodied_g(use)
    assert made is not None
    return made


def _ecologits(i: Inputs) -> float:
    request = llm.TextRequest(
        active_parameter_count=i["active"], total_parameter_count=i["total"], token_count=i["tokens"], latency_s=i["latency"]
    )
    found = llm.estimate(request)
    it_j, pue = found.it_energy_j, exactly(i["pue"])
    facility_j, made = energy.facility_energy_j(it_j, pue), hardware.embodied_g(found.hardware)
    assert made is not None
    return {
        "gpus": float(found.gpu_count),
        "latency_s": found.latency_s,
        "it_kwh": it_j.value / J_PER_KWH,
        "kwh": facility_j.value / J_PER_KWH,
        "gwp_use": _carbon_g(facility_j, i["gwp"]).value / G_PER_KG,
        "gwp_emb": made.value / G_PER_KG,
        "water_l": water.water_l(it_j, exactly(i["wue_site"]), pue, exactly(i["wue_grid"])).value,
    }[i["out"]]


def _gpus_j(i: Inputs) -> Quantity:
    power_w = energy.power_at_load_w(exactly(i["min_w"]), exactly(i["max_w"]), i["util"])
    return energy.device_energy_j(power_w, S_PER_H, i["n"])


def _stored_j(i: Inputs) -> Quantity:
    watts_per_byte = exactly(i["wh"] * J_PER_WH / (BYTES_PER_TB * S_PER_H))
    return energy.storage_energy_j(i["tb"] * BYTES_PER_TB, i["hours"] * S_PER_H, watts_per_byte, i["repl"])


def _spruce_g(i: Inputs) -> Quantity:
    delivered = carbon.carbon_g(energy.facility_energy_j(_kwh(i["kwh"]), exactly(i["pue"])), exactly(i["g_per_kwh"]))
    losses = carbon.losses_g(delivered, product(*(exactly(ratio) for ratio in SPRUCE_LOSSES)))
    return total((delivered, losses))


FORMULAS: dict[str, Callable[[Inputs], float]] = {
    "kwh_chips": lambda i: _facility_j(i).value / J_PER_KWH,
    "mwh_chips": lambda i: _facility_j(i).value / J_PER_KWH / 1e3,
    "mwh_device_hours": lambda i: _facility_j(i).value / J_PER_KWH / 1e3,
    "strubell_kwh": lambda i: _facility_j(i, STRUBELL_PUE).value / J_PER_KWH,
    "strubell_lb": lambda i: carbon.carbon_g(_kwh(i["kwh"]), exactly(STRUBELL_LB_PER_KWH * G_PER_LB)).value / G_PER_LB,
    "t_from_mwh": lambda i: _carbon_g(_kwh(i["mwh"] * 1e3), i["kg_per_kwh"]).value / G_PER_T,
    "t_device_hours": lambda i: _carbon_g(_facility_j(i), i["kg_per_kwh"]).value / G_PER_T,
    "kg_from_kwh": lambda i: carbon.carbon_g(_kwh(i["kwh"]), exactly(i["g_per_kwh"])).value / G_PER_KG,
    "implied_kg_per_kwh": lambda i: (
        carbon.implied_intensity_g_per_kwh(exactly(i["tco2e"] * G_PER_T), _facility_j(i)).value / G_PER_KG
    ),
    "sum": lambda i: total(exactly(part) for part in i["parts"]).value,
    "diff": lambda i: difference(exactly(i["a"]), exactly(i["b"])).value,
    "ratio": lambda i: quotient(exactly(i["a"]), exactly(i["b"])).value,
    "share": lambda i: quotient(exactly(i["part"]), exactly(i["total"])).value,
    "scale_share": lambda i: scaled(exactly(i["total"]), i["share"]).value,
    "rate": lambda i: scaled(quotient(exactly(i["amount"]), exactly(i["units"])), i.get("scale", 1)).value,
    "breakeven": lambda i: (
        break_even.units_to_equal(total((_kwh(i["train_kwh"]), _kwh(i["ft_kwh"]))), _kwh(i["kwh_per_inf"])).value
    ),
    "alloc_util": lambda i: (
        _embodied_g(i["embodied_kg"], i["hours"], i["lifetime_y"] * S_PER_YEAR / S_PER_H, i["utilisation"]).value / G_PER_KG
    ),
    "alloc_simple": lambda i: (
        _embodied_g(i["embodied_kg"], i["hours"], i["lifetime_h"], share=i.get("share", 1.0)).value / G_PER_KG
    ),
    "sci_m": lambda i: _embodied_g(i["te_kg"], i["tir_h"], i["el_h"], share=i["rr"] / i["tor"]).value,
    "sci": lambda i: (
        sci.sci_g_per_unit(_kwh(i["e_kwh"]), exactly(i["i_g"]), exactly(i["m_g"]), i.get("r", i.get("units", 1))).value
    ),
    "tdp_energy": lambda i: (
        energy.device_energy_j(exactly(i["tdp_w"] * i["coeff"] * i["share"]), i["hours"] * S_PER_H, i["sockets"]).value
        / J_PER_KWH
    ),
    "gpu_instance_kwh": lambda i: _gpus_j(i).value / J_PER_KWH,
    "net_kwh": lambda i: (
        energy.network_energy_j(i["gb"] * BYTES_PER_GB, exactly(i["kwh_per_gb"] * J_PER_KWH / BYTES_PER_GB)).value / J_PER_KWH
    ),
    "storage_kwh": lambda i: _stored_j(i).value / J_PER_KWH,
    "spruce_ops": lambda i: _spruce_g(i).value,
    "water_per": lambda i: water.grid_water_l(_kwh(i["kwh"]), exactly(i["l_per_kwh"])).value,
    "water_li_total": lambda i: (
        water.water_l(_kwh(i["e_kwh"]), exactly(i["wue_on"]), exactly(i["pue"]), exactly(i["ewif"])).value
    ),
    "ewif_mix": lambda i: water.ewif_of_mix_l_per_kwh({EIA_FUELS[fuel]: amount for fuel, amount in i["mix"].items()}).value,
    "wue_wetbulb": lambda i: water.wue_at_wet_bulb_l_per_kwh(i["tw_f"], i["cycles"]).value,
    "ecologits_llm": _ecologits,
    "lighthouse_lognormal": lambda i: score.score(i["value"], i["median"], i["p10"]),
}


def outcome(row: Mapping[str, str]) -> Outcome:
    """Compute one row, and say whether greenwright agrees with what was published."""
    name, inputs, published = row["formula"], json.loads(row["inputs_json"]), float(row["expected_value"])
    if name == "given":
        return _given(row, inputs, published)
    if name not in FORMULAS:
        return _told(row, published, None, "not computed", f"no formula {name!r}")
    computed = FORMULAS[name](inputs)
    slack = ABSOLUTE if row["group"] == "score" or published == 0 else float(row["rel_tol"]) * abs(published)
    if math.isclose(computed, published, rel_tol=1e-12, abs_tol=slack):
        compared = disagreement(inputs["a"], inputs["b"], float(row["rel_tol"])) if _two_sources(row) else None
        return _told(row, published, computed, "reported" if compared else "reproduced", compared or "")
    return _told(row, published, computed, "reported", disagreement(published, computed, float(row["rel_tol"])) or "")


def _two_sources(row: Mapping[str, str]) -> bool:
    """A row that holds two publications of one thing against each other: what it expects is how far they are apart."""
    return row["formula"] == "ratio" and row["consistency"] == "published_inconsistent"


def _given(row: Mapping[str, str], inputs: Inputs, published: float) -> Outcome:
    key = "gpu-unknown" if inputs.get("component") == "gpu" else "server-unknown"
    known = of_factor(factors("embodied")[key])
    held = known.low <= published * G_PER_KG <= known.high
    why = f"{key}: {known.low / G_PER_KG:g} to {known.high / G_PER_KG:g} kg"
    return _told(row, published, known.value / G_PER_KG, "in range" if held else "out of range", why)


def _told(row: Mapping[str, str], published: float, computed: float | None, verdict: str, why: str) -> Outcome:
    return Outcome(
        case=row["case_id"],
        formula=row["formula"],
        consistency=row["consistency"],
        published=published,
        computed=computed,
        verdict=verdict,
        why=why,
    )


def outcomes(path: Path) -> list[Outcome]:
    """Every row of the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [outcome(row) for row in csv.DictReader(file)]


def right(one: Outcome) -> bool:
    """Whether a row came out as it must: contradictions reported, everything else reproduced."""
    wanted = {"reported"} if one.consistency == "published_inconsistent" else {"reproduced", "in range"}
    return one.verdict in wanted


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else default_file()
    found = outcomes(path)
    wrong = [one for one in found if not right(one)]
    for one in (one for one in found if one in wrong or one.verdict == "reported"):
        print(
            f"{'WRONG ' if one in wrong else ''}{one.verdict}: {one.case}: {one.why or f'{one.computed} for {one.published}'}"
        )
    verdicts = sorted({one.verdict for one in found})
    print(f"{len(found)} cases:", ", ".join(f"{sum(one.verdict == name for one in found)} {name}" for name in verdicts))
    if not arguments:
        kept = [asdict(one) for one in found]
        (ROOT / "bench" / "results" / "published_cases.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
