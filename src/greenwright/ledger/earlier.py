"""Studies that ended before, for new ones to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from greenwright.errors import BadInputError
from greenwright.ledger.rows import decoded
from greenwright.ledger.tables import studies

if TYPE_CHECKING:
    from greenwright.ledger.store import Ledger
    from greenwright.records.study import StudyRecord

MOST = 200
"""Of the newest: what is older was measured with other versions of everything."""


def finished_studies(ledger: Ledger, most: int = MOST) -> list[StudyRecord]:
    """The newest studies, the newest first; those that this greenwright cannot read any more are left out."""
    query = select(studies.c.id, studies.c.record).order_by(studies.c.finished_at.desc(), studies.c.id).limit(most)
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    found = []
    for study_id, record in rows:
        try:
            found.append(decoded(record, study_id))
        except BadInputError:
            continue
    return found
