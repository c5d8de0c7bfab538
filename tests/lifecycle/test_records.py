from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from greenwright.errors import BadInputError
from greenwright.footprint.arithmetic import exactly
from greenwright.footprint.whole import footprint
from greenwright.lifecycle.assess import assess
from greenwright.lifecycle.plan import PlacePlan
from greenwright.lifecycle.records import decode, disclosure_of
from greenwright.records.disclosure import Phase
from greenwright.records.footprint import Supply
from greenwright.records.study import StudyRecord
from greenwright.units import J_PER_KWH

PLACE = PlacePlan(where="FR", pue=1.2, intensity_g_per_kwh=50.0)


def test_a_report_is_read_back_as_it_was(plan: Path) -> None:
    disclosure = assess(plan)

    assert disclosure_of(decode(msgspec.json.encode(disclosure), "it"), PlacePlan()) == disclosure


def test_a_study_becomes_its_search_and_what_its_model_needs(study: StudyRecord) -> None:
    record = decode(msgspec.json.encode(study), "study.json")

    found = disclosure_of(record, PLACE, units=1_000)

    training, serving = found.phases
    assert (training.phase, serving.phase) == (Phase.TRAINING, Phase.DEPLOYMENT)
    spent = study.search_j.value + (study.training_j.value if study.training_j else 0)
    assert training.footprint.it_energy_j is not None
    assert training.footprint.it_energy_j.value == pytest.approx(1.3 * spent)
    assert training.footprint.location_g is not None
    assert training.footprint.location_g.value == pytest.approx(1.3 * 1.2 * spent * 50 / J_PER_KWH)
    assert found.total.functional_units == 1_000


def test_a_footprint_keeps_its_numbers_and_its_units() -> None:
    whole = footprint(exactly(J_PER_KWH), Supply(location_g_per_kwh=exactly(100.0)), unit="1 request", units=10)

    found = disclosure_of(decode(msgspec.json.encode(whole), "it"), PlacePlan(), phase=Phase.DEPLOYMENT)

    assert found.phases[0].footprint == whole
    assert found.per_unit is not None
    assert found.per_unit.location_g is not None
    assert found.per_unit.location_g.value == pytest.approx(10.0)
    assert found.sci_g_per_unit is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "none of greenwright's records"),
        ('{"a": 1}', "none of"),
        ('{"phases": 1}', "is no Disclosure"),
    ],
)
def test_what_is_no_record_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        decode(text, "it.json")


def test_a_report_of_another_schema_is_refused(plan: Path) -> None:
    text = msgspec.json.encode(assess(plan)).replace(b'"schema_version":1', b'"schema_version":9')

    with pytest.raises(BadInputError, match="of schema 9"):
        decode(text, "it.json")
