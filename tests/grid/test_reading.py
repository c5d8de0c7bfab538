"""Sources are asked in turn; a failure falls back with a lower grade and is said; answers are kept while they hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from greenwright.errors import BadInputError
from greenwright.grid.contract import Ask, SourceError
from greenwright.grid.exchange import web
from greenwright.grid.reading import intensity, sources, usable
from greenwright.grid.series import parse_time_s
from greenwright.records.grid import Boundary, Intensity, Signal
from greenwright.records.quantities import Grade

NOW_S = parse_time_s("2024-01-01T12:00Z")
KEYS = {"ELECTRICITY_MAPS_TOKEN": "token", "ENTSOE_TOKEN": "other"}
ASK = Ask(zone="DE", start_s=NOW_S - 3 * 3600, end_s=NOW_S)


class Web:
    """A stand-in that counts its questions."""

    def __init__(self, status: int = 200) -> None:
        self.asked: list[str] = []
        self.status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.host)
        hours = [{"datetime": f"2024-01-01T{hour:02}:00Z", "carbonIntensity": 300 + hour} for hour in range(9, 12)]
        return httpx.Response(self.status, json={"history": hours, "forecast": hours, "data": hours})


def ask(
    answer: Web, one: Ask = ASK, *, settings: Mapping[str, str] = KEYS, cache: Path | None = None, now_s: float = NOW_S
) -> Intensity:
    return intensity(one, get=web(httpx.MockTransport(answer)), settings=settings, now_s=now_s, cache=cache)


def test_the_first_source_that_answers_is_taken() -> None:
    found = ask(Web())

    assert found.values_g_per_kwh == (309.0, 310.0, 311.0)
    assert found.grade is Grade.MODELLED
    assert found.source == "Electricity Maps API"


def test_when_nobody_answers_the_yearly_average_stands_in_with_a_lower_grade_and_every_reason() -> None:
    found = ask(Web(503))

    assert found.grade is Grade.ASSUMED
    assert set(found.values_g_per_kwh) == {342.0}
    assert found.notes[0] == "fell back after electricity-maps: api.electricitymaps.com answered 503: Service Unavailable"
    assert found.notes[1].startswith("fell back after entsoe: web-api.tp.entsoe.eu answered 503")


def test_where_the_average_stands_in_it_is_said_whom_nobody_asked_and_why() -> None:
    found = ask(Web(), settings={})

    assert "electricity-maps was not asked: ELECTRICITY_MAPS_TOKEN is not set" in found.notes
    assert "entsoe was not asked: ENTSOE_TOKEN is not set" in found.notes
    assert "the yearly average stands in for hours: graded assumed" in found.notes
    assert not any("eia" in note or "neso" in note for note in found.notes)  # they know nothing of Germany


def test_what_has_no_stand_in_says_which_keys_would_help() -> None:
    direct = Ask(zone="US-CAL-CISO", start_s=NOW_S - 3600, end_s=NOW_S, boundary=Boundary.DIRECT)

    with pytest.raises(SourceError, match=r"eia was not asked: EIA_API_KEY is not set"):
        ask(Web(), direct, settings={})


def test_without_a_key_nobody_is_asked() -> None:
    answer = Web()

    assert ask(answer, settings={}).grade is Grade.ASSUMED
    assert answer.asked == []


def test_a_marginal_intensity_is_never_replaced_by_an_average() -> None:
    with pytest.raises(SourceError, match="nobody knows the marginal, direct intensity of DE"):
        ask(Web(), Ask(zone="DE", start_s=0, end_s=3600, signal=Signal.MARGINAL, boundary=Boundary.DIRECT))


def test_only_sources_that_can_answer_are_asked() -> None:
    british = Ask(zone="GB", start_s=0, end_s=3600, boundary=Boundary.DIRECT)

    assert usable(british, {}) == ["neso"]
    assert usable(ASK, KEYS) == ["electricity-maps", "entsoe", "catalogue"]
    assert usable(Ask(zone="DE", start_s=0, end_s=1, forecast=True), KEYS) == ["electricity-maps", "catalogue"]


def test_a_source_that_does_not_exist_is_named() -> None:
    with pytest.raises(BadInputError, match="no source is called 'oracle'"):
        intensity(ASK, get=web(httpx.MockTransport(Web())), settings={}, now_s=NOW_S, names=["oracle"])


def test_the_same_question_is_asked_once_while_its_answer_holds(tmp_path: Path) -> None:
    answer = Web()

    first, again = ask(answer, cache=tmp_path), ask(answer, cache=tmp_path, now_s=NOW_S + 60)

    assert first == again
    assert len(answer.asked) == 1


def test_recent_hours_are_asked_for_again_after_half_an_hour(tmp_path: Path) -> None:
    answer = Web()
    ask(answer, cache=tmp_path)
    ask(answer, cache=tmp_path, now_s=NOW_S + 2000)

    assert len(answer.asked) == 2


def test_what_has_settled_is_never_asked_for_again(tmp_path: Path) -> None:
    answer, later_s = Web(), NOW_S + 30 * 86400
    ask(answer, cache=tmp_path, now_s=later_s)
    found = ask(answer, cache=tmp_path, now_s=later_s + 365 * 86400)

    assert len(answer.asked) == 1
    assert found.fetched_s == later_s


def test_a_torn_answer_on_disk_is_asked_for_again(tmp_path: Path) -> None:
    answer = Web()
    ask(answer, cache=tmp_path)
    kept = next(tmp_path.rglob("*.json"))
    kept.write_bytes(kept.read_bytes()[:40])

    assert ask(answer, cache=tmp_path).values_g_per_kwh == (309.0, 310.0, 311.0)
    assert len(answer.asked) == 2


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")

    assert ask(Web(), cache=tmp_path / "taken").grade is Grade.MODELLED


def test_what_looks_wrong_in_an_answer_is_said() -> None:
    start_s = NOW_S - 20 * 3600

    def flat(request: httpx.Request) -> httpx.Response:
        moments = [start_s + hour * 3600 for hour in range(20)]
        return httpx.Response(200, json={"history": [{"datetime": str(moment), "carbonIntensity": 300} for moment in moments]})

    found = intensity(
        Ask(zone="DE", start_s=start_s, end_s=NOW_S),
        get=web(httpx.MockTransport(flat)),
        settings=KEYS,
        now_s=NOW_S,
        names=["electricity-maps"],
    )

    assert any(note.startswith("flat: always 300 g/kWh") for note in found.notes)


def test_the_catalogue_is_the_last_of_all_sources() -> None:
    assert list(sources())[-1] == "catalogue"
