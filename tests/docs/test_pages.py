"""What the documents say is there is there, and what is there is in the documents."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

import greenwright
from greenwright import registry, settings
from greenwright.cli.exit_codes import MEANINGS
from greenwright.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "greenwright"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMAND_LINE = re.compile(r"`greenwright ([a-z]+)\b[^`\n]*`")
PROGRAM = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """The page without its programs."""
    return PROGRAM.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What a link to a heading of the page may say after its #."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def constants() -> dict[str, set[object]]:
    """The values of every constant in the source that is a plain number, by name."""
    found: dict[str, set[object]] = defaultdict(set)
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign):
                for name, value in _pairs(node.targets[0], node.value):
                    found[name].add(value)
    return dict(found)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[str, object]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [pair for one, other in zip(target.elts, value.elts, strict=True) for pair in _pairs(one, other)]
    return [(target.id, value.value)] if isinstance(target, ast.Name) and isinstance(value, ast.Constant) else []


def test_the_readme_mentions_every_command() -> None:
    assert [] == [name for name in COMMANDS if f"greenwright {name}" not in text_of("README.md")]


def test_the_readme_names_every_exit_code() -> None:
    readme = " ".join(text_of("README.md").split())

    assert [] == [meaning for code, meaning in MEANINGS.items() if f"{int(code)} {meaning}" not in readme]


@every_page
def test_a_command_that_a_page_shows_exists(page: Path) -> None:
    assert set(COMMAND_LINE.findall(prose(page))) <= set(COMMANDS)


def test_no_command_is_there_and_planned_at_once() -> None:
    planned = text_of("ARCHITECTURE.md").partition("## Not done yet")[2]

    assert [] == [name for name in COMMANDS if f"`{name}`" in planned]


def test_a_make_target_that_a_page_shows_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    shown = {target for page in PAGES for target in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.MULTILINE)}

    assert {"demo", "test"} <= shown
    assert shown <= targets


@pytest.mark.parametrize("family", list(registry.FAMILIES))
def test_the_reference_has_a_row_for_every_member(family: str) -> None:
    reference = text_of("docs/reference.md")

    assert [] == [member for member in registry.members(family) if f"\n| `{member}` |" not in reference]


def test_the_reference_has_a_row_for_every_exit_code_and_setting() -> None:
    reference = text_of("docs/reference.md")
    rows = [f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items()]
    rows += [f"| `{key}` | `GREENWRIGHT_{key.upper()}` |" for key in settings.KEYS]

    assert [] == [row for row in rows if row not in reference]


def test_every_public_name_is_told() -> None:
    page = text_of("docs/python.md")

    assert [] == [name for name in greenwright.__all__ if f"`{name}`" not in page]


def test_every_part_of_a_workload_is_told() -> None:
    from dataclasses import fields

    from greenwright import Workload

    first_cells = " ".join(re.findall(r"^\| (`.*?) \|", text_of("docs/python.md"), re.MULTILINE))

    assert {field.name for field in fields(Workload)} == set(re.findall(r"`(\w+)`", first_cells))


def test_a_constant_that_the_methods_name_has_that_value() -> None:
    named = re.findall(r"`(_?[A-Z][A-Z_]+) = ([\d._]+)`", text_of("docs/methods.md"))

    assert len(named) > 15
    assert [] == [f"{name} = {value}" for name, value in named if ast.literal_eval(value) not in constants().get(name, ())]


def test_every_paper_that_a_strategy_cites_is_in_the_methods() -> None:
    cited = {
        number for path in (SOURCE / "strategies").rglob("*.py") for number in re.findall(r"arXiv:(\d+\.\d+)", path.read_text())
    }

    assert cited
    assert [] == [number for number in sorted(cited) if number not in text_of("docs/methods.md")]


def test_a_name_that_the_glossary_gives_is_in_the_code() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    cells = re.findall(r"^\| [^|]+ \| ([^|]*`[^|]*) \|", text_of("docs/glossary.md"), re.MULTILINE)
    names = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}

    assert len(names) > 40
    assert [] == [name for name in sorted(names) if name not in code]


@every_page
def test_a_relative_link_leads_somewhere(page: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if "://" not in link]
    broken = []
    for link in links:
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


@every_page
def test_a_file_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:[\w-]+/)+[\w.-]+\.(?:py|toml|md))`", prose(page))

    assert [] == [name for name in named if not any((root / name).exists() for root in (ROOT, SOURCE))]


@every_page
def test_no_page_names_a_place_on_somebody_s_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.~:/])/(?:home|work|root|Users|tmp|mnt|opt|srv)/\S*|\b[A-Z]:\\\S+", page.read_text()) == []


@every_page
def test_every_part_that_is_filled_has_an_end(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert len(re.findall(r"^<!-- from: \S+ -->$", text, re.MULTILINE)) == len(
        re.findall(r"^<!-- end -->$", text, re.MULTILINE)
    )


@every_page
def test_a_page_starts_with_its_title_and_its_lines_fit(page: Path) -> None:
    lines = prose(page).splitlines()

    assert lines[0].startswith("# ")
    assert [] == [line for line in lines if len(line) > 140 and not line.startswith(("|", "!["))]
