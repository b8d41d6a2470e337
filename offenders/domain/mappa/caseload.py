"""How many people each offender manager answers for, in the community and in custody.

A person under MAPPA and registered is one person. Who is in custody counts apart: what an
officer can bear is measured by those in the community.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.reference.policies import explained_figures

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

RULE: Final = "caseload"
_ONE_EACH: Final = "Working hours are not recorded: each manager counts as one."
_HELD: Final = """
    SELECT m.owner_officer, m.owner_team, m.person_id, m.kind, m.risk,
           bool_or(coalesce(c.state = 'custody', false)) OVER (PARTITION BY m.person_id)
               AS in_custody
    FROM managements m
    LEFT JOIN mappa_cases c ON c.force = m.force AND c.id = m.id
    WHERE m.force = :force AND m.kind IN ('mappa_case', 'registration')
"""
_COUNTED: Final = """
    SELECT h.owner_officer, h.owner_team,
           count(DISTINCT h.person_id) FILTER (WHERE NOT h.in_custody) AS community,
           count(DISTINCT h.person_id) FILTER (WHERE h.in_custody) AS custody,
           count(DISTINCT h.person_id) FILTER (WHERE h.risk = 'very_high') AS very_high,
           count(DISTINCT h.person_id) FILTER (WHERE h.risk = 'high') AS high,
           count(*) FILTER (WHERE h.kind = 'mappa_case') AS cases,
           count(*) FILTER (WHERE h.kind = 'registration') AS registrations
    FROM ({held}) h GROUP BY h.owner_officer, h.owner_team
"""
# An officer has no id of their own: it is made of force and collar number, always the same.
_DUE: Final = f"""
    SELECT 'officer' AS subject_type,
           CAST(md5('officer ' || CAST(:force AS text) || ' ' || w.owner_officer) AS uuid)
               AS subject_id,
           w.owner_officer AS subject_reference, CAST(NULL AS uuid) AS person_id,
           CAST(NULL AS text) AS lpa, CAST(NULL AS text) AS neighbourhood,
           CAST(NULL AS text) AS owner_officer,
           coalesce(o.team, 'DUTY-' || CAST(:force AS text)) AS owner_team,
           CAST(:figure AS jsonb) ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:what AS text),
                              'officer', w.owner_officer, 'community', w.community,
                              'limit', CAST(:limit AS int))
               || (CAST(:figure AS jsonb) - 'severity') AS because,
           CAST(NULL AS timestamptz) AS due_at
    FROM ({_COUNTED.format(held=_HELD)}) w
    LEFT JOIN officers o ON o.force = :force AND o.code = w.owner_officer
    WHERE w.owner_officer IS NOT NULL AND w.community > CAST(:limit AS int)
"""


def show_caseload(session: Session, scope: Scope, manager: str | None = None) -> dict[str, Any]:
    """Give what each manager answers for, the heaviest first, and the average.

    Teams that own people without a manager stand apart with `manager` null.
    """
    held = f"{_HELD} AND {scope.condition('m')}"
    sql = f"""
        SELECT * FROM ({_COUNTED.format(held=held)}) w
        WHERE CAST(:manager AS text) IS NULL OR w.owner_officer = :manager
        ORDER BY w.community DESC, w.custody DESC, w.owner_officer, w.owner_team
    """
    values = scope.values | {"manager": manager}
    limit = _figure(session)["figure"]
    items = [_item(row, limit) for row in session.execute(text(sql), values)]
    own = [each for each in items if each["manager"] is not None]
    average = round(sum(each["community"] for each in own) / len(own), 1) if own else None
    return {
        "limit": limit,
        "managers": len(own),
        "average_community": average,
        "average_counts": _ONE_EACH,
        "items": items,
    }


def _item(row: Any, limit: int) -> dict[str, Any]:
    asked = {"manager": row.owner_officer} if row.owner_officer else {"team": row.owner_team}
    return {
        "manager": row.owner_officer,
        "team": row.owner_team,
        "community": row.community,
        "custody": row.custody,
        "limit": limit,
        "is_over_limit": row.owner_officer is not None and row.community > limit,
        "by_risk": {"very_high": row.very_high, "high": row.high},
        "cases": {"count": row.cases, "href": f"/v1/mappa/cases?{urlencode(asked)}"},
        "registrations": row.registrations,
    }


def _figure(session: Session) -> dict[str, Any]:
    figures = explained_figures(session, session.info["force"], RULE, clock.today())
    return figures["community"]


def caseload_source(session: Session) -> DueSource:
    """Give every manager who answers for more people in the community than the figure."""
    figure = _figure(session)
    values = {
        "force": session.info["force"],
        "rule": RULE,
        "what": "An offender manager answers for more people in the community than the limit.",
        "figure": orjson.dumps(figure).decode(),
        "limit": figure["figure"],
    }
    return DueSource(_DUE, values)


def settle_caseload(session: Session) -> Settled:
    """Flag every manager who answers for more people in the community than the figure."""
    because = "The manager answers for no more than the limit."
    return settle(session, rule=RULE, source=caseload_source(session), because=because)
