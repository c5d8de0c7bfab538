"""``greenwright models``: list and compare versions, release, alias and retire them; in the ledger or in an MLflow registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from greenwright.cli.groups import group
from greenwright.cli.show import console, print_json, section
from greenwright.errors import BadInputError
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.versions import DEFAULT_PROJECT, ModelVersion, RetireAdvice, Usage
from greenwright.report.versions import advice_lines, comparison_rows, saving_text, version_rows, version_title
from greenwright.settings import resolve
from greenwright.units import S_PER_DAY

if TYPE_CHECKING:
    from greenwright.versions.contract import Registry

models = group("List and compare versions of models; release, alias and retire them.")

_Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_Url = Annotated[str | None, typer.Option("--ledger", help="Use this ledger: a database URL.", metavar="URL")]
_Where = Annotated[str, typer.Option("--registry", help="ledger, mlflow, or mlflow:URI.", metavar="REGISTRY")]
_Project = Annotated[str, typer.Option("--project", help="Of the ledger.")]
_Which = Annotated[str, typer.Argument(metavar="MODEL:VERSION", help="Or MODEL@ALIAS.")]
_Usage = Annotated[
    str | None, typer.Option("--usage", help="Who calls what: a log file, or http://… of Prometheus.", metavar="SOURCE")
]
_UnusedDays = Annotated[
    float, typer.Option("--unused-days", help="A version not called for so long is unused.", min=0.01, max=3_650)
]
_CallsMetric = Annotated[str, typer.Option("--calls-metric", help="Prometheus' counter of calls.")]
_CallsLabels = Annotated[str, typer.Option("--calls-labels", help="Its labels for model and version.")]
_StandingWatts = Annotated[
    float | None, typer.Option("--standing-watts", help="Power of keeping one version served while nobody calls it.", min=0)
]
_METRIC, _LABELS = "request_success_total", "model_name,model_version"
_NONE_YET = "No models yet. Make the first with: greenwright optimize WORKLOAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command did."""

    did: str
    model: str
    version: str
    saving_j_per_year: Quantity | None = None
    """Of a retirement, where it is known."""


@models.callback()
def _list(  # noqa: PLR0913 - one parameter an option
    context: typer.Context,
    *,
    model: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """List versions of models, the newest first, with what they need and how well they answer."""
    if context.invoked_subcommand is not None:
        return
    opened = _open(registry, ledger, project, may_be_missing=True)
    found = opened.versions(model) if opened else []
    if json:
        print_json(found)
    elif not found:
        typer.echo(_NONE_YET if model is None else f"No versions of {model}.")
    else:
        page = console()
        proofs = opened.proofs() if opened else []
        for version in found:
            gone = registry == "ledger" and bool(version.sha256) and not Path(version.path).exists()
            section(page, version_title(version), version_rows(version, proofs, gone=gone))


@models.command("compare")
def _compare(  # noqa: PLR0913 - one parameter an option
    first: _Which,
    second: _Which,
    *,
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """Set two versions side by side, and say what is proven about them."""
    opened = _needed(registry, ledger, project)
    one, other = _found(opened, first), _found(opened, second)
    pair = {(one.model, one.version), (other.model, other.version)}
    proofs = [proof for proof in opened.proofs() if {(proof.model, proof.better), (proof.model, proof.worse)} == pair]
    if json:
        print_json({"first": one, "second": other, "proofs": proofs})
    else:
        section(console(), f"{one.model} {one.version} and {other.model} {other.version}", comparison_rows(one, other, proofs))


@models.command("add")
def _add(  # noqa: PLR0913 - one parameter an option
    which: Annotated[str, typer.Argument(metavar="MODEL:VERSION")],
    *,
    energy: Annotated[str | None, typer.Option(help="Per unit, such as 2mJ.", metavar="ENERGY")] = None,
    grade: Annotated[Grade, typer.Option(help="How its energy is known.")] = Grade.ASSUMED,
    unit: Annotated[str, typer.Option(help="What one answer is: '1 image'.")] = "",
    quality: Annotated[float | None, typer.Option(help="On the scale of --metric.")] = None,
    metric: Annotated[str, typer.Option(help="Such as accuracy.")] = "",
    path: Annotated[Path | None, typer.Option(help="The model's file: its size and hash are kept.")] = None,
    commit: Annotated[str, typer.Option(help="Of the source that made it.")] = "",
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """Register a version that no study made; in MLflow, tell of one that is there what was measured."""
    model, version = _split(which)
    made = ModelVersion(
        model=model,
        version=version,
        unit=unit,
        energy_j=_told_energy(energy, grade),
        metric=metric,
        quality=quality,
        size_bytes=path.stat().st_size if path and path.is_file() else None,
        path=str(path or ""),
        sha256=_sha256(path),
        commit=commit,
    )
    opened = _needed(registry, ledger, project)
    opened.add(made)
    _done(json, Done(did="added", model=model, version=version), opened)


@models.command("release")
def _release(  # noqa: PLR0913 - one parameter an option
    which: _Which,
    *,
    alias: Annotated[str | None, typer.Option(help="Let this alias name it, too, such as production.")] = None,
    note: Annotated[str, typer.Option(help="For whoever reads it later.")] = "",
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """Say that a version is in use."""
    opened = _needed(registry, ledger, project)
    found = _found(opened, which)
    opened.release(found.model, found.version, note)
    if alias:
        opened.alias(found.model, alias, found.version)
    _done(json, Done(did="released", model=found.model, version=found.version), opened)


@models.command("alias")
def _alias(  # noqa: PLR0913 - one parameter an option
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="Such as production.")],
    which: Annotated[str, typer.Argument(metavar="MODEL[:VERSION]", help="Without a version: the alias names none any more.")],
    *,
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """Let an alias name a version."""
    opened = _needed(registry, ledger, project)
    model, _, version = which.partition(":")
    opened.alias(model, alias, version or None)
    _done(json, Done(did=f"{alias} names", model=model, version=version or "none"), opened)


@models.command("retire")
def _retire(  # noqa: PLR0913 - one parameter an option
    which: _Which,
    *,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later. Default: what `advise` says.")] = "",
    replaced_by: Annotated[str | None, typer.Option(help="The version that takes its place.", metavar="VERSION")] = None,
    usage: _Usage = None,
    unused_days: _UnusedDays = 30,
    calls_metric: _CallsMetric = _METRIC,
    calls_labels: _CallsLabels = _LABELS,
    standing_watts: _StandingWatts = None,
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """Say that a version is out of use; no alias names it any more. Files are left alone."""
    opened = _needed(registry, ledger, project)
    found = _found(opened, which)
    told = _usage(usage, unused_days, calls_metric, calls_labels)
    advice = _advised(opened, told, unused_days, standing_watts)
    mine = next((one for one in advice if (one.model, one.version) == (found.model, found.version) and one.proven), None)
    if not reason and mine is None:
        raise BadInputError(f"nothing is proven against {found.model} {found.version}; say why it goes, with --reason")
    by = replaced_by or (mine.replaced_by if mine and not reason else None)
    saving = mine.saving_j_per_year if mine else None
    opened.retire(found.model, found.version, reason or (mine.reason if mine else ""), replaced_by=by, saving_j_per_year=saving)
    _done(json, Done(did="retired", model=found.model, version=found.version, saving_j_per_year=saving), opened)


@models.command("advise")
def _advise(  # noqa: PLR0913 - one parameter an option
    *,
    usage: _Usage = None,
    unused_days: _UnusedDays = 30,
    calls_metric: _CallsMetric = _METRIC,
    calls_labels: _CallsLabels = _LABELS,
    standing_watts: _StandingWatts = None,
    json: _Json = False,
    ledger: _Url = None,
    registry: _Where = "ledger",
    project: _Project = DEFAULT_PROJECT,
) -> None:
    """Say which versions could go, why, and what that saves a year."""
    told = _usage(usage, unused_days, calls_metric, calls_labels)
    advice = _advised(_needed(registry, ledger, project), told, unused_days, standing_watts)
    if json:
        print_json(advice)
        return
    _print_advice(advice, looked=told is not None)


def _advised(
    opened: Registry, usage: list[Usage] | None, unused_days: float, standing_watts: float | None
) -> list[RetireAdvice]:
    from greenwright.versions.advice import Known, advise

    versions = opened.versions()
    known = Known(
        proofs=opened.proofs(),
        usage=usage,
        unused_s=unused_days * S_PER_DAY,
        standing_w=_standing(opened, versions, standing_watts),
    )
    return advise(versions, known)


def _print_advice(advice: list[RetireAdvice], *, looked: bool) -> None:
    if not advice:
        typer.echo("Nothing speaks for retiring any version.")
    for one in advice:
        typer.echo("\n".join(advice_lines(one)))
    if not looked:
        typer.echo("Whether versions are called at all was not looked at; give a log or Prometheus with --usage.")


def _usage(source: str | None, unused_days: float, metric: str, labels: str) -> list[Usage] | None:
    if source is None:
        return None
    if "://" in source:
        from greenwright.versions.usage_prometheus import Calls, read_prometheus

        model_label, comma, version_label = labels.partition(",")
        if not comma:
            raise BadInputError(f"--calls-labels is {labels!r}; give two, such as model_name,model_version")
        calls = Calls(metric=metric, model_label=model_label.strip(), version_label=version_label.strip())
        return read_prometheus(source, calls, unused_days * S_PER_DAY)
    from greenwright.versions.usage_logs import read_log

    log = read_log(Path(source))
    if log.skipped_count:
        typer.echo(
            f"{source}: {log.read_count:,} calls; {log.skipped_count:,} lines told of none, such as: {log.first_skipped}",
            err=True,
        )
    return list(log.usage)


def _standing(opened: Registry, versions: list[ModelVersion], told_w: float | None) -> dict[tuple[str, str], Quantity]:
    from greenwright.versions.in_ledger import LedgerRegistry
    from greenwright.versions.standing import standing_w

    known: dict[tuple[str, str], Quantity] = {}
    if told_w is not None:
        power = Quantity(value=told_w, low=told_w, high=told_w, grade=Grade.ASSUMED, source="told by --standing-watts")
        known = {(one.model, one.version): power for one in versions}
    measured = standing_w(opened.ledger, opened.project) if isinstance(opened, LedgerRegistry) else {}
    return known | measured


def _open(registry: str, ledger: str | None, project: str, *, may_be_missing: bool = False) -> Registry | None:
    from greenwright.versions.opening import open_registry

    url = resolve({"ledger_url": ledger}).ledger_url
    if registry == "ledger" and may_be_missing:
        from greenwright.ledger.opening import has_ledger

        if not has_ledger(url):
            return None
    return open_registry(registry, url, project)


def _needed(registry: str, ledger: str | None, project: str) -> Registry:
    opened = _open(registry, ledger, project)
    assert opened is not None
    return opened


def _split(which: str) -> tuple[str, str]:
    model, colon, version = which.rpartition(":")
    if not (colon and model and version):
        raise BadInputError(f"{which!r} names no version; write MODEL:VERSION, such as digits:3, or MODEL@ALIAS")
    return model, version


def _found(opened: Registry, which: str) -> ModelVersion:
    model, at, alias = which.rpartition("@")
    wanted: Callable[[ModelVersion], bool]
    if at:
        wanted = partial(_has_alias, alias=alias)
    else:
        model, name = _split(which)
        wanted = partial(_is_called, name=name)
    versions = opened.versions(model)
    found = next((one for one in versions if wanted(one)), None)
    if found is None:
        names = ", ".join(one.version for one in versions) or "none"
        raise BadInputError(f"{opened.where} has no {which}; versions of {model}: {names}")
    return found


def _has_alias(version: ModelVersion, alias: str) -> bool:
    return alias in version.aliases


def _is_called(version: ModelVersion, name: str) -> bool:
    return version.version == name


def _told_energy(energy: str | None, grade: Grade) -> Quantity | None:
    if energy is None:
        return None
    from greenwright.units import parse_energy_j

    value = parse_energy_j(energy)
    return Quantity(value=value, low=value, high=value, grade=grade, source="told by hand")


def _sha256(path: Path | None) -> str:
    import hashlib

    if path is None:
        return ""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from error


def _done(json: bool, done: Done, opened: Registry) -> None:  # noqa: FBT001 - the option's own value
    if json:
        print_json(done)
    else:
        saving = f"; saves {saving_text(done.saving_j_per_year)}" if done.saving_j_per_year else ""
        typer.echo(f"{done.did} {done.model} {done.version} in {opened.where}{saving}")
