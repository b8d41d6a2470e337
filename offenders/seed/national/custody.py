"""SQL of a year's arrests: detentions as they were recorded and ended."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from offenders.domain.custody.store import COLUMNS
from offenders.seed import custody as shares
from offenders.seed import reasons
from offenders.seed.national.draws import literal
from offenders.seed.weighted import Weighted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.seed.national.plan import Plan

GROWN_YEARS: Final = 11.2  # so that everybody was ten at the year's first arrest
OFFICERS: Final = 500
_MS: Final = "CAST(floor(extract(epoch FROM a.recorded_at) * 1000) AS bigint)"
_CRIMES: Final = reasons.OFFENCES["named_suspect"]
_OFFENCES: Final = Weighted(
    (offence.code, weight)
    for offence, weight in zip(
        _CRIMES.values,
        [_CRIMES.sums[0], *(after - before for before, after in pairwise(_CRIMES.sums))],
        strict=True,
    )
)
_NAMES: Final = ", ".join(COLUMNS)


def stage_arrests(plan: Plan) -> str:
    """Make the table `made_arrests`: who was arrested when, until when, and what was said.

    Some are arrested again and again; whoever would be held twice at once is left out.
    """
    draws = plan.draws
    u, v = draws.chance("w.i", "hours"), draws.chance("w.i", "hours too")
    normal = f"sqrt(-2 * ln(1 - {u})) * cos(2 * pi() * {v})"
    hours = f"{shares.HELD_HOURS} * exp({shares.HELD_SPREAD} * {normal})"
    minutes = f"1 + {draws.whole('g.i', 'arrested', shares.DAYS * 1440 - 1)}"
    known = "array_length(a.recorded, 1)"
    stated = f"a.recorded[1 + {draws.whole('a.i', 'which nationality', known)}]"
    return f"""
        CREATE TEMPORARY TABLE made_arrests ON COMMIT DROP AS
        WITH people AS MATERIALIZED (
            SELECT p.id, p.nationalities,
                   EXISTS (SELECT FROM unnest(p.nationalities) c WHERE c <> 'GBR') AS is_foreign
            FROM persons p
            WHERE p.force = :force AND p.recorded_at < CAST(:began_at AS timestamptz) + '1 day'
              AND coalesce(p.date_of_birth, DATE '1900-01-01')
                  < CAST(:today AS date) - CAST({GROWN_YEARS} * 365.25 AS int)),
        placed AS MATERIALIZED (
            SELECT p.*, row_number() OVER (PARTITION BY is_foreign ORDER BY id) - 1 AS place,
                   count(*) OVER (PARTITION BY is_foreign) AS among
            FROM people p),
        sizes AS MATERIALIZED (SELECT DISTINCT is_foreign, among FROM placed),
        keys AS (
            SELECT g.n, g.n + :base AS i,
                   {draws.chance("g.n + :base", "foreign")} < {shares.FOREIGN_SHARE} AS is_foreign
            FROM generate_series(CAST(1 AS bigint), CAST(:arrests AS bigint)) AS g (n)),
        drawn AS (
            SELECT g.n, g.i, p.id AS person_id, p.nationalities,
                   CAST(:now AS timestamptz) - interval '1 minute' * ({minutes}) AS arrested_at
            FROM keys g JOIN sizes s ON s.is_foreign = g.is_foreign
            JOIN placed p ON p.is_foreign = g.is_foreign AND p.place = CAST(floor(
                 power({draws.chance("g.i", "who")}, {shares.AGAIN}) * s.among) AS bigint)),
        apart AS (
            SELECT d.*, lag(d.arrested_at) OVER (PARTITION BY d.person_id
                                                 ORDER BY d.arrested_at, d.n) AS before
            FROM drawn d),
        held AS (
            SELECT w.*, w.arrested_at + interval '20 minutes'
                       + interval '1 hour' * least({shares.LONGEST_HOURS}, {hours}) AS ends_at
            FROM apart w
            WHERE w.before IS NULL OR w.arrested_at - w.before > interval '96 hours'),
        said AS (
            SELECT a.*, CASE WHEN a.nationalities = '{{}}' THEN ARRAY['GBR']
                             ELSE a.nationalities END AS recorded,
                   a.arrested_at + interval '30 minutes'
                       * (0.5 + {draws.chance("a.i", "recorded")}) AS recorded_at
            FROM held a),
        stated AS (
            SELECT a.*,
                   CASE WHEN {draws.chance("a.i", "stated")} < {shares.STATED_SHARE}
                        THEN {stated} END AS nationality_stated,
                   CASE WHEN {draws.chance("a.i", "evidenced")} < {shares.EVIDENCED_SHARE}
                        THEN a.recorded[{known}] END AS nationality_evidenced
            FROM said a WHERE a.recorded_at < CAST(:now AS timestamptz) - interval '1 second')
        SELECT a.*, {draws.uuid(plan.force, _MS, "a.i", "detention")} AS id,
               {draws.reference("D", plan.force, "a.n")} AS reference,
               CASE WHEN a.ends_at < CAST(:now AS timestamptz) - interval '1 minute'
                    THEN greatest(a.ends_at, a.recorded_at + interval '1 minute') END
                   AS released_at,
               ARRAY(SELECT DISTINCT c FROM unnest(a.nationalities || a.nationality_stated
                                                   || a.nationality_evidenced) c
                     WHERE c <> 'GBR' ORDER BY c) AS countries
        FROM stated a
    """


def custody_statements(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give the statements that write detentions, each with its table."""
    yield "made_detentions", _stage_detentions(plan)
    yield "officers", _OFFICERS
    yield "teams", _TEAMS
    yield "detentions", f"INSERT INTO detentions ({_NAMES}) SELECT {_NAMES} FROM made_detentions"
    yield "detentions_history", _first_history()
    yield "detentions_history", _second_history()
    yield "detention_wants", _WANTS
    yield "flags", _unknown(plan)
    yield "flags_history", _UNKNOWN_HISTORY


def _stage_detentions(plan: Plan) -> str:
    draws = plan.draws
    today = "a.arrested_at > CAST(:now AS timestamptz) - interval '1 day'"
    checked = (
        f"{draws.chance('a.i', 'checked')} < CASE WHEN {today}"
        f" THEN {shares.CHECKED_TODAY_SHARE} ELSE {shares.CHECKED_SHARE} END"
    )
    disposal = draws.drawn(shares.DISPOSALS, "a.i", "disposal")
    return f"""
        CREATE TEMPORARY TABLE made_detentions ON COMMIT DROP AS
        WITH areas AS MATERIALIZED (
            SELECT array_agg(code ORDER BY code) AS lpas FROM lpas WHERE force = :force)
        SELECT CAST(:force AS text) AS force, a.id, a.reference, a.person_id,
               '{plan.force}CU/' || to_char(a.arrested_at, 'YY/') || lpad(CAST(a.n AS text), 7, '0')
                   AS custody_number,
               a.arrested_at, {draws.drawn(shares.PLACES, "a.i", "place")} AS arrest_place,
               {literal(f"{plan.town} Custody Suite")} AS station,
               ARRAY[{draws.drawn(_OFFENCES, "a.i", "offence")}] AS offences,
               CAST(2000 + {draws.whole("a.i", "arresting", OFFICERS)} AS text)
                   AS arresting_officer,
               a.nationality_stated, a.nationality_evidenced, a.countries,
               a.countries <> '{{}}' AS foreign_national,
               a.nationalities = '{{}}' AND num_nonnulls(a.nationality_stated,
                                                         a.nationality_evidenced) = 0
                   AS nationality_unknown,
               {checked} AS pnc_checked,
               l.lpas[1 + {draws.whole("a.i", "lpa", "array_length(l.lpas, 1)")}] AS lpa,
               a.released_at,
               CASE WHEN a.released_at IS NOT NULL THEN {disposal} END AS disposal,
               CAST(:by AS text) AS recorded_by,
               CASE WHEN a.released_at IS NULL THEN 1 ELSE 2 END AS version,
               a.recorded_at, coalesce(a.released_at, a.recorded_at) AS updated_at
        FROM made_arrests a CROSS JOIN areas l
    """


_OFFICERS: Final = """
    INSERT INTO officers (force, code, recorded_at)
    SELECT d.force, d.arresting_officer, min(d.recorded_at) FROM made_detentions d
    GROUP BY d.force, d.arresting_officer ON CONFLICT DO NOTHING
"""
_TEAMS: Final = """
    INSERT INTO teams (force, code, recorded_at)
    SELECT d.force, 'DUTY-' || coalesce(d.lpa, d.force), min(d.recorded_at) FROM made_detentions d
    GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""
# As by hand: what stood while the person was held was put to the custody officer.
_WANTS: Final = """
    INSERT INTO detention_wants (force, detention_id, want_id, put, recorded_at, updated_at)
    SELECT d.force, d.id, w.id, 'put_forward', d.recorded_at, d.recorded_at
    FROM made_detentions d JOIN wants w ON w.force = d.force AND w.person_id = d.person_id
     AND w.recorded_at <= d.recorded_at AND (w.outcome_at IS NULL OR w.outcome_at > d.recorded_at)
"""
_FLAG: Final = """jsonb_build_object('rule', 'nationality-unknown', 'what',
    'No nationality is stated, evidenced or recorded: no foreign check can be made.')"""
_UNKNOWN_HISTORY: Final = """
    INSERT INTO flags_history
    SELECT f.*, f.raised_at, NULL FROM flags f
    WHERE f.force = :force AND f.rule = 'nationality-unknown'
"""


def _first_history() -> str:
    first = {"released_at": "NULL", "disposal": "NULL", "version": "1", "updated_at": "recorded_at"}
    picked = ", ".join(first.get(name, name) for name in COLUMNS)
    return f"""
        INSERT INTO detentions_history ({_NAMES}, recorded_from, recorded_to)
        SELECT {picked}, recorded_at, released_at FROM made_detentions
    """


def _second_history() -> str:
    return f"""
        INSERT INTO detentions_history ({_NAMES}, recorded_from)
        SELECT {_NAMES}, released_at FROM made_detentions WHERE released_at IS NOT NULL
    """


def _unknown(plan: Plan) -> str:
    ms = "CAST(floor(extract(epoch FROM d.recorded_at) * 1000) AS bigint)"
    key = "hashtextextended(d.reference, 0)"
    return f"""
        INSERT INTO flags (force, id, rule, severity, subject_type, subject_id, subject_reference,
                           person_id, lpa, owner_team, because, raised_at)
        SELECT d.force, {plan.draws.uuid(plan.force, ms, key, "flag of detention")},
               'nationality-unknown', 'warning', 'detention', d.id, d.reference, d.person_id,
               d.lpa, 'DUTY-' || coalesce(d.lpa, d.force), {_FLAG}, d.recorded_at
        FROM made_detentions d WHERE d.nationality_unknown
    """
