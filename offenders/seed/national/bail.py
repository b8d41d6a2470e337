"""SQL of a year's releases on bail and under investigation, as detentions ended in them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders.domain.bail.due import CLOCKS
from offenders.domain.bail.models import BailRecord
from offenders.domain.bail.records import RULE
from offenders.domain.imports.bail_rows import IN_SOURCE, Described
from offenders.domain.imports.checks import Facts
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.working_days import LONDON
from offenders.seed import bail as shares
from offenders.seed.national.draws import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from offenders.seed.national.plan import Plan

DAYS: Final = 366  # of arrests
EXTENDED_ON: Final = 74  # days after the arrest, well within three months
REVIEWED_SHARE: Final = 0.9  # of people without bail: reviewed as often as the figure says
INSPECTOR_DAYS: Final = 87  # after which one of the reviews was an inspector's
LAPSED_FROM, UNANSWERED_FROM = shares.PERIOD_DAYS + 5, 6  # days since the arrest
_COLUMNS: Final = [column.name for column in BailRecord.__table__.columns]
_MS: Final = "CAST(floor(extract(epoch FROM b.bailed_at) * 1000) AS bigint)"
_NO_BAIL: Final = "b.fate IN ('kept', 'reviewed', 'ended')"
_CLOCKS: Final = {
    name: sql.replace(":days", ":rui_days").replace(":months", ":rui_months")
    for name, sql in CLOCKS.items()
}
# As it was on release, before anything was done.
_FIRST: Final = {
    **dict.fromkeys(
        ("last_reviewed_at", "last_inspector_review_at", "outcome", "outcome_at", "outcome_reason"),
        "NULL",
    ),
    **{
        name: f"b.first_{name}"
        for name in ("ends_on", "return_at", "because", "state", "released_at", *_CLOCKS)
    },
    "extensions": "CAST('[]' AS jsonb)",
    "has_lapsed": "false",
    "version": "1",
    "updated_at": "b.recorded_at",
}


def bail_values(session: Session, plan: Plan) -> dict[str, Any]:
    """Give what the law says of an arrest on each day, and the figures of reviews."""
    figures = figures_in_force(session, plan.force, RULE, plan.today)
    days = [plan.today - timedelta(days=day) for day in range(DAYS + 1)]
    terms = [each for day in days for each in _terms(plan.force, day)]
    return {
        "bail_terms": orjson.dumps(terms).decode(),
        "rui_days": figures["rui_review"],
        "rui_months": figures["rui_inspector_review"],
    }


def _terms(force: str, day: date) -> Iterator[dict[str, Any]]:
    """Give what an import would record of bail, extended bail and release without it."""
    arrested_at = datetime.combine(day, time(12), LONDON).astimezone(UTC)
    extended_at = arrested_at + timedelta(days=EXTENDED_ON)
    facts = Facts(force, arrested_at, day, (), {}, {}, ())
    said: Mapping[str, dict[str, Any]] = {
        "bail": {},
        "extended": {"extensions": [f"inspector {extended_at.isoformat()}"]},
        "without": {"state": "released_without_bail"},
    }
    for kind, row in said.items():
        moment = arrested_at.isoformat()
        described = Described({"arrested_at": moment, "bailed_at": moment, **row}, facts)
        names = ("regime", "ends_on", "return_at", "return_follows", "because", "extensions")
        yield {
            "arrested_on": day,
            "terms": kind,
            "extended_at": extended_at,
            **{name: getattr(described, name) for name in names},
        }


def bail_statements(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give (table, statement); `made_detentions` must be there."""
    yield "made_terms", _TERMS
    yield "made_releases", _stage_releases(plan)
    yield "made_bail", _stage(plan)
    yield (
        "teams",
        """INSERT INTO teams (force, code, recorded_at)
           SELECT b.force, b.owner_team, min(b.recorded_at) FROM made_bail b GROUP BY 1, 2
           ON CONFLICT DO NOTHING""",
    )
    columns = ", ".join(_COLUMNS)
    yield "bail_records", f"INSERT INTO bail_records ({columns}) SELECT {columns} FROM made_bail"
    first = ", ".join(_FIRST.get(name, f"b.{name}") for name in _COLUMNS)
    then = ", ".join(f"b.{name}" for name in _COLUMNS)
    yield (
        "bail_records_history",
        f"""INSERT INTO bail_records_history ({columns}, recorded_from, recorded_to)
            SELECT {first}, b.recorded_at, b.changed_at FROM made_bail b
            UNION ALL
            SELECT {then}, b.changed_at, NULL FROM made_bail b WHERE b.changed_at IS NOT NULL""",
    )
    yield "bail_actions", _log(plan)


def _fate(plan: Plan) -> str:
    """Say what became of a release; the shares are those of the other scales."""

    def less(share: float, what: str) -> str:
        return f"{plan.draws.chance('r.key', what)} < {share}"

    since = "(CAST(:now AS timestamptz) - r.bailed_at)"
    return f"""
        CASE WHEN r.disposal <> 'bailed' THEN
            CASE WHEN r.days > {shares.REVIEWED_DAYS} AND {less(1 - shares.LAPSED_SHARE, "ended")}
                 THEN 'ended'
                 WHEN {since} >= interval '1 day' * :rui_days
                      AND {less(REVIEWED_SHARE, "reviewed")} THEN 'reviewed'
                 ELSE 'kept' END
        WHEN r.days < {shares.PERIOD_DAYS} AND {less(shares.OPEN_SHARE, "open")} THEN
            CASE WHEN r.days > {UNANSWERED_FROM} AND {less(shares.UNANSWERED_SHARE, "unanswered")}
                 THEN 'unanswered' ELSE 'open' END
        WHEN r.days >= {shares.PERIOD_DAYS} AND r.days < {shares.EXTENDED_DAYS}
             AND {less(shares.EXTENDED_SHARE, "extended")} THEN 'extended'
        WHEN r.days >= {LAPSED_FROM} AND {less(shares.LAPSED_SHARE, "lapsed")} THEN 'lapsed'
        ELSE 'closed' END
    """


# The planner has to know them: it would go through them once for each release.
_TERMS: Final = """
    CREATE TEMPORARY TABLE made_terms ON COMMIT DROP AS
    SELECT * FROM jsonb_to_recordset(CAST(:bail_terms AS jsonb)) AS t (
        arrested_on date, terms text, regime text, ends_on date, return_at timestamptz,
        return_follows boolean, because jsonb, extensions jsonb, extended_at timestamptz)
"""


def _stage_releases(plan: Plan) -> str:
    return f"""
        CREATE TEMPORARY TABLE made_releases ON COMMIT DROP AS
        SELECT r.*, {_fate(plan)} AS fate
        FROM (SELECT d.force, d.person_id, d.arrested_at, d.released_at AS bailed_at,
                     d.offences[1] AS offence_code, d.disposal,
                     hashtextextended(d.reference, 0) AS key,
                     row_number() OVER (ORDER BY d.reference) AS n,
                     CAST(d.arrested_at AT TIME ZONE 'Europe/London' AS date) AS arrested_on,
                     extract(epoch FROM CAST(:now AS timestamptz) - d.arrested_at) / 86400 AS days
              FROM made_detentions d
              WHERE d.disposal IN ('bailed', 'released_under_investigation')) r
    """


def _stage(plan: Plan) -> str:
    clocks = ", ".join(
        f"CASE WHEN b.state = 'released_without_bail' THEN c.{name} END AS {name}, "
        f"CASE WHEN b.first_state = 'released_without_bail' THEN f.{name} END AS first_{name}"
        for name in _CLOCKS
    )
    worked_out = ", ".join(f"{sql} AS {name}" for name, sql in _CLOCKS.items())
    return f"""
        CREATE TEMPORARY TABLE made_bail ON COMMIT DROP AS
        WITH changed AS (SELECT b.*, {_changed_at(plan)} AS changed_at FROM ({_lawful()}) b),
        described AS ({_described(plan)})
        SELECT b.*, {clocks}
        FROM described b
        CROSS JOIN LATERAL (
            SELECT {worked_out} FROM (SELECT b.last_reviewed_at, b.last_inspector_review_at,
                                             b.released_at) x) c
        CROSS JOIN LATERAL (
            SELECT {worked_out} FROM (SELECT CAST(NULL AS timestamptz) AS last_reviewed_at,
                                             CAST(NULL AS timestamptz) AS last_inspector_review_at,
                                             b.bailed_at AS released_at) x) f
        ORDER BY b.n
    """


def _lawful() -> str:
    """Add what the law says as things now stand, and as they stood on release."""
    first = f"CASE WHEN {_NO_BAIL} THEN 'without' ELSE 'bail' END"
    return f"""
        SELECT b.*, t.regime, t.ends_on, t.return_at, t.return_follows, t.because, t.extensions,
               t.extended_at, u.ends_on AS first_ends_on, u.because AS first_because,
               u.return_at AS regular_return_at
        FROM made_releases b
        JOIN made_terms t ON t.arrested_on = b.arrested_on
         AND t.terms = CASE b.fate WHEN 'extended' THEN 'extended' ELSE {first} END
        JOIN made_terms u ON u.arrested_on = b.arrested_on AND u.terms = {first}
    """


def _changed_at(plan: Plan) -> str:
    now = "CAST(:now AS timestamptz)"
    last = f"least({now}, b.arrested_at + interval '{shares.PERIOD_DAYS} days')"
    part = f"(0.02 + 0.96 * {plan.draws.chance('b.key', 'ended at')})"
    often = "(CAST(:rui_days AS int) - 1)"
    times = f"floor(extract(epoch FROM {now} - b.bailed_at) / 86400 / {often})"
    return f"""
        CASE b.fate WHEN 'extended' THEN b.extended_at
             WHEN 'lapsed' THEN (b.ends_on + 1)::timestamp AT TIME ZONE 'Europe/London'
             WHEN 'closed' THEN b.bailed_at + ({last} - b.bailed_at) * {part}
             WHEN 'ended' THEN b.bailed_at + ({now} - b.bailed_at) * {part}
             WHEN 'reviewed' THEN b.bailed_at + interval '1 day' * ({often} * {times}) END
    """


def _described(plan: Plan) -> str:
    draws = plan.draws
    named = f"""CAST(:now AS timestamptz)
        - interval '1 hour' * (1 + {draws.whole("b.key", "unanswered since", 40)})"""
    condition = f"""jsonb_build_array(jsonb_build_object(
        'id', {draws.uuid(plan.force, _MS, "b.key", "condition")}, 'type', 'other',
        'text', {draws.one_of(shares.CONDITIONS, "b.key", "condition")},
        'from', to_char(b.bailed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
        'until', NULL))"""
    is_conditioned = (
        f"NOT {_NO_BAIL} AND {draws.chance('b.key', 'conditioned')} < {shares.CONDITIONED_SHARE}"
    )
    inspected = f"b.changed_at >= b.bailed_at + interval '{INSPECTOR_DAYS} days'"
    closed = "b.fate IN ('closed', 'ended')"
    return f"""
        SELECT b.n, b.key, b.fate, b.changed_at, b.extended_at, b.first_ends_on, b.first_because,
               b.force, {draws.uuid(plan.force, _MS, "b.key", "bail")} AS id,
               {draws.reference("B", plan.force, "b.n")} AS reference, b.person_id,
               CASE WHEN {closed} THEN 'closed'
                    WHEN {_NO_BAIL} OR b.fate = 'lapsed' THEN 'released_without_bail'
                    ELSE 'on_bail' END AS state,
               CASE WHEN {_NO_BAIL} THEN 'released_without_bail' ELSE 'on_bail' END AS first_state,
               'station' AS kind, b.regime, 'standard' AS case_type, 'police' AS agency,
               b.arrested_at, b.bailed_at, b.offence_code,
               b.force || '/' || (200000 + b.n) || to_char(b.arrested_at, '/YY')
                   AS crime_reference,
               CAST(NULL AS text) AS lpa, CAST(NULL AS text) AS neighbourhood,
               CAST(NULL AS text) AS owner_officer,
               {draws.one_of(shares.TEAMS, "b.key", "bail team")} AS owner_team,
               b.ends_on, CAST(NULL AS text) AS suspended_for,
               CASE WHEN b.fate = 'unanswered' THEN {named} ELSE b.return_at END AS return_at,
               CASE WHEN b.fate = 'unanswered' THEN {named} ELSE b.regular_return_at END
                   AS first_return_at,
               b.return_follows AND b.fate <> 'unanswered' AS return_follows, b.because,
               CASE WHEN {is_conditioned} THEN {condition} ELSE CAST('[]' AS jsonb) END
                   AS conditions,
               b.extensions, CAST('[]' AS jsonb) AS suspensions, CAST(NULL AS uuid) AS want_id,
               CAST(NULL AS timestamptz) AS failed_at, CAST(NULL AS timestamptz) AS answered_at,
               CASE WHEN b.fate = 'lapsed' THEN b.changed_at WHEN {_NO_BAIL} THEN b.bailed_at END
                   AS released_at,
               CASE WHEN {_NO_BAIL} THEN b.bailed_at END AS first_released_at,
               b.fate = 'lapsed' AS has_lapsed,
               CASE WHEN b.fate = 'reviewed' THEN b.changed_at END AS last_reviewed_at,
               CASE WHEN b.fate = 'reviewed' AND {inspected} THEN b.changed_at END
                   AS last_inspector_review_at,
               CASE WHEN {closed} THEN {draws.drawn(shares.OUTCOMES, "b.key", "bail outcome")} END
                   AS outcome,
               CASE WHEN {closed} THEN b.changed_at END AS outcome_at,
               CASE WHEN {closed} THEN {literal(IN_SOURCE)} END AS outcome_reason,
               CAST(:by AS text) AS recorded_by,
               CASE WHEN b.changed_at IS NULL OR b.fate = 'reviewed' THEN 1 ELSE 2 END AS version,
               b.bailed_at AS recorded_at, coalesce(b.changed_at, b.bailed_at) AS updated_at
        FROM changed b
    """


def _log(plan: Plan) -> str:
    number = "b.n * 2 + s.step"
    milliseconds = "CAST(floor(extract(epoch FROM s.at) * 1000) AS bigint)"
    return f"""
        INSERT INTO bail_actions (force, id, bail_id, kind, occurred_at, recorded_at, actor,
                                  details)
        SELECT b.force, {plan.draws.uuid(plan.force, milliseconds, number, "bail action")}, b.id,
               s.kind, s.at, s.at, CASE s.kind WHEN 'lapse' THEN 'service' ELSE :by END, s.details
        FROM (SELECT *, CASE WHEN last_inspector_review_at IS NULL THEN 'supervisor'
                             ELSE 'inspector' END AS level FROM made_bail) b
        CROSS JOIN LATERAL (
            VALUES (0, 'entry', b.recorded_at, CAST('{{"version": 1}}' AS jsonb)),
                   (1, CASE b.fate WHEN 'extended' THEN 'extension' WHEN 'lapsed' THEN 'lapse'
                                   WHEN 'reviewed' THEN 'review' ELSE 'closure' END,
                    b.changed_at,
                    CASE b.fate WHEN 'extended' THEN b.extensions -> 0
                         WHEN 'lapsed' THEN jsonb_build_object('ends_on', b.ends_on)
                         WHEN 'reviewed'
                         THEN jsonb_build_object('level', b.level, 'decision',
                                                 'The investigation goes on.')
                         ELSE jsonb_build_object('reason', b.outcome_reason, 'outcome', b.outcome)
                         END)) s (step, kind, at, details)
        WHERE s.at IS NOT NULL
    """
