"""Flags of custody: PNC checks not made, nationality unknown, and wanted by another force."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders import clock
from offenders.domain.flags.managed import ARRESTED
from offenders.domain.flags.service import DueSource, clear_all, move_queues, raise_due, settle
from offenders.domain.persons.managing import find_managements
from offenders.domain.reference.policies import EVERYTHING, explained_figures
from offenders.domain.wanted.service import (
    ELSEWHERE,
    WANTED_THERE,
    duty_team,
    said_of_detention,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

PNC_CHECK: Final = "missing-pnc-checks"
NATIONALITY: Final = "nationality-unknown"

_SUBJECT: Final = """
    'detention' AS subject_type, d.id AS subject_id, d.reference AS subject_reference,
    d.person_id, d.lpa, CAST(NULL AS text) AS neighbourhood, CAST(NULL AS text) AS owner_officer,
    'DUTY-' || coalesce(d.lpa, d.force) AS owner_team
"""
_UNCHECKED: Final = f"""
    SELECT {_SUBJECT}, CAST(:figure AS jsonb) ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:what AS text),
                              'counted_from', d.arrested_at, 'due_at', d.due_at)
               || (CAST(:figure AS jsonb) - 'severity') AS because,
           d.due_at
    FROM (SELECT d.*, d.arrested_at + make_interval(hours => 24 * CAST(:days AS int)) AS due_at
          FROM detentions d
          WHERE d.force = :force AND NOT d.pnc_checked
            AND d.arrested_at < CAST(:now AS timestamptz)
                                - make_interval(hours => 24 * CAST(:days AS int))) d
"""
_UNKNOWN: Final = f"""
    SELECT {_SUBJECT}, 'warning' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:what AS text)) AS because,
           CAST(NULL AS timestamptz) AS due_at
    FROM detentions d
    WHERE d.force = :force AND d.id = ANY (CAST(:ids AS uuid[])) AND d.nationality_unknown
"""
_ELSEWHERE: Final = f"""
    SELECT {_SUBJECT}, 'alert' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:what AS text),
                              'wants', e.wants) AS because,
           CAST(NULL AS timestamptz) AS due_at
    FROM detentions d
    JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS e (id uuid, wants jsonb) ON e.id = d.id
    WHERE d.force = :force AND d.id = ANY (CAST(:ids AS uuid[]))
"""
_MANAGED: Final = """
    SELECT DISTINCT ON (m.id) m.kind AS subject_type, m.id AS subject_id,
           m.reference AS subject_reference, m.person_id, m.lpa, m.neighbourhood,
           m.owner_officer, m.owner_team, CAST(:figure AS jsonb) ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:what AS text),
                              'detention', d.reference, 'custody_number', d.custody_number,
                              'arrested_at', d.arrested_at, 'station', d.station,
                              'offences', d.offences)
               || (CAST(:figure AS jsonb) - 'severity') AS because,
           CAST(NULL AS timestamptz) AS due_at
    FROM managements m
    JOIN detentions d ON d.force = m.force AND d.person_id = m.person_id
    WHERE m.force = :force AND m.id = ANY (CAST(:managements AS uuid[]))
      AND d.id = ANY (CAST(:ids AS uuid[]))
    ORDER BY m.id, d.arrested_at DESC, d.id
"""


def unchecked_source(session: Session) -> DueSource:
    """Give every detention without a PNC check past its time."""
    force = session.info["force"]
    figure = explained_figures(session, force, PNC_CHECK, clock.today())[EVERYTHING]
    values = {
        "rule": PNC_CHECK,
        "what": "The person was arrested and no PNC check is on record.",
        "figure": orjson.dumps(figure).decode(),
        "days": figure["figure"],
        "force": force,
        "now": clock.now(),
    }
    return DueSource(_UNCHECKED, values)


def flag_unknown_nationality(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Flag those of these detentions whose person's nationality nobody knows."""
    ids = [row["id"].hex for row in rows if row["nationality_unknown"]]
    if not ids:
        return
    values = {
        "rule": NATIONALITY,
        "what": "No nationality is stated, evidenced or recorded: no foreign check can be made.",
        "force": session.info["force"],
        "ids": ids,
    }
    raise_due(session, rule=NATIONALITY, source=DueSource(_UNKNOWN, values))


def flag_wanted_elsewhere(
    session: Session, wants: Mapping[UUID, Sequence[Mapping[str, str]]]
) -> None:
    """Flag new detentions with the wants of other forces: force, reference and contact alone."""
    if wants:
        raise_due(session, rule=ELSEWHERE, source=_wanted_elsewhere(session, wants))


def renew_wanted_elsewhere(
    session: Session, wants: Mapping[UUID, Sequence[Mapping[str, str]]]
) -> None:
    """Flag detentions that stand, or bring their flag to what is wanted now."""
    for detention, found in wants.items():
        source = _wanted_elsewhere(session, {detention: found})
        settle(session, rule=ELSEWHERE, source=source, subject_id=detention)


def _wanted_elsewhere(
    session: Session, wants: Mapping[UUID, Sequence[Mapping[str, str]]]
) -> DueSource:
    rows = [{"id": detention, "wants": found} for detention, found in wants.items()]
    values = {
        "rule": ELSEWHERE,
        "what": WANTED_THERE,
        "force": session.info["force"],
        "ids": [each.hex for each in wants],
        "rows": orjson.dumps(rows).decode(),
    }
    return DueSource(_ELSEWHERE, values)


def tell_managers(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Tell who answers for a managed person of a new arrest; a newer one takes an older's place.

    Reviewing, visiting or meeting about the person clears the flag (`domain/flags/managed.py`).
    """
    found = find_managements(session, [row["person_id"] for row in rows])
    if not found:
        return
    force = session.info["force"]
    figure = explained_figures(session, force, ARRESTED, clock.today())[EVERYTHING]
    since = clock.now() - timedelta(days=figure["figure"])
    recent = [row["id"].hex for row in rows if row["arrested_at"] >= since]
    if not recent:
        return
    clear_all(session, subject_ids=found, rules=[ARRESTED], because="A newer arrest is told.")
    values = {
        "rule": ARRESTED,
        "what": "The person was arrested. Review how they are managed.",
        "figure": orjson.dumps(figure).decode(),
        "force": force,
        "managements": [each.hex for each in found],
        "ids": recent,
    }
    raise_due(session, rule=ARRESTED, source=DueSource(_MANAGED, values))


def said_elsewhere(row: Mapping[str, Any]) -> dict[str, str]:
    """Give what the force that wants the person is told of the detention."""
    return said_of_detention(row["force"], row["reference"], duty_team(row["force"], row["lpa"]))


def settle_changed(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Bring the flags of changed detentions to what they now say."""
    checked = [row["id"] for row in rows if row["pnc_checked"]]
    known = [row["id"] for row in rows if not row["nationality_unknown"]]
    clear_all(
        session, subject_ids=checked, rules=[PNC_CHECK], because="The PNC check is on record."
    )
    clear_all(
        session, subject_ids=known, rules=[NATIONALITY], because="A nationality is on record."
    )
    flag_unknown_nationality(session, rows)


def follow_areas(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Move the flags of detentions whose LPA changed, with the queue that must act."""
    move_queues(
        session, [(row["id"], row["lpa"], duty_team(row["force"], row["lpa"])) for row in rows]
    )
