from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from greenwright.errors import BadInputError
from greenwright.place.job_file import TABLES, checked, read
from greenwright.place.making import setting


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[when]\ndeadlin = "12h"', "[when] has no key 'deadlin' (it is \"12h\"); 'deadline' is probably meant"),
        ('deadline = "3h"', "'deadline' belongs into [when]"),
        ('[[job]]\n[job.when]\ndeadlin = "2h"', "[job 1.when] has no key 'deadlin'"),
        ("[hwo]\nx = 1", "'how' is probably meant"),
        ("[when]\nfoo = 1", "its keys are release, deadline"),
        ("[when]\ndeadline = 12", 'when.deadline is 12, and should be text in quotes, such as deadline = "24h"'),
        ('[how]\naccelerators = "H100"', 'should be a list in brackets, such as accelerators = ["H100"]'),
        ('[when]\ninterruptible = "yes"', 'when.interruptible is "yes", and should be true or false'),
        ('[[site]]\nzone = "DE"', '[site 1] has no key; write key = "my-hall"'),
        ("[work]\npeak_share = 4.0", "work.peak_share is 4.0, and should be at most 1"),
        ("[work]\nrepeat = 0", "work.repeat is 0, and should be at least 1"),
        ("[network]\ngbit_per_s = 0", "network.gbit_per_s is 0, and should be above 0"),
        ("[intensity]\nDE = -4", "should be at least 0"),
        ('[[job]]\nname = "one"\n[when]\ndeadline = "2h"', "put all of them into [[job]]"),
    ],
)
def test_what_is_wrong_is_told_with_its_value_and_what_to_write(text: str, said: str) -> None:
    with pytest.raises(BadInputError) as told:
        checked(tomllib.loads(text), "job.toml")

    assert str(told.value).startswith("job.toml")
    assert said in str(told.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[work]\nenergy = "12 parsec"\nduration = "1h"', "work.energy: '12 parsec' is not an energy"),
        ('[work]\nenergy = "12 kWh"', "say how long it runs"),
        ('[work]\nenergy = "12 kWh"\nduration = "soon"', 'write it as duration = "6h"'),
        ('[work]\nenergy = "12 kWh"\nduration = "1h"\n[when]\ndeadline = "soon"', "when.deadline: 'soon'"),
        ('[work]\nenergy = "12 kWh"\nduration = "1h"\n[when]\ndeadline = "2020-01-01"', "when.deadline 2020-01-01 has passed"),
        ('[work]\nenergy = "12 kWh"\nduration = "1h"\n[where]\nregions = ["aws/eu-wst-1"]', "(is 'aws/eu-west-1' meant?)"),
        ('[work]\nenergy = "12 kWh"\nduration = "1h"\n[where]\nresidency = ["Narnia"]', "no country is called 'Narnia'"),
        ('[work]\nenergy = "12 kWh"\nduration = "1h"\n[prefer]\nfor = "carbn"', "is 'carbn' (is 'carbon' meant?)"),
        ('[work]\nenergy = "12 kWh"\nduration = "1h"\n[how]\nprice_classes = ["spott"]', "(is 'spot' meant?)"),
        ("[work]\nflop = 1e18", "names no device to compute them on"),
        ('[work]\nflop = 1e18\n[how]\naccelerators = ["Abacus 3"]', "no device is called 'Abacus 3'"),
        ('[work]\nflop = 1e18\nenergy = "1 kWh"', "[work] gives energy and flop; give one of"),
        ('slot = "0.1s"\n[work]\nenergy = "1 kWh"\nduration = "1h"', "use a longer slot"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_key(text: str, said: str) -> None:
    with pytest.raises(BadInputError) as told:
        setting(checked(tomllib.loads(text), "job.toml"), Path())

    assert said in str(told.value)


def test_every_table_of_the_file_can_be_explained() -> None:
    assert {name for name in TABLES if name} == {
        "job", "work", "when", "where", "how", "width", "prefer", "site", "rate", "network", "service",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "there is no job file"), (b"", "is empty"), (b"[when", "is not TOML"), (b"\xff\xfe", "is not TOML")],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "job.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadInputError, match=said):
        read(path)
    with pytest.raises(BadInputError, match="is a folder"):
        read(tmp_path)


def test_two_jobs_share_one_file() -> None:
    made = checked(tomllib.loads('[[job]]\nname = "one"\n[[job]]\nname = "two"'), "job.toml")

    assert [job.name for job in made.jobs] == ["one", "two"]
