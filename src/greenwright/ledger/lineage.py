"""Versions of models and what happened to them: registered, named by an alias, released, retired, proven better than another.

Every act is an entry of its own. Where a version stands is read from its entries: the last one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, insert, select

from greenwright.errors import BadInputError
from greenwright.ledger.clock import now
from greenwright.ledger.corrections import right_ids, standing
from greenwright.ledger.inserts import model_id
from greenwright.ledger.store import Ledger
from greenwright.ledger.tables import aliases, models, projects, proofs, releases, retirements, versions
from greenwright.ledger.version_rows import proof_row, proven, saving_cells, stored_saving, stored_version, version_row
from greenwright.records.quantities import Quantity
from greenwright.records.versions import DEFAULT_PROJECT, Dominance, Lifecycle, ModelVersion


def add_version(ledger: Ledger, version: ModelVersion) -> str:
    """Register a version and return its id.

    Raises:
        BadInputError: the model has a version of that name already.
    """
    with ledger.writing() as connection:
        owner = model_id(connection, version.project, version.model)
        known = select(versions.c.id).where(versions.c.model_id == owner, versions.c.name == version.version)
        if connection.scalar(known) is not None:
            raise BadInputError(
                f"{version.model} has a version {version.version} already, and entries are never changed; "
                "choose another name, or correct it with: greenwright ledger correct"
            )
        row = version_row(version, owner)
        connection.execute(insert(versions), row)
    return str(row["id"])


def all_versions(ledger: Ledger, model: str | None = None, project: str | None = None) -> list[ModelVersion]:
    """Every version with where it stands, model by model, the newest first."""
    with ledger.reading() as connection:
        found = _Known.read(connection)
    kept = [
        found.version(row) for row in found.rows.values() if model in {None, row["model"]} and project in {None, row["project"]}
    ]
    kept.sort(key=lambda one: (one.created_at, one.version), reverse=True)
    return sorted(kept, key=lambda one: (one.project, one.model))


def set_alias(ledger: Ledger, model: str, alias: str, version: str | None, project: str = DEFAULT_PROJECT) -> None:
    """Let an alias name a version from now on; None: it names none.

    Raises:
        BadInputError: no such model or version.
    """
    if not alias or "@" in alias or "/" in alias:
        raise BadInputError(f"{alias!r} is no alias; use letters, digits and dashes, such as production")
    with ledger.writing() as connection:
        known = _Known.read(connection)
        owner = known.owner(project, model, ledger)
        named = known.id_of(project, model, version, ledger) if version is not None else None
        connection.execute(
            insert(aliases), {"id": str(uuid4()), "model_id": owner, "alias": alias, "version_id": named, "created_at": now()}
        )


def release(ledger: Ledger, model: str, version: str, note: str = "", project: str = DEFAULT_PROJECT) -> None:
    """Say that a version is in use from now on.

    Raises:
        BadInputError: no such model or version, or it is released already.
    """

    def row(known: _Known, version_id: str) -> dict[str, Any]:
        if known.state(version_id)[0] is Lifecycle.RELEASED:
            raise BadInputError(f"{model} {version} is released already; nothing was added")
        return {"version_id": version_id, "note": note}

    _act(ledger, releases, (project, model, version), row)


def retire(  # noqa: PLR0913 - what a retirement says, all by keyword
    ledger: Ledger,
    model: str,
    version: str,
    reason: str,
    *,
    replaced_by: str | None = None,
    saving_j_per_year: Quantity | None = None,
    project: str = DEFAULT_PROJECT,
) -> None:
    """Say that a version is out of use from now on, and why. Aliases that named it name nothing any more.

    Raises:
        BadInputError: no such model or version, or it is retired already, or it would replace itself.
    """
    if not reason.strip():
        raise BadInputError("a retirement needs its reason, for whoever asks later; give one with --reason")
    if replaced_by == version:
        raise BadInputError(f"{model} {version} cannot replace itself; name another version")

    def row(known: _Known, version_id: str) -> dict[str, Any]:
        if known.state(version_id)[0] is Lifecycle.RETIRED:
            raise BadInputError(f"{model} {version} is retired already; nothing was added")
        return {
            "version_id": version_id,
            "replaced_by": known.id_of(project, model, replaced_by, ledger) if replaced_by else None,
            "reason": reason,
            **saving_cells(saving_j_per_year),
        }

    _act(ledger, retirements, (project, model, version), row)


def add_proof(ledger: Ledger, proof: Dominance, project: str = DEFAULT_PROJECT) -> None:
    """Keep that one version was proven better than another.

    Raises:
        BadInputError: no such model or versions.
    """
    with ledger.writing() as connection:
        known = _Known.read(connection)
        better, worse = (known.id_of(project, proof.model, name, ledger) for name in (proof.better, proof.worse))
        connection.execute(insert(proofs), proof_row(proof, better, worse))


def all_proofs(ledger: Ledger) -> list[Dominance]:
    """Every proof whose versions still stand, the oldest first."""
    with ledger.reading() as connection:
        known = _Known.read(connection)
        rows = connection.execute(select(proofs).where(standing(proofs)).order_by(proofs.c.created_at)).mappings().all()
    return [
        proven(row, known.rows[better], known.rows[worse])
        for row in rows
        if (better := known.now_is(row["better_id"])) in known.rows and (worse := known.now_is(row["worse_id"])) in known.rows
    ]


def _act(ledger: Ledger, table: Table, what: tuple[str, str, str], row: Callable[[_Known, str], dict[str, Any]]) -> None:
    """One look and one entry in one transaction, so that two who release at once do not both."""
    with ledger.writing() as connection:
        known = _Known.read(connection)
        version_id = known.id_of(*what, ledger)
        connection.execute(insert(table), {"id": str(uuid4()), **row(known, version_id), "created_at": now()})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """All versions of a ledger with their entries, in one look; there are few of them."""

    rows: dict[str, Any]
    """Versions that stand, by id, with the names of their model and project."""
    right: dict[str, str]
    """Where an id was corrected: the id that stands for it now."""
    models: dict[tuple[str, str], str]
    events: dict[str, list[tuple[str, Lifecycle, str]]]
    """When, what and why, by version, in order."""
    named: dict[str, list[str]]
    """Aliases, by version."""
    gone: dict[str, Any]
    """The last retirement of a version that has one."""

    @classmethod
    def read(cls, connection: Connection) -> _Known:
        right = right_ids(connection, "versions")
        query = (
            select(versions, models.c.name.label("model"), projects.c.name.label("project"))
            .join(models, models.c.id == versions.c.model_id)
            .join(projects, projects.c.id == models.c.project_id)
            .where(standing(versions))
        )
        rows = {row["id"]: row for row in connection.execute(query).mappings()}
        owners = select(projects.c.name, models.c.name, models.c.id).join(models, models.c.project_id == projects.c.id)
        known = cls(
            rows=rows,
            right=right,
            models={(project, model): owner for project, model, owner in connection.execute(owners)},
            events={},
            named={},
            gone={},
        )
        known._read_events(connection)
        known._read_aliases(connection)
        known._read_retirements(connection)
        return known

    def _read_events(self, connection: Connection) -> None:
        for table, state, why in (
            (releases, Lifecycle.RELEASED, releases.c.note),
            (retirements, Lifecycle.RETIRED, retirements.c.reason),
        ):
            query = select(table.c.version_id, table.c.created_at, why).where(standing(table))
            for version_id, at, reason in connection.execute(query):
                self.events.setdefault(self.now_is(version_id), []).append((at, state, reason))
        for events in self.events.values():
            events.sort()

    def _read_retirements(self, connection: Connection) -> None:
        query = select(retirements).where(standing(retirements)).order_by(retirements.c.created_at, retirements.c.id)
        for row in connection.execute(query).mappings():
            self.gone[self.now_is(row["version_id"])] = row

    def _read_aliases(self, connection: Connection) -> None:
        query = select(aliases).where(standing(aliases)).order_by(aliases.c.created_at, aliases.c.id)
        last = {(row["model_id"], row["alias"]): row for row in connection.execute(query).mappings()}
        for (_, alias), row in sorted(last.items()):
            version_id = self.now_is(row["version_id"] or "")
            if version_id and not self._retired_since(version_id, row["created_at"]):
                self.named.setdefault(version_id, []).append(alias)

    def _retired_since(self, version_id: str, at: str) -> bool:
        return any(state is Lifecycle.RETIRED and when >= at for when, state, _ in self.events.get(version_id, ()))

    def now_is(self, version_id: str) -> str:
        """The id that stands for this one, through any number of corrections; "" where it was withdrawn."""
        while version_id in self.right:
            version_id = self.right[version_id]
        return version_id

    def state(self, version_id: str) -> tuple[Lifecycle, str, str]:
        """Where it stands, since when, and why."""
        events = self.events.get(version_id, [])
        if not events:
            return Lifecycle.CANDIDATE, "", ""
        at, state, why = events[-1]
        return state, at, why

    def version(self, row: Any) -> ModelVersion:
        state, _, _ = self.state(row["id"])
        found = stored_version(
            row, state=state, events=self.events.get(row["id"], []), aliases=tuple(self.named.get(row["id"], ()))
        )
        gone = self.gone.get(row["id"])
        if state is not Lifecycle.RETIRED or gone is None:
            return found
        heir = self.rows.get(self.now_is(gone["replaced_by"] or ""))
        return replace(found, replaced_by=heir["name"] if heir else "", saving_j_per_year=stored_saving(gone))

    def owner(self, project: str, model: str, ledger: Ledger) -> str:
        if (project, model) not in self.models:
            raise BadInputError(f"the ledger at {ledger.where} has no model {model!r}{_near(project, self.models)}")
        return self.models[project, model]

    def id_of(self, project: str, model: str, version: str, ledger: Ledger) -> str:
        owner = self.owner(project, model, ledger)
        own = {row["name"]: row["id"] for row in self.rows.values() if row["model_id"] == owner}
        if version not in own:
            raise BadInputError(f"{model} has no version {version!r}; it has {', '.join(sorted(own)) or 'none'}")
        return str(own[version])


def _near(project: str, known: Mapping[tuple[str, str], str]) -> str:
    names = sorted(model for owner, model in known if owner == project)
    return f"; it has {', '.join(names)}" if names else f" in project {project}; `greenwright models` lists what it has"
