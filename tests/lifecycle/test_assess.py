from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from greenwright.errors import BadInputError
from greenwright.lifecycle.assess import assess
from greenwright.records.disclosure import Disclosure, Phase
from greenwright.records.footprint import Boundary
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.study import StudyRecord
from greenwright.units import J_PER_KWH


def amount(quantity: Quantity | None) -> float:
    assert quantity is not None
    return quantity.value


def kwh(disclosure: Disclosure, name: str) -> float:
    return amount(next(one.footprint.it_energy_j for one in disclosure.phases if one.name == name)) / J_PER_KWH


def changed(plan: Path, old: str, new: str) -> Path:
    text = plan.read_text()
    assert old in text
    plan.write_text(text.replace(old, new))
    return plan


def test_every_phase_has_its_energy(plan: Path) -> None:
    found = assess(plan)

    assert [one.phase for one in found.phases] == [Phase.DATA, Phase.DATA, *list(Phase)[1:]]
    assert kwh(found, "keeping") == pytest.approx(1.2 * 2 * 1000 / 1000)
    assert kwh(found, "moving") == pytest.approx(100 * 0.059)
    assert kwh(found, "serving") == pytest.approx(1e6 / J_PER_KWH)
    assert kwh(found, "retraining") == pytest.approx(2 * kwh(found, "training"))
    assert kwh(found, "archive") == pytest.approx(2 / 1.2)


def test_the_whole_is_the_sum_of_its_parts_in_every_kind(plan: Path) -> None:
    found = assess(plan)

    for name in ("it_energy_j", "facility_energy_j", "location_g", "market_g"):
        parts = sum(amount(getattr(one.footprint, name)) for one in found.phases)
        assert amount(getattr(found.total, name)) == pytest.approx(parts)
    energy = amount(found.total.it_energy_j) / J_PER_KWH
    assert amount(found.total.facility_energy_j) / J_PER_KWH == pytest.approx(1.2 * energy)
    assert amount(found.total.location_g) == pytest.approx(1.2 * energy * 400)
    assert amount(found.total.site_water.consumed_l) == pytest.approx(0.5 * energy)
    assert amount(found.total.grid_water.consumed_l) == pytest.approx(1.2 * energy * 2)
    assert found.total.energy_cost is not None
    assert found.total.energy_cost.amount.value == pytest.approx(0.12 * energy)
    assert found.total.hardware_cost is not None
    assert found.total.hardware_cost.amount.value == pytest.approx(3 * 800 * 3.0)  # once, and twice again


def test_hardware_counts_by_the_life_it_used_up(plan: Path) -> None:
    found = assess(plan)

    training = next(one.footprint for one in found.phases if one.name == "training")
    gpus_g, server_g = 8 * 164_000.0, 3_700_000.0
    assert amount(training.embodied_g) == pytest.approx((gpus_g + server_g) * 100 / (4 * 8_760))
    assert training.boundary is Boundary.WITH_EMBODIED
    assert amount(training.ewaste_g) == pytest.approx((8 * 3_000 + 106_000) * 100 / (4 * 8_760))
    assert "carbon of making the hardware: not known for 4 of 6 parts" in found.total.leaves_out


def test_it_says_what_a_unit_costs_and_how_that_scores(plan: Path) -> None:
    found = assess(plan)

    assert found.per_unit is not None
    assert amount(found.per_unit.it_energy_j) == pytest.approx(amount(found.total.it_energy_j) / 1e6)
    assert found.score is not None
    assert found.score.band == "poor"
    assert amount(found.sci_g_per_unit) == pytest.approx(
        (amount(found.total.location_g) + amount(found.total.embodied_g)) / 1e6
    )


def test_it_says_after_how_many_units_making_it_has_paid(plan: Path) -> None:
    found = assess(plan)

    by = {(one.name, one.criterion): one for one in found.break_evens}
    made_j = sum(kwh(found, name) for name in ("keeping", "moving", "training")) * J_PER_KWH
    assert amount(by["making it", "energy"].after_units) == pytest.approx(made_j / 1.0)
    assert amount(by["the old model", "energy"].after_units) == pytest.approx(made_j / 2.0)


def test_ranges_and_the_weakest_grade_come_through(plan: Path) -> None:
    found = assess(plan)

    serving = next(one.footprint for one in found.phases if one.name == "serving").facility_energy_j
    assert serving is not None
    assert (serving.low, serving.high) == pytest.approx((0.8e6 * 1.1, 1.5e6 * 1.3))
    assert serving.grade is Grade.MODELLED
    assert found.total.location_g is not None
    assert found.total.location_g.grade is Grade.ASSUMED


def test_a_place_that_nobody_gave_is_the_world_with_its_range(plan: Path) -> None:
    changed(plan, 'where = "DE"', "")
    changed(plan, "intensity_g_per_kwh = 400", "")

    found = assess(plan)

    assert "no place was given" in " ".join(found.warnings)
    assert found.total.location_g is not None
    assert found.total.location_g.high > 3 * found.total.location_g.low


def test_a_phase_that_the_plan_is_silent_about_is_named(plan: Path) -> None:
    changed(plan, 'phase = "retirement"', 'phase = "maintenance"')

    assert "nothing is said about retirement: it is not in the total" in assess(plan).warnings


def test_accelerators_that_wait_are_not_forgotten(plan: Path) -> None:
    changed(plan, 'name = "serving"', 'name = "serving"\naccelerator = "L4"\ncount = 2\nhours = 1000')

    assert any("while 2 × L4 wait for work" in text for text in assess(plan).warnings)


def test_a_study_is_taken_as_it_was_measured(plan: Path, study: StudyRecord) -> None:
    (plan.parent / "study.json").write_bytes(msgspec.json.encode(study))
    changed(plan, 'accelerator = "H100"\ncount = 8\nhours = 100\nload = 0.5\nrent_per_h = 3.0', 'measured = "study.json"')

    found = assess(plan)

    assert kwh(found, "training") * J_PER_KWH == pytest.approx(
        1.3 * (study.search_j.value + (study.training_j.value if study.training_j else 0))
    )


def test_a_language_model_that_nobody_measured_is_estimated_and_says_so(plan: Path) -> None:
    old = 'energy_per_unit = { value = "1 J", low = "0.8 J", high = "1.5 J", source = "study", grade = "modelled" }'
    changed(plan, old, "text = { active_parameters = 12.9, total_parameters = 46.7, tokens = 200 }")

    serving = next(one for one in assess(plan).phases if one.name == "serving")

    assert serving.footprint.it_energy_j is not None
    assert serving.footprint.it_energy_j.grade is Grade.ASSUMED
    assert amount(serving.footprint.it_energy_j) / J_PER_KWH == pytest.approx(1e6 * 3.17e-5, rel=0.01)
    assert serving.footprint.embodied_g is not None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("count = 8\nhours = 100\n", "count = 8\n", "needs hours"),
        ('energy = "2 kWh"', 'energy = "2 lots"', "an energy, such as 12.5 kWh"),
        ('energy = "2 kWh"', "", "has no energy"),
        ('energy = "2 kWh"', 'energy = "2 kWh"\nstored = "1 TB"', "the same energy twice"),
        ('boundary = "facility"', 'boundary = "planet"', "device, it or facility"),
        ('like = "training"', 'like = "traning"', "an earlier part is called"),
        ('accelerator = "H100"', 'accelerator = "Z9"', "knows no power of 'Z9'"),
        ("times = 4", "times = -4", "neither can be negative"),
        ('stored = "1 TB"', 'stored = "1 barrel"', "a size, such as 10 TB"),
        ("units = 1_000_000", "unitz = 1", "did you mean `unit"),
        ("low = 1.1", "low = 1.25", "is not between"),
        ("pue = {", "pue = 0.9 #", "at least 1"),
        ('phase = "data"\nname = "moving"', 'phase = "data"\nname = "keeping"', "called 'keeping'"),
        ("units = 1_000_000", "units = 0", "needs units|above 0"),
    ],
)
def test_a_plan_that_cannot_be_says_where_and_what_to_do(plan: Path, old: str, new: str, message: str) -> None:
    changed(plan, old, new)

    with pytest.raises(BadInputError, match=message):
        assess(plan)


@pytest.mark.parametrize(
    ("text", "message"), [("", "is empty"), ("a = ", "not TOML"), ('name = "x"\nunit = "1 a"\npart = []', r"no \[\[part\]\]")]
)
def test_a_file_that_is_no_plan_says_so(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "life.toml"
    path.write_text(text)

    with pytest.raises(BadInputError, match=message):
        assess(path)
    with pytest.raises(BadInputError, match="cannot be read"):
        assess(tmp_path / "absent.toml")
