"""Wants of people whom another force holds now: flagged in both, by the narrow functions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.domain.flags.service import DueSource, settle
from offenders.domain.reference.policies import EVERYTHING, FIGURES
from offenders.domain.wanted.elsewhere import ELSEWHERE, Asker, told_by
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

LIMIT: Final = "detention-limit"
WANTED_THERE: Final = "Another force wants this person. Tell its contact before any release."
DETAINED_THERE: Final = "Another force has detained this person."

# Nobody is held longer than the law lets them be, whoever has not said when they were released.
_FIND: Final = text(f"""
    SELECT want_id, want_reference, want_contact, force, reference, contact, arrested_at
    FROM detained_elsewhere(
        :force, CAST(:wants AS uuid[]),
        CAST(:now AS timestamptz)
            - make_interval(hours => (SELECT CAST(f.figure AS int) FROM ({FIGURES}) f
                                      WHERE f.applies_to = '{EVERYTHING}')),
        :actor, :role, :request_id)
""")
# In one order of force and reference, so that two forces never wait for each other in a ring.
_RAISE: Final = text("""
    SELECT raise_on_detention_in(:force, t.in_force, t.flag_id, t.reference, t.because, :actor,
                                 :role, :request_id)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS t (in_force text, flag_id uuid, reference text, because jsonb)
    ORDER BY t.in_force, t.reference
""")
_DETAINED: Final = """
    SELECT 'want' AS subject_type, w.id AS subject_id, w.reference AS subject_reference,
           w.person_id, w.lpa, w.neighbourhood, w.owner_officer, w.owner_team,
           'alert' AS severity, CAST(:because AS jsonb) AS because,
           CAST(NULL AS timestamptz) AS due_at
    FROM wants w WHERE w.force = :force AND w.id = :want
"""


def said_of_detention(force: str, reference: str, contact: str) -> dict[str, str]:
    """Give what the force that wants a person is told of their detention."""
    return {
        "rule": ELSEWHERE,
        "what": DETAINED_THERE,
        "force": force,
        "reference": reference,
        "contact": contact,
    }


def tell_holders(session: Session, wants: Sequence[UUID], asker: Asker) -> None:
    """Flag in both forces those of these wants whose person another force holds now.

    To be called in the transaction that enters a want, or gives its person a PNC ID, once both are
    written: what a caller still holds half changed is left alone.
    """
    if not wants:
        return
    own = {"force": session.info["force"], **told_by(asker)}
    asked = {
        "wants": [each.hex for each in wants],
        "now": clock.now(),
        "rules": [LIMIT],
        "on": clock.today(),
    }
    found = list(session.execute(_FIND, own | asked))
    if found:
        _flag_here(session, found)
        session.execute(_RAISE, own | {"rows": orjson.dumps(_told(own["force"], found)).decode()})


def _flag_here(session: Session, found: Sequence[Row[Any]]) -> None:
    """Flag each want with the last detention of its person."""
    last = {row.want_id: row for row in sorted(found, key=lambda row: row.arrested_at)}
    for want, row in sorted(last.items()):
        because = said_of_detention(row.force, row.reference, row.contact)
        values = {
            "force": session.info["force"],
            "want": want,
            "because": orjson.dumps(because).decode(),
        }
        settle(session, rule=ELSEWHERE, source=DueSource(_DETAINED, values), subject_id=want)


def _told(force: str, found: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    wants: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in found:
        shown = {"force": force, "reference": row.want_reference, "contact": row.want_contact}
        wants[row.force, row.reference].append(shown)
    return [
        {
            "in_force": there,
            "flag_id": new_id(there),
            "reference": reference,
            "because": {"rule": ELSEWHERE, "what": WANTED_THERE, "wants": shown},
        }
        for (there, reference), shown in wants.items()
    ]
