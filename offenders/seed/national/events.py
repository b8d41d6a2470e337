"""SQL of a want's year: what was done, and every version of it as the service kept it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.wanted.service import due_expressions
from offenders.seed.national.draws import literal
from offenders.seed.reasons import RISK_RATIONALES, WARRANT_CATEGORIES
from offenders.seed.weighted import Weighted, counted

if TYPE_CHECKING:
    from offenders.seed.national.plan import Plan

MOST_ENTRIES = 9
DAYS_BETWEEN_ENTRIES = 45
ACTIVITIES = Weighted(
    counted("attempt 36, enquiry 24, review 22, validation 8, handover 6, amendment 4")
)
CIRCULATED_WITHIN_DAYS = 12
REQUESTED_SHARE = 0.3  # of circulations are requested first
CANCELLED_SHARE, CANCELLED_WITHIN_DAYS = 0.95, 3
LATE_MINUTES = 180  # at most, between what is done and its record
OUTCOME_REASONS = {
    "arrested": "Arrested at an address given by the owner.",
    "surrendered": "Came to the front desk.",
    "interviewed": "Interviewed by appointment.",
    "no_longer_wanted": "Enquiries have shown that the person is not the offender.",
    "charged_elsewhere": "Charged by another force, which deals with this matter, too.",
    "withdrawn": "Withdrawn by who issued it.",
    "deceased": "Death confirmed by the coroner's officer.",
    "entered_in_error": "Entered on the wrong record.",
}
VERSIONED = (
    "('validation', 'handover', 'amendment', 'circulation', 'circulation_cancellation', 'outcome')"
)


def stage_events(plan: Plan) -> str:
    """Make the table `made_events`: what was done about each want, in order, and its moments.

    Nothing is recorded at the very moment of anything before it: each entry of a want's log lies
    at its own microsecond. A move lies at the moment of its person's move, to the microsecond.
    """
    late = plan.draws.chance("r.key", "late")
    return f"""
        CREATE TEMPORARY TABLE made_events ON COMMIT DROP AS
        WITH lives AS MATERIALIZED ({_lives(plan)}),
        done AS ({_done(plan)}),
        ordered AS (
            SELECT d.*, row_number() OVER (PARTITION BY d.n ORDER BY d.kind <> 'entry', d.moment,
                                                                     d.kind) AS seq
            FROM (SELECT d.*, CASE WHEN d.kind IN ('entry', 'move') THEN d.at
                                   ELSE date_trunc('milliseconds', d.at) END AS moment
                  FROM done d) d),
        recorded AS (
            SELECT o.n, o.i, o.kind, o.is_request, o.seq, o.i * 64 + o.seq AS key,
                   CASE WHEN o.kind IN ('entry', 'move') THEN o.moment
                        ELSE o.moment + interval '1 microsecond' * o.seq END AS recorded_from
            FROM ordered o)
        SELECT r.*, lead(r.recorded_from) OVER w AS recorded_to,
               CASE WHEN r.kind IN ('entry', 'move') THEN r.recorded_from
                    ELSE r.recorded_from - least(interval '1 minute' * {LATE_MINUTES} * {late},
                         (r.recorded_from - lag(r.recorded_from) OVER w) * 0.5) END AS occurred_at
        FROM recorded r WINDOW w AS (PARTITION BY r.n ORDER BY r.seq)
    """


def _lives(plan: Plan) -> str:
    """Say until when each want is acted on, and when it is circulated."""
    days = f"{CIRCULATED_WITHIN_DAYS} * power({plan.draws.chance('w.i', 'soon')}, 2)"
    soon = f"least(0.8, {days} * 86400.0 / greatest(1, extract(epoch FROM w.until - w.at)))"
    return f"""
        SELECT w.n, w.i, w.at, w.ends_at, w.moved_at, w.until,
               {plan.draws.chance("w.i", "circulated")} < w.circulated_share AS is_circulated,
               w.at + (w.until - w.at) * {soon} AS circulated_at
        FROM (SELECT w.*, coalesce(w.ends_at, CAST(:now AS timestamptz) - interval '10 minutes')
                     AS until FROM made_wants w) w
    """


def _done(plan: Plan) -> str:
    """Give everything that is done about each want, with its moment."""
    draws = plan.draws
    count = f"""
        CAST(floor({draws.chance("w.i", "entries")}
            * least({MOST_ENTRIES}, 2 + extract(epoch FROM w.until - w.at) / 86400.0
                    / {DAYS_BETWEEN_ENTRIES})) AS int)
    """
    step = f"(g.number - 0.9 * {draws.chance('w.i * 16 + g.number', 'when')}) / (c.entries + 0.2)"
    kind = draws.drawn(ACTIVITIES, "w.i * 16 + g.number", "activity")
    cancelled = f"""
        w.ends_at + interval '2 minutes' + interval '1 day' * {CANCELLED_WITHIN_DAYS}
            * power({draws.chance("w.i", "cancelled when")}, 2)
    """
    return f"""
        SELECT w.n, w.i, w.at, 'entry' AS kind, false AS is_request FROM lives w
        UNION ALL
        SELECT w.n, w.i, w.at + (w.until - w.at) * ({step}), {kind}, false
        FROM lives w CROSS JOIN LATERAL (SELECT {count} AS entries) c
        CROSS JOIN LATERAL generate_series(1, c.entries) AS g (number)
        UNION ALL
        SELECT w.n, w.i, w.at + (w.circulated_at - w.at) * 0.5, 'circulation', true FROM lives w
        WHERE w.is_circulated AND {draws.chance("w.i", "requested")} < {REQUESTED_SHARE}
        UNION ALL
        SELECT w.n, w.i, w.circulated_at, 'circulation', false FROM lives w WHERE w.is_circulated
        UNION ALL
        SELECT w.n, w.i, w.ends_at, 'outcome', false FROM lives w WHERE w.ends_at IS NOT NULL
        UNION ALL
        SELECT w.n, w.i, {cancelled}, 'circulation_cancellation', false FROM lives w
        WHERE w.is_circulated AND w.ends_at IS NOT NULL
          AND {draws.chance("w.i", "cancelled")} < {CANCELLED_SHARE}
          AND {cancelled} < CAST(:now AS timestamptz) - interval '1 minute'
        UNION ALL
        SELECT w.n, w.i, w.moved_at, 'move', false FROM lives w
        WHERE w.moved_at > w.at AND w.moved_at < w.until
    """


def stage_versions(plan: Plan) -> str:
    """Make the table `made_versions`: each want as it stood after each thing done."""
    draws = plan.draws
    due = ", ".join(f"{value} AS {column}" for column, value in due_expressions().items())
    categories = " ".join(
        f"WHEN '{risk}' THEN '{category}'" for risk, category in WARRANT_CATEGORIES.items()
    )
    return f"""
        CREATE TEMPORARY TABLE made_versions ON COMMIT DROP AS
        WITH counted AS MATERIALIZED ({_COUNTED}),
        standing AS MATERIALIZED ({_standing(plan)})
        SELECT w.*, {due},
               CASE WHEN w.risk IN ('very_high', 'high') OR w.domestic_abuse OR w.priority_crime
                         OR w.basis = 'forensic' THEN 'high' ELSE 'standard' END AS priority,
               {_rationale(plan)} AS risk_rationale,
               CASE WHEN w.reason = 'court_warrant' THEN
                    CASE w.first_risk {categories} END END AS warrant_category,
               {draws.uuid(plan.force, MS, "w.key", "action")} AS action_id
        FROM standing w
    """


MS = "CAST(floor(extract(epoch FROM w.recorded_from) * 1000) AS bigint)"
_COUNTED = f"""
    SELECT e.*,
           1 + count(*) FILTER (WHERE e.kind IN {VERSIONED}) OVER w AS version,
           count(*) FILTER (WHERE e.kind = 'handover') OVER w AS handovers,
           count(*) FILTER (WHERE e.kind = 'amendment') OVER w AS amendments,
           count(*) FILTER (WHERE e.kind = 'move') OVER w AS moves,
           max(e.occurred_at) FILTER (WHERE e.kind IN ('attempt', 'enquiry')) OVER w
               AS last_activity_at,
           max(e.occurred_at) FILTER (WHERE e.kind = 'review') OVER w AS last_reviewed_at,
           max(e.occurred_at) FILTER (WHERE e.kind = 'validation') OVER w AS last_validated_at,
           max(e.occurred_at) FILTER (WHERE e.kind = 'circulation' AND NOT e.is_request) OVER w
               AS circulated_at,
           max(e.occurred_at) FILTER (WHERE e.kind = 'circulation_cancellation') OVER w
               AS circulation_cancelled_at,
           max(e.occurred_at) FILTER (WHERE e.kind = 'outcome') OVER w AS outcome_at,
           bool_or(e.is_request) OVER w AS was_requested
    FROM made_events e WINDOW w AS (PARTITION BY e.n ORDER BY e.seq)
"""


def _standing(plan: Plan) -> str:
    """Put each version's columns together; owner and risk change with every second hand-over."""
    other = """
        CASE w.risk WHEN 'very_high' THEN 'high' WHEN 'high' THEN 'very_high'
                    WHEN 'medium' THEN 'high' ELSE 'medium' END
    """
    is_officers = "(w.is_officers <> (c.handovers % 2 = 1))"
    pnc = f"'{plan.force}W' || lpad(CAST(w.n AS text), 6, '0')"
    outcomes = " ".join(
        f"WHEN '{outcome}' THEN {literal(reason)}" for outcome, reason in OUTCOME_REASONS.items()
    )
    custody = f"""
        CASE WHEN c.outcome_at IS NOT NULL AND w.outcome = 'arrested'
             THEN '{plan.force}CU/' || to_char(c.outcome_at, 'YY/')
                  || lpad(CAST(w.n AS text), 6, '0') END
    """
    return f"""
        SELECT CAST(:force AS text) AS force, w.id, w.reference, w.person_id, c.key, c.kind,
               c.seq, c.is_request, c.occurred_at, c.recorded_from, c.recorded_to,
               c.handovers, c.amendments,
               CASE WHEN c.outcome_at IS NULL THEN 'outstanding' ELSE w.outcome END AS state,
               w.reason, w.basis, w.offence_code, w.crime_reference, w.power, w.warrant_number,
               w.court, CASE WHEN c.amendments % 2 = 1 THEN {other} ELSE w.risk END AS risk,
               CASE WHEN c.amendments % 2 = 1 THEN w.risk ELSE {other} END AS other_risk,
               w.risk AS first_risk,
               w.is_domestic AS domestic_abuse, w.is_priority AS priority_crime,
               CASE WHEN {_HAS_MOVED} THEN w.new_lpa ELSE w.lpa END AS lpa,
               CASE WHEN {_HAS_MOVED} THEN w.new_neighbourhood ELSE w.neighbourhood END
                   AS neighbourhood,
               true AS follows_address,
               CASE WHEN {is_officers} THEN CASE WHEN c.handovers % 4 < 2 THEN w.officer
                                                 ELSE w.other_officer END END AS owner_officer,
               CASE WHEN NOT {is_officers} THEN w.team END AS owner_team,
               w.officer AS actor, w.team,
               CASE WHEN c.circulation_cancelled_at IS NOT NULL THEN 'cancelled'
                    WHEN c.circulated_at IS NOT NULL THEN 'circulated'
                    WHEN c.was_requested THEN 'requested' ELSE 'not_circulated' END AS circulation,
               c.circulated_at, c.circulation_cancelled_at,
               CASE WHEN c.circulated_at IS NOT NULL THEN {pnc} END AS pnc_reference,
               w.entered_at, CASE WHEN w.is_old THEN :by ELSE w.officer END AS entered_by,
               c.last_activity_at, c.last_reviewed_at, c.last_validated_at, c.outcome_at,
               CASE WHEN c.outcome_at IS NOT NULL THEN CASE w.outcome {outcomes} END END
                   AS outcome_reason,
               {custody} AS custody_number, CAST(c.version AS int) AS version,
               w.at AS recorded_at, c.recorded_from AS updated_at
        FROM counted c JOIN made_wants w ON w.n = c.n
    """


_HAS_MOVED = "(c.moves > 0 OR w.moved_at <= w.at)"


def _rationale(plan: Plan) -> str:
    parts = " ".join(
        f"WHEN '{risk}' THEN {plan.draws.one_of(texts, 'w.key - w.seq', 'rationale')}"
        for risk, texts in RISK_RATIONALES.items()
    )
    return f"CASE w.first_risk {parts} END"
