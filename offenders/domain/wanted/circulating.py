"""What is overdue about circulation on PNC, by the register alone, as sources of flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders import clock
from offenders.domain.flags.service import DueSource
from offenders.domain.reference.policies import figures_of_rules
from offenders.domain.wanted.clocks import CANCELLATION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

UNCIRCULATED: Final = "uncirculated-wants"
PNC_DIFFERENCE: Final = "pnc-difference"

_SUBJECT: Final = """
    'want' AS subject_type, w.id AS subject_id, w.reference AS subject_reference,
    w.person_id, w.lpa, w.neighbourhood, w.owner_officer, w.owner_team,
    (SELECT d.severity FROM default_figures d
     WHERE d.rule = :rule AND d.applies_to IN (w.risk, 'all')
     ORDER BY d.from_on DESC LIMIT 1) AS severity
"""
# A circulation that was cancelled while the person stayed wanted is due again from then on.
_UNCIRCULATED: Final = f"""
    SELECT {_SUBJECT},
           jsonb_build_object(
               'rule', CAST(:rule AS text),
               'what', 'The want is not circulated on PNC.',
               'circulation', w.circulation, 'counted_from', w.counted_from,
               'due_at', w.due_at, 'risk', w.risk, 'figure', w.days, 'unit', 'days',
               'source', CAST(:source AS text)) AS because,
           w.due_at
    FROM (SELECT w.*, w.counted_from + make_interval(hours => 24 * w.days) AS due_at
          FROM (SELECT w.*, CAST(CAST(:figures AS jsonb) ->> w.risk AS int) AS days,
                       CASE WHEN w.circulation = 'cancelled'
                            THEN greatest(w.entered_at, w.circulation_cancelled_at)
                            ELSE w.entered_at END AS counted_from
                FROM wants w
                WHERE w.force = :force AND w.state = 'outstanding'
                  AND w.circulation <> 'circulated') w) w
    WHERE w.due_at < :now
"""
_UNCANCELLED: Final = f"""
    SELECT {_SUBJECT},
           jsonb_build_object(
               'rule', CAST(:rule AS text),
               'what', 'The want is closed and its circulation on PNC not cancelled.',
               'closed_as', w.state, 'outcome_at', w.outcome_at,
               'pnc_reference', w.pnc_reference, 'figure', CAST(:days AS int),
               'unit', 'days', 'source', CAST(:source AS text)) AS because,
           w.outcome_at + make_interval(hours => 24 * CAST(:days AS int)) AS due_at
    FROM wants w
    WHERE w.force = :force AND w.state <> 'outstanding' AND w.circulation = 'circulated'
      AND (CAST(:want_ids AS uuid[]) IS NULL OR w.id = ANY (CAST(:want_ids AS uuid[])))
"""


def uncirculated_source(session: Session) -> DueSource:
    """Give every outstanding want past its time for circulation and not circulated."""
    figures = _figures(session, UNCIRCULATED)
    values = {"figures": orjson.dumps(figures).decode(), "now": clock.now()}
    return DueSource(_UNCIRCULATED, values | _of_rule(session, UNCIRCULATED))


def uncancelled_source(session: Session, want_ids: Sequence[UUID] | None = None) -> DueSource:
    """Give closed wants that PNC may still show, from the moment they closed; all, or these."""
    ids = None if want_ids is None else [each.hex for each in want_ids]
    values = {"days": _figures(session, CANCELLATION)["all"], "want_ids": ids}
    return DueSource(_UNCANCELLED, values | _of_rule(session, CANCELLATION))


def _figures(session: Session, rule: str) -> dict[str, int]:
    return figures_of_rules(session, session.info["force"], [rule], clock.today())[rule]


def _of_rule(session: Session, rule: str) -> dict[str, Any]:
    source = f"GET /v1/rules, {rule}"
    return {"rule": rule, "source": source, "force": session.info["force"]}
