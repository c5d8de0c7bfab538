"""A real MLflow registry: what is measured becomes tags of a model version, and MLflow's own aliases are used.

MLflow's stages are deprecated since 2.9, and not used. Tags are all text; ours begin with ``greenwright.``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from greenwright.errors import BadInputError, CannotHereError
from greenwright.records.quantities import Grade, Quantity
from greenwright.records.versions import Dominance, Lifecycle, ModelVersion

PREFIX = "greenwright."
_NEEDS = "mlflow is not installed; install it with: pip install 'greenwright[mlflow]'"


class MlflowRegistry:
    """The versions in an MLflow registry.

    Args:
        uri: As MLflow reads it: ``sqlite:///mlflow.db``, ``http://host:5000``, a folder; "" for ``MLFLOW_REGISTRY_URI``.

    Raises:
        CannotHereError: mlflow is not installed, or the registry cannot be reached.
    """

    def __init__(self, uri: str = "") -> None:
        try:
            from mlflow import MlflowClient
            from mlflow.exceptions import MlflowException
        except ModuleNotFoundError as error:
            raise CannotHereError(_NEEDS) from error
        self._refused: tuple[type[Exception], ...] = (MlflowException, OSError)
        with suppress(ModuleNotFoundError):  # a registry in a database says its own errors
            from sqlalchemy.exc import SQLAlchemyError

            self._refused = (*self._refused, SQLAlchemyError)
        self._uri = uri or None
        with self._refusals():
            self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
        self._where = f"MLflow at {uri or self._client._registry_uri}"  # noqa: SLF001 - no public name for it

    @property
    def where(self) -> str:
        """For people."""
        return self._where

    def versions(self, model: str | None = None) -> list[ModelVersion]:
        """Every version with what its tags say, model by model, the newest first."""
        with self._refusals():
            found = list(_pages(lambda token: self._client.search_registered_models(page_token=token)))
        if model is not None and all(one.name != model for one in found):
            raise BadInputError(f"{self.where} has no model {model!r}; it has {', '.join(one.name for one in found) or 'none'}")
        return [version for one in found if model in {None, one.name} for version in self._versions_of(one)]

    def proofs(self) -> list[Dominance]:
        """What is written beside the better version of each pair."""
        return [
            msgspec.json.decode(text, type=Dominance)
            for version in self._raw()
            for name, text in sorted(version.tags.items())
            if name.startswith(f"{PREFIX}proof.")
        ]

    def add(self, version: ModelVersion) -> None:
        """Write what was measured to a version that MLflow has; versions themselves come from MLflow."""
        self._tag(version.model, version.version, _tags(version))

    def add_proof(self, proof: Dominance) -> None:
        """Write it beside the better version."""
        self._tag(proof.model, proof.better, {f"proof.{_key(proof.worse)}": msgspec.json.encode(proof).decode()})

    def alias(self, model: str, alias: str, version: str | None) -> None:
        """Set MLflow's own alias, or delete it."""
        with self._refusals():
            if version is None:
                self._client.delete_registered_model_alias(model, alias)
            else:
                self._known(model, version)
                self._client.set_registered_model_alias(model, alias, version)

    def release(self, model: str, version: str, note: str) -> None:
        """Say in tags that it is in use."""
        if self._state(model, version) == Lifecycle.RELEASED:
            raise BadInputError(f"{model} {version} is released already; nothing was changed")
        told = {"lifecycle": Lifecycle.RELEASED, "released_at": _now(), "note": note, "retired_at": "", "retired_because": ""}
        self._tag(model, version, told)

    def retire(
        self,
        model: str,
        version: str,
        reason: str,
        *,
        replaced_by: str | None = None,
        saving_j_per_year: Quantity | None = None,
    ) -> None:
        """Say in tags that it is out of use, and delete the aliases that name it."""
        if self._state(model, version) == Lifecycle.RETIRED:
            raise BadInputError(f"{model} {version} is retired already; nothing was changed")
        if replaced_by == version:
            raise BadInputError(f"{model} {version} cannot replace itself; name another version")
        if replaced_by is not None:
            self._known(model, replaced_by)
        told = {
            "lifecycle": Lifecycle.RETIRED,
            "retired_at": _now(),
            "retired_because": reason,
            "replaced_by": replaced_by or "",
        }
        if saving_j_per_year:
            told["saving_j_per_year"] = msgspec.json.encode(saving_j_per_year).decode()
        self._tag(model, version, told)
        with self._refusals():
            for alias, named in self._client.get_registered_model(model).aliases.items():
                if str(named) == version:
                    self._client.delete_registered_model_alias(model, alias)

    def _versions_of(self, model: Any) -> list[ModelVersion]:
        named: dict[str, list[str]] = {}
        for alias, version in sorted(model.aliases.items()):
            named.setdefault(str(version), []).append(alias)
        found = sorted(self._raw(model.name), key=lambda one: int(one.version), reverse=True)
        return [_version(one, tuple(named.get(str(one.version), ()))) for one in found]

    def _raw(self, model: str | None = None) -> Iterator[Any]:
        wanted = f"name = '{_quoted(model)}'" if model is not None else ""
        with self._refusals():
            yield from _pages(lambda token: self._client.search_model_versions(wanted, page_token=token))

    def _state(self, model: str, version: str) -> str:
        return str(self._known(model, version).tags.get(f"{PREFIX}lifecycle", Lifecycle.CANDIDATE))

    def _known(self, model: str, version: str) -> Any:
        with self._refusals():
            return self._client.get_model_version(model, version)

    def _tag(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        self._known(model, version)
        with self._refusals():
            for name, text in tags.items():
                self._client.set_model_version_tag(model, version, f"{PREFIX}{name}", text)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except self._refused as error:
            code = getattr(error, "error_code", "")
            said = str(error).partition("\n")[0]
            if code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
                raise BadInputError(
                    f"MLflow refused: {said}; `greenwright models --registry mlflow:…` lists what it has"
                ) from error
            raise CannotHereError(f"MLflow at {self._uri or 'its default'} cannot be used: {said}") from error


def _pages(search: Callable[[str | None], Any]) -> Iterator[Any]:
    token = None
    while True:
        page = search(token)
        yield from page
        token = page.token
        if not token:
            return


def _version(found: Any, aliases: tuple[str, ...]) -> ModelVersion:
    tags = {name.removeprefix(PREFIX): text for name, text in found.tags.items() if name.startswith(PREFIX)}
    quality, latency, size = tags.get("quality"), tags.get("latency_s"), tags.get("size_bytes")
    try:
        return ModelVersion(
            model=found.name,
            version=str(found.version),
            unit=tags.get("unit", ""),
            energy_j=_energy(tags),
            metric=tags.get("metric", ""),
            higher_is_better=tags.get("higher_is_better", "true") == "true",
            quality=float(quality) if quality else None,
            latency_s=float(latency) if latency else None,
            size_bytes=int(size) if size else None,
            path=tags.get("path") or found.source or "",
            sha256=tags.get("sha256", ""),
            commit=tags.get("commit", ""),
            study_id=tags.get("study_id", ""),
            created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC).isoformat(timespec="microseconds"),
            released_at=tags.get("released_at", ""),
            retired_at=tags.get("retired_at", ""),
            retired_because=tags.get("retired_because", ""),
            replaced_by=tags.get("replaced_by", ""),
            saving_j_per_year=_saving(tags),
            lifecycle=Lifecycle(tags.get("lifecycle", Lifecycle.CANDIDATE)),
            aliases=aliases,
        )
    except ValueError as error:
        raise BadInputError(f"a greenwright tag of {found.name} {found.version} in MLflow cannot be read: {error}") from error


def _tags(version: ModelVersion) -> dict[str, str]:
    told = {
        "unit": version.unit,
        "metric": version.metric,
        "higher_is_better": "true" if version.higher_is_better else "false",
        "quality": _plain(version.quality),
        "latency_s": _plain(version.latency_s),
        "size_bytes": _plain(version.size_bytes),
        "path": version.path,
        "sha256": version.sha256,
        "commit": version.commit,
        "study_id": version.study_id,
    }
    if version.energy_j:
        energy = version.energy_j
        told |= {"energy_j": repr(energy.value), "energy_low_j": repr(energy.low), "energy_high_j": repr(energy.high)}
        told |= {"energy_grade": energy.grade.value, "energy_source": energy.source}
    return {name: text for name, text in told.items() if text}


def _energy(tags: Mapping[str, str]) -> Quantity | None:
    if not tags.get("energy_j"):
        return None
    return Quantity(
        value=float(tags["energy_j"]),
        low=float(tags.get("energy_low_j", tags["energy_j"])),
        high=float(tags.get("energy_high_j", tags["energy_j"])),
        grade=Grade(tags.get("energy_grade", Grade.ASSUMED)),
        source=tags.get("energy_source", "a tag in MLflow"),
    )


def _saving(tags: Mapping[str, str]) -> Quantity | None:
    told = tags.get("saving_j_per_year")
    try:
        return msgspec.json.decode(told, type=Quantity) if told else None
    except msgspec.DecodeError as error:
        raise ValueError(f"saving_j_per_year is {told!r}") from error


def _plain(value: float | None) -> str:
    return "" if value is None else repr(value)


def _key(text: str) -> str:
    return re.sub(r"[^\w.-]", "_", text)


def _quoted(text: str | None) -> str:
    return (text or "").replace("'", "''")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
