"""SQL of the checks abroad that a year's arrests required: asked, answered and assessed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.acro.clocks import due_for_reply, figures
from offenders.domain.acro.rules import EU, Channel
from offenders.domain.working_days import start_of_london_day
from offenders.seed.national.draws import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from offenders.seed.national.plan import Plan

DAYS: Final = 366  # of requests
MISSING_SHARE, LATE_SHARE, TRACE_SHARE = 0.06, 0.08, 0.12
EU_DAYS, OTHER_DAYS = 6, 66  # mean days to a reply, as ACRO's chief told in 2019
_MS: Final = "CAST(floor(extract(epoch FROM k.recorded_at) * 1000) AS bigint)"


def check_values(session: Session, plan: Plan) -> dict[str, Any]:
    """Give what the clocks of checks count by: when a request of each channel and day is due."""
    explained = figures(session)
    asked = [
        (str(channel), plan.today - timedelta(days=day))
        for channel in Channel
        for day in range(DAYS + 1)
    ]
    return {
        "request_days": explained["request"]["figure"],
        "reply_channels": [channel for channel, _ in asked],
        "reply_days": [day for _, day in asked],
        "reply_dues": [
            due_for_reply(explained, channel, start_of_london_day(day)) for channel, day in asked
        ],
    }


def check_statements(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give the statements that write the checks of `made_detentions`, each with its table."""
    yield "made_checks", _stage_checks(plan)
    yield "acro_checks", _CHECKS
    yield "acro_checks_history", _CHECKS_HISTORY


def _stage_checks(plan: Plan) -> str:
    draws = plan.draws
    channel = f"CASE WHEN c.country = ANY ({texts(sorted(EU))}) THEN 'eu' ELSE 'non_eu' END"
    mean = f"CASE k.channel WHEN 'eu' THEN {EU_DAYS} ELSE {OTHER_DAYS} END"
    late = f"-ln(1 - {draws.chance('k.key', 'reply')}) * {mean}"
    is_asked = f"""{draws.chance("k.key", "asked")} >= {MISSING_SHARE}
        AND k.detained_at < CAST(:now AS timestamptz) - interval '1 day'"""
    trace = f"{draws.chance('k.key', 'trace')} < {TRACE_SHARE}"
    return f"""
        CREATE TEMPORARY TABLE made_checks ON COMMIT DROP AS
        WITH keyed AS (
            SELECT d.force, d.id AS detention_id, d.person_id, d.lpa, c.country,
                   {channel} AS channel, d.arrested_at AS detained_at, d.recorded_at,
                   hashtextextended(d.reference || c.country, 0) AS key,
                   row_number() OVER (ORDER BY d.reference, c.country) AS n
            FROM made_detentions d CROSS JOIN LATERAL unnest(d.countries) c (country)),
        asked AS (
            SELECT k.*, CASE WHEN {is_asked} THEN k.recorded_at + interval '1 minute'
                             + interval '20 hours' * {draws.chance("k.key", "asked at")}
                        END AS requested_at
            FROM keyed k),
        answered AS (
            SELECT k.*, CASE WHEN {draws.chance("k.key", "never")} >= {LATE_SHARE}
                             THEN k.requested_at + interval '1 day' * (0.1 + {late}) END AS reply_at
            FROM asked k),
        done AS (
            SELECT k.*, CASE WHEN k.reply_at < CAST(:now AS timestamptz) - interval '1 minute'
                             THEN k.reply_at END AS responded_at, {trace} AS is_trace
            FROM answered k),
        ended AS (
            SELECT k.*, CASE WHEN k.is_trace
                              AND k.responded_at < CAST(:now AS timestamptz) - interval '2 days'
                             THEN k.responded_at + interval '20 hours' END AS assessed_at
            FROM done k)
        SELECT k.*, {draws.uuid(plan.force, _MS, "k.key", "check")} AS id,
               {draws.reference("A", plan.force, "k.n")} AS reference,
               k.detained_at + make_interval(hours => 24 * :request_days) AS request_due_at,
               r.due_at AS reply_due_at
        FROM ended k
        LEFT JOIN unnest(CAST(:reply_channels AS text[]), CAST(:reply_days AS date[]),
                         CAST(:reply_dues AS timestamptz[])) r (channel, asked_on, due_at)
          ON r.channel = k.channel
         AND r.asked_on = CAST(k.requested_at AT TIME ZONE 'Europe/London' AS date)
    """


_NAMES: Final = """
    force, id, reference, detention_id, person_id, lpa, country, channel, state, detained_at,
    request_due_at, requested_at, requested_by, reply_due_at, response, responded_at,
    assessed_at, assessed_by, assessment, recorded_by, version, recorded_at, updated_at
"""
# One row for each step that was taken; what a later step says is not known in an earlier one.
_STEPS: Final = """
    SELECT k.force, k.id, k.reference, k.detention_id, k.person_id, k.lpa, k.country, k.channel,
           s.state, k.detained_at, k.request_due_at,
           CASE WHEN s.version > 1 THEN k.requested_at END AS requested_at,
           CASE WHEN s.version > 1 THEN CAST(:by AS text) END AS requested_by,
           CASE WHEN s.version > 1 THEN k.reply_due_at END AS reply_due_at,
           CASE WHEN s.version > 2 AND k.is_trace THEN 'trace'
                WHEN s.version > 2 THEN 'no_trace' END AS response,
           CASE WHEN s.version > 2 THEN k.responded_at END AS responded_at,
           CASE WHEN s.version > 3 THEN k.assessed_at END AS assessed_at,
           CASE WHEN s.version > 3 THEN CAST(:by AS text) END AS assessed_by,
           CASE WHEN s.version > 3 THEN CAST('{"rationale": "Nothing that changes the risk here.",
                "risk": null, "wants_raised": [], "markers_given": [],
                "markers_active_before": []}' AS jsonb) ELSE CAST('{}' AS jsonb) END AS assessment,
           CAST(:by AS text) AS recorded_by, s.version, k.recorded_at, s.at AS updated_at, s.until
    FROM made_checks k CROSS JOIN LATERAL (
        VALUES (1, 'required', k.recorded_at, k.requested_at),
               (2, 'requested', k.requested_at, k.responded_at),
               (3, 'responded', k.responded_at, k.assessed_at),
               (4, 'assessed', k.assessed_at, NULL)) s (version, state, at, until)
    WHERE s.at IS NOT NULL
"""
_CHECKS: Final = f"""
    INSERT INTO acro_checks ({_NAMES})
    SELECT {_NAMES} FROM ({_STEPS} AND s.until IS NULL) c
"""
_CHECKS_HISTORY: Final = f"""
    INSERT INTO acro_checks_history ({_NAMES}, chases, recorded_from, recorded_to)
    SELECT {_NAMES}, 0, c.updated_at, c.until FROM ({_STEPS}) c
"""
