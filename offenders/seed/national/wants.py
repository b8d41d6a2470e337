"""SQL that makes a force's wants: on whom, for what, since when, and when and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.seed import reasons
from offenders.seed.activity import CIRCULATED_SHARES
from offenders.seed.national.draws import chosen, literal
from offenders.seed.national.lists import OFFENCE_SLOTS
from offenders.seed.national.plan import SCATTER
from offenders.seed.places import TOWNS
from offenders.seed.wants import OFFICER_SHARE, WITHOUT_CRIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offenders.seed.national.plan import Plan

QUICK_SHARE_OLD, QUICK_SHARE_NEW = 0.1, 0.6  # end within weeks; the others take years
QUICK_DAYS, QUICK_SPREAD, SLOW_DAYS = 9, 1.3, 900  # median, log-logistic spread; mean
OLD_DAYS, OLD_SPREAD, OLDEST_DAYS = 60, 0.9, 3600
TRAVELLER_SHARE = 0.06  # of wants are on people known to several forces
OFTEN_WANTED_SHARE, OFTEN_WANTED = 0.2, 40  # on one in so many people
TWO_SUSPECTS_SHARE = 0.45  # of every fifth want
ENTERED_LATE_SHARE, ENTERED_LATE_DAYS = 0.3, 3
FIRST_WANT_AGE, DOMESTIC_AGE = 10, 16  # years; CYPA 1933 s.50, Domestic Abuse Act 2021 s.1(2)
WANTS_FOR_AN_OFFICER = 9
SERIALS = 99_991
ONCE_EACH = ("prison_recall", "unlawfully_at_large")  # one such want of a person at a time


def stage_wants(plan: Plan) -> str:
    """Make the table `made_wants`: every want as it is entered, and how and when it ends."""
    return f"""
        CREATE TEMPORARY TABLE made_wants ON COMMIT DROP AS
        WITH subjects AS MATERIALIZED ({_subjects(plan)}),
        told AS MATERIALIZED ({_told(plan)}),
        judged AS MATERIALIZED ({_judged(plan)})
        SELECT j.*, {plan.draws.uuid(plan.force, "j.ms", "j.i", "want")} AS id,
               {plan.draws.reference("W", plan.force, "j.n")} AS reference,
               {_outcome(plan)} AS outcome
        FROM judged j ORDER BY j.n
    """


def _subjects(plan: Plan) -> str:
    """Choose whom each want is on, among those on record by then, and the reason."""
    draws = plan.draws
    later = "CAST(greatest(1, :wants - :wants_at_start) AS float8)"
    share = f"(greatest(0, g.n - :wants_at_start) / {later})"
    span = "CAST(:now AS timestamptz) - CAST(:wants_from AS timestamptz) - interval '1 hour'"
    known = "CAST(:people_at_start + floor((:people - :people_at_start) * c.share * 0.98) AS int)"
    often = draws.chance("c.i", "often wanted")
    everyone = draws.whole("c.i", "subject", "c.known")
    few = draws.whole("c.i", "subject", f"(c.known / {OFTEN_WANTED} + 1)")
    travellers = draws.whole("c.i", "subject", "CAST(:known AS int)")
    return f"""
        SELECT s.*, lag(s.reason) OVER w AS reason_before, lag(s.person) OVER w AS person_before
        FROM (
            SELECT c.*, {draws.drawn(reasons.REASONS, "c.i", "reason")} AS reason,
                   1 + CASE WHEN {often} < {TRAVELLER_SHARE} AND :known > 0 THEN {travellers}
                            WHEN {often} < {TRAVELLER_SHARE + OFTEN_WANTED_SHARE}
                            THEN least(c.known - 1, {few} * {OFTEN_WANTED})
                            ELSE {everyone} END AS person
            FROM (SELECT c.*, {known} AS known FROM (
                  SELECT g.n, g.n + :base AS i, g.n <= :wants_at_start AS is_old, {share} AS share,
                         date_trunc('milliseconds', CAST(:wants_from AS timestamptz)
                             + interval '1 millisecond' * (g.n % 1000)
                             + ({span}) * ({share})) AS at
                  FROM generate_series(CAST(1 AS bigint), CAST(:wants AS bigint)) AS g (n)) c) c) s
        WINDOW w AS (ORDER BY s.n)
    """


def _told(plan: Plan) -> str:
    """Give reason, crime and moments; every fifth may be the second suspect of a crime."""
    draws = plan.draws
    late = f"""
        CASE WHEN {draws.chance("f.crime", "late")} < {ENTERED_LATE_SHARE}
             THEN {ENTERED_LATE_DAYS} * {draws.chance("f.crime", "how late")} ELSE 0 END
    """
    odds = _odds(draws.chance("f.crime", "age"))
    old = f"least({OLDEST_DAYS}, {OLD_DAYS} * power({odds}, {1 / OLD_SPREAD:.4f}))"
    two = draws.chance("s.i", "two suspects")
    is_second = f"""
        s.n % 5 = 0 AND {two} < {TWO_SUSPECTS_SHARE} AND s.reason = 'named_suspect'
        AND s.reason_before = 'named_suspect' AND s.person <> s.person_before
    """
    again = "row_number() OVER (PARTITION BY s.person, s.reason ORDER BY s.n) > 1"
    once = f"s.reason IN ({', '.join(map(literal, ONCE_EACH))})"
    end = _end(plan)
    return f"""
        SELECT f.*, p.id AS person_id, p.born, p.neighbourhood, p.lpa, p.new_neighbourhood,
               p.new_lpa, CASE WHEN p.new_neighbourhood <> p.neighbourhood THEN p.moved_at END
                   AS moved_at, CAST(extract(epoch FROM f.at) * 1000 AS bigint) AS ms,
               greatest(d.day, p.born + make_interval(years => {FIRST_WANT_AGE}, days => 2))
                   AS entered_at,
               d.day AS crime_day, CASE WHEN e.ends_at < CAST(:now AS timestamptz)
                                             - interval '10 minutes' THEN e.ends_at END AS ends_at
        FROM (SELECT s.n, s.i, s.at, s.is_old, s.person,
                     CASE WHEN {is_second} THEN s.i - 1 ELSE s.i END AS crime,
                     CASE WHEN {is_second} THEN s.n - 1 ELSE s.n END AS crime_number,
                     CASE WHEN {once} AND {again} THEN 'named_suspect' ELSE s.reason END AS reason
              FROM subjects s) f
        JOIN made_people p ON p.n = f.person
        CROSS JOIN LATERAL (
            SELECT f.at - interval '1 minute'
                   - interval '1 day' * CASE WHEN f.is_old THEN {old} ELSE {late} END AS day) d
        CROSS JOIN LATERAL ({end}) e
    """


def _end(plan: Plan) -> str:
    """Give the moment at which a want would end."""
    draws = plan.draws
    odds = _odds(draws.chance("f.i", "end"))
    quick = f"""
        {draws.chance("f.i", "quick")}
        < CASE WHEN f.is_old THEN {QUICK_SHARE_OLD} ELSE {QUICK_SHARE_NEW} END
    """
    return f"""
        SELECT f.at + interval '10 minutes' + interval '1 day' * least(20000, CASE WHEN {quick}
            THEN {QUICK_DAYS} * power({odds}, {1 / QUICK_SPREAD:.4f})
            ELSE -ln(1 - {draws.chance("f.i", "end")}) * {SLOW_DAYS} END) AS ends_at
    """


def _odds(chance: str) -> str:
    return f"({chance} / (1 - {chance}))"


def _judged(plan: Plan) -> str:
    """Give offence, basis, power, risk and owner."""
    draws = plan.draws
    domestic = f"""
        {draws.chance("t.crime", "domestic")} < o.domestic_share AND o.domestic_share > 0
        AND t.born + make_interval(years => {DOMESTIC_AGE}) <= t.entered_at
    """
    severity = (
        f"least({reasons.MOST_SEVERE}, o.severity + CASE WHEN d.is_domestic THEN 1 ELSE 0 END)"
    )
    risk = draws.chance("t.i", "risk")
    risks = " ".join(
        f"WHEN {level} THEN {chosen(values, risk)}" for level, values in reasons.RISKS.items()
    )
    basis = draws.drawn(reasons.BASES, "t.i", "basis")
    crime = f"""
        :force || '/' || lpad(CAST(t.crime_number * {SCATTER} % {SERIALS} AS text), 5, '0') || '/'
        || to_char(t.crime_day, 'YY')
    """
    officers = f"(:wants / {WANTS_FOR_AN_OFFICER} + 9)"
    priority = ", ".join(literal(code) for code in sorted(reasons.PRIORITY_CRIMES))
    without = ", ".join(literal(reason) for reason in sorted(WITHOUT_CRIME))
    return f"""
        SELECT t.*, o.code AS offence_code, d.is_domestic, o.code IN ({priority}) AS is_priority,
               CASE WHEN t.reason = 'named_suspect' THEN {basis} ELSE 'other' END AS basis,
               {_by_reason("t.reason", reasons.POWERS)} AS power,
               CASE {severity} {risks} END AS risk,
               CASE WHEN t.reason NOT IN ({without}) THEN {crime} END AS crime_reference,
               {_warrant(plan)},
               CAST(1000 + {draws.whole("t.i", "officer", officers)} AS text) AS officer,
               CAST(1000 + {draws.whole("-t.i", "officer", officers)} AS text) AS other_officer,
               {draws.chance("t.i", "is officer")} < {OFFICER_SHARE} AS is_officers,
               CASE WHEN d.is_domestic THEN {literal(reasons.DOMESTIC_ABUSE_TEAM)}
                    ELSE {_team(plan)} END AS team,
               CASE t.reason {_circulated()} END AS circulated_share
        FROM told t
        JOIN list_offences o ON o.reason = t.reason
         AND o.slot = {draws.whole("t.crime", "offence", OFFENCE_SLOTS)}
        CROSS JOIN LATERAL (SELECT {domestic} AS is_domestic) d
    """


def _circulated() -> str:
    return " ".join(f"WHEN '{reason}' THEN {share}" for reason, share in CIRCULATED_SHARES.items())


def _team(plan: Plan) -> str:
    parts = " ".join(
        f"WHEN '{reason}' THEN {plan.draws.one_of(teams, 't.i', 'team')}"
        for reason, teams in reasons.TEAMS.items()
    )
    return f"CASE t.reason {parts} END"


def _warrant(plan: Plan) -> str:
    town, _area = TOWNS[plan.force]
    courts = plan.draws.drawn(reasons.COURTS, "t.i", "court")
    is_warrant = "t.reason = 'court_warrant'"
    return f"""
        CASE WHEN {is_warrant} THEN {literal(town[:3].upper())} || to_char(t.crime_day, '/YYYY/')
            || lpad(CAST(t.n * {SCATTER} % {SERIALS} AS text), 5, '0') END AS warrant_number,
        CASE WHEN {is_warrant} THEN {literal(town)} || ' ' || {courts} END AS court
    """


def _by_reason(column: str, values: Mapping[str, str]) -> str:
    parts = " ".join(f"WHEN {literal(key)} THEN {literal(value)}" for key, value in values.items())
    return f"CASE {column} {parts} END"


def _outcome(plan: Plan) -> str:
    chance = plan.draws.chance("j.i", "outcome")
    parts = " ".join(
        f"WHEN '{reason}' THEN {chosen(values, chance)}"
        for reason, values in reasons.OUTCOMES.items()
    )
    return f"CASE WHEN j.ends_at IS NOT NULL THEN CASE j.reason {parts} END END"
