"""What is due of bail: its end, an answer, a decision, a review; and lapsing what is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.bail.breaches import end_with_bail
from offenders.domain.bail.clocks import review_clocks
from offenders.domain.bail.models import BailRecord
from offenders.domain.bail.records import RULE
from offenders.domain.bail.store import shown_source
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import explained_figures, figures_in_force
from offenders.ids import new_ids

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

# What is said at each stage, with the section; warnings are by the days that are left.
_STAGES: Final = {
    "first_warning": ("Bail ends soon.", "s.47ZA"),
    "second_warning": ("Bail ends soon.", "s.47ZA"),
    "third_warning": ("Bail ends soon.", "s.47ZA"),
    "last_warning": ("Bail ends: decide, or have it extended in time.", "s.47ZA"),
    "unanswered": (
        "The time to answer bail has passed. Record a surrender, a failure or an extension.",
        "s.46A(1)",
    ),
    "undecided": ("Bail is answered or over, and nothing is decided.", "s.37(7)"),
    "lapsed": (
        "The period ended with nothing recorded: the person is without bail. Review the case.",
        "s.47ZA(2)",
    ),
    "rui_review": ("The review of somebody released without bail is due.", None),
    "rui_inspector_review": ("The inspector's review is due.", None),
}
_WARNINGS = ("last_warning", "third_warning", "second_warning", "first_warning")
_LEFT = "b.ends_on - CAST(:today AS date)"
_WARNED = " ".join(f"WHEN {_LEFT} <= CAST(:{each} AS int) THEN '{each}'" for each in _WARNINGS)
_STAGE = f"""
    CASE s.state
    WHEN 'on_bail' THEN CASE
        WHEN b.return_at + make_interval(hours => 24 * CAST(:unanswered AS int)) < :now
        THEN 'unanswered' {_WARNED} END
    WHEN 'surrendered' THEN CASE WHEN b.ends_on < CAST(:today AS date) THEN 'undecided'
        {_WARNED} END
    WHEN 'no_longer_wanted' THEN 'undecided'
    WHEN 'released_without_bail' THEN CASE
        WHEN (b.has_lapsed OR b.state = 'on_bail')
             AND coalesce(b.last_reviewed_at < d.released_at, true) THEN 'lapsed'
        WHEN d.inspector_review_due_at < :now THEN 'rui_inspector_review'
        WHEN d.review_due_at < :now THEN 'rui_review' END
    END
"""
_DUE_AT = """
    CASE t.stage WHEN 'unanswered' THEN b.return_at
         WHEN 'lapsed' THEN d.released_at
         WHEN 'rui_review' THEN d.review_due_at
         WHEN 'rui_inspector_review' THEN d.inspector_review_due_at
         ELSE (b.ends_on + 1)::timestamp AT TIME ZONE 'Europe/London' END
"""
_FIGURE = "(CAST(:figures AS jsonb) -> t.stage)"
_DUE = f"""
    SELECT 'bail_record' AS subject_type, b.id AS subject_id, b.reference AS subject_reference,
           b.person_id, s.lpa, s.neighbourhood, b.owner_officer, b.owner_team,
           {_FIGURE} ->> 'severity' AS severity,
           jsonb_build_object(
               'rule', CAST(:rule AS text), 'stage', t.stage, 'due_at', {_DUE_AT},
               'ends_on', b.ends_on, 'return_at', b.return_at,
               'limit', b.because -> 'rule', 'limit_section', b.because -> 'section')
           || (CAST(:said AS jsonb) -> t.stage) || ({_FIGURE} - 'severity') AS because,
           {_DUE_AT} AS due_at
    {{source}} AND b.force = :force AND b.state <> 'closed' AND t.stage IS NOT NULL {{whose}}
"""
CLOCKS: Final = review_clocks(":days", ":months")
_LAPSE = text("""
    UPDATE bail_records
    SET state = 'released_without_bail', has_lapsed = true, version = version + 1,
        released_at = (ends_on + 1)::timestamp AT TIME ZONE 'Europe/London', updated_at = :at
    WHERE force = :force AND state = 'on_bail' AND ends_on < CAST(:today AS date)
    RETURNING id
""")
_REFRESH = text(f"""
    UPDATE bail_records
    SET {", ".join(f"{name} = {value}" for name, value in CLOCKS.items())}, updated_at = :at
    WHERE force = :force AND state = 'released_without_bail'
      AND ({" OR ".join(f"{name} IS DISTINCT FROM {value}" for name, value in CLOCKS.items())})
    RETURNING id
""")
_LOG = text("""
    INSERT INTO bail_actions (force, id, bail_id, kind, occurred_at, recorded_at, actor, details)
    SELECT b.force, n.id, b.id, 'lapse', b.released_at, :at, 'service',
           jsonb_build_object('ends_on', b.ends_on, 'because', b.because)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:records AS uuid[])) n (id, record)
    JOIN bail_records b ON b.force = :force AND b.id = n.record
""")


def lapse_what_is_over(session: Session) -> int:
    """Release without bail whose period has ended, and set the reviews by today's figures."""
    force = session.info["force"]
    figures = figures_in_force(session, force, RULE, clock.today())
    values: dict[str, Any] = {
        "force": force,
        "at": recorded_at(session),
        "today": clock.today(),
        "days": figures["rui_review"],
        "months": figures["rui_inspector_review"],
    }
    lapsed: list[UUID] = list(session.execute(_LAPSE, values).scalars())
    refreshed: list[UUID] = list(session.execute(_REFRESH, values).scalars())
    if lapsed:
        ids = new_ids(force, len(lapsed))
        session.execute(_LOG, values | {"ids": ids, "records": lapsed})
        end_with_bail(session, lapsed, clock.now())
    changed = list({*lapsed, *refreshed})
    if changed:
        keep_history(session, BailRecord.__table__, force, changed)
    return len(lapsed)


def due_source(session: Session, record_id: UUID | None = None) -> DueSource:
    """Give every record of which something is due; or this one only."""
    force = session.info["force"]
    figures = explained_figures(session, force, RULE, clock.today())
    days = {each: figures[each]["figure"] for each in (*_WARNINGS, "unanswered")}
    said = {
        stage: {"what": what} | ({"section": f"PACE 1984 {section}"} if section else {})
        for stage, (what, section) in _STAGES.items()
    }
    source = shown_source(f"CROSS JOIN LATERAL (SELECT {_STAGE} AS stage) t")
    sql = _DUE.format(source=source, whose="AND b.id = :whose" if record_id else "")
    values = {
        **days,
        "rule": RULE,
        "figures": orjson.dumps(figures).decode(),
        "said": orjson.dumps(said).decode(),
        "force": force,
        "now": clock.now(),
        "today": clock.today(),
        "whose": record_id,
    }
    return DueSource(sql, values)


def settle_flags(session: Session) -> Settled:
    """Bring the flags of the force to what is due now."""
    return settle(session, rule=RULE, source=due_source(session))


def settle_flag(session: Session, record_id: UUID) -> None:
    """Bring the flag of one record to what is due now, in the transaction that changed it."""
    session.flush()
    settle(
        session,
        rule=RULE,
        source=due_source(session, record_id),
        because="Recorded: nothing is due now.",
        subject_id=record_id,
    )
