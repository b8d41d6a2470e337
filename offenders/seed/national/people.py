"""SQL that makes a force's people: who they are, where they live and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.seed import people as shares
from offenders.seed import traits
from offenders.seed.national.draws import floats, place
from offenders.seed.national.lists import (
    COMMUNITY_SLOTS,
    GIVEN_SLOTS,
    SURNAME_SLOTS,
    TRAIT_SLOTS,
)
from offenders.seed.traits import AGE_BANDS, YEAR

if TYPE_CHECKING:
    from offenders.seed.national.plan import Plan

YOUNGEST = 11.8  # years, so that everybody was ten when the service began (CYPA 1933 s.50)
KIN_SHARE = 0.45  # of every third person
TWIN_SHARE = 0.05
DOUBLE_BARRELLED_SHARE = 0.025
THIRD_NAME_SHARE = 0.06
APPROXIMATE_SHARE = 0.02
PHONE_SHARE = 0.3
MOVED_SHARE = 0.05  # of those with a home, since the service began
OTHER_SPELLINGS = 0.5
_STREETS = "CAST(:streets AS int)"
_MS_OF_AT = "CAST(extract(epoch FROM k.at) * 1000 AS bigint)"


def stage_people(plan: Plan) -> str:
    """Make the table `made_people`: everybody with all that is drawn of them once."""
    return f"""
        CREATE TEMPORARY TABLE made_people ON COMMIT DROP AS
        WITH kin AS MATERIALIZED ({_kin(plan)}),
        drawn AS MATERIALIZED ({_drawn(plan)}),
        born AS MATERIALIZED ({_born(plan)}),
        named AS MATERIALIZED ({_named(plan)}),
        known AS MATERIALIZED ({_known(plan)})
        SELECT k.*, {_MS_OF_AT} AS ms,
               {plan.draws.uuid(plan.force, _MS_OF_AT, "k.i", "person")} AS id,
               {plan.draws.reference("P", plan.force, "k.n")} AS reference,
               h.neighbourhood, h.lpa, h2.neighbourhood AS new_neighbourhood, h2.lpa AS new_lpa
        FROM known k
        LEFT JOIN stage_streets h ON h.slot = k.street
        LEFT JOIN stage_streets h2 ON h2.slot = k.new_street AND k.moved_at IS NOT NULL
        ORDER BY k.n
    """


def _kin(plan: Plan) -> str:
    """Give everybody's keys: their own, the traveller's they are, and their family's."""
    kin = plan.draws.chance("g.n + :base", "kin")
    return f"""
        SELECT g.n, g.n + :base AS i, coalesce(-t.traveller, g.n + :base) AS who,
               t.traveller, coalesce(t.is_spelt_otherwise, false) AS is_spelt_otherwise,
               CASE WHEN t.traveller IS NULL AND g.n % 3 = 0 AND g.n > :known + 1
                         AND {kin} < {KIN_SHARE}
                    THEN g.n + :base - 1 ELSE coalesce(-t.traveller, g.n + :base) END AS leader
        FROM generate_series(CAST(1 AS bigint), CAST(:people AS bigint)) AS g (n)
        LEFT JOIN stage_known t ON t.n = g.n
    """


def _drawn(plan: Plan) -> str:
    """Draw community, sex and age; kin are of one community and about one age."""
    draws = plan.draws
    lows = [max(low, YOUNGEST) for low, _high in AGE_BANDS.values]
    widths = [high - low for low, (_low, high) in zip(lows, AGE_BANDS.values, strict=True)]
    band = place(AGE_BANDS, draws.chance("k.leader", "band"))
    return f"""
        SELECT k.*, c.community, c.second_share, c.male_second, c.female_second, c.eras,
               c.is_joined, {draws.drawn(traits.SEXES, "k.who", "sex")} AS sex,
               ({floats(lows)})[{band}] + ({floats(widths)})[{band}]
                   * {draws.chance("k.leader", "age")} AS years
        FROM kin k JOIN list_communities c
          ON c.mix = CASE WHEN k.traveller IS NULL THEN CAST(:mix AS text) ELSE 'elsewhere' END
         AND c.slot = {draws.whole("k.leader", "community", COMMUNITY_SLOTS)}
    """


def _born(plan: Plan) -> str:
    draws = plan.draws
    gap = f"({draws.chance('d.who', 'gap')} - 0.5) * 16"
    years = f"""
        CASE WHEN d.leader = d.who OR {draws.chance("d.who", "twin")} < {TWIN_SHARE} THEN d.years
             ELSE least({traits.OLDEST}, greatest({YOUNGEST}, d.years + {gap})) END
    """
    first = draws.chance("d.who", "first of January")
    return f"""
        SELECT e.*, e.sex = 'female' AS is_female,
               CASE WHEN array_length(e.eras, 1) IS NULL THEN 0
                    ELSE width_bucket(CAST(extract(year FROM e.born) AS int), e.eras) END AS era
        FROM (SELECT d.*, CASE WHEN {first} < {shares.FIRST_OF_JANUARY}
                               THEN CAST(date_trunc('year', f.born) AS date)
                               ELSE f.born END AS born
              FROM drawn d CROSS JOIN LATERAL (
                  SELECT CAST(:today AS date) - CAST(({years}) * {YEAR} AS int) AS born OFFSET 0) f
              OFFSET 0) e
    """


def _named(plan: Plan) -> str:
    """Put names together; a traveller is called alike everywhere, but not always spelt so."""
    draws = plan.draws
    surname = draws.whole("b.leader", "surname", SURNAME_SLOTS)
    joined = f"""
        CASE WHEN b.is_joined AND {draws.chance("b.leader", "joined")} < {DOUBLE_BARRELLED_SHARE}
             THEN {draws.whole("b.leader", "joined surname", SURNAME_SLOTS)} END
    """
    usual = "CASE WHEN b.is_female THEN b.female_second ELSE b.male_second END"
    has_second = f"{draws.chance('b.who', 'has second')} < b.second_share"
    second = f"""
        CASE WHEN {has_second} AND {usual} = ''
             THEN {draws.whole("b.who", "second", GIVEN_SLOTS)} END
    """
    third = f"""
        CASE WHEN {draws.chance("b.who", "has third")} < {THIRD_NAME_SHARE} AND b.second_share > 0.2
             THEN {draws.whole("b.who", "third", GIVEN_SLOTS)} END
    """
    family = "CASE WHEN b.is_female THEN s.female ELSE s.male END"
    otherwise = draws.chance("b.i", "which is spelt otherwise")
    with_join = "coalesce('-' || s2.male, '')"
    given = f"""
        coalesce(' ' || nullif(g2.name, g1.name),
                 CASE WHEN {has_second} AND {usual} <> {family} THEN ' ' || nullif({usual}, '') END,
                 '')
        || coalesce(' ' || nullif(nullif(g3.name, g1.name), g2.name), '')
    """
    lists = "\n".join(
        f"""{kind} JOIN list_given {alias}
              ON {alias}.community = b.community AND {alias}.is_female = b.is_female
             AND {alias}.era = b.era AND {alias}.slot = {slot}"""
        for kind, alias, slot in (
            ("", "g1", draws.whole("b.who", "given", GIVEN_SLOTS)),
            ("LEFT", "g2", second),
            ("LEFT", "g3", third),
        )
    )
    return f"""
        SELECT b.*,
               CASE WHEN b.is_spelt_otherwise AND {otherwise} < {OTHER_SPELLINGS}
                    THEN s.misspelt ELSE {family} END || {with_join} AS family_name,
               CASE WHEN b.is_spelt_otherwise AND {otherwise} >= {OTHER_SPELLINGS}
                    THEN g1.misspelt ELSE g1.name END || {given} AS given_names,
               s.misspelt || {with_join} AS misspelt_family,
               g1.misspelt || {given} AS misspelt_given
        FROM born b
        JOIN list_surnames s ON s.community = b.community AND s.slot = {surname}
        LEFT JOIN list_surnames s2 ON s2.community = b.community AND s2.slot = {joined}
        {lists}
    """


def _known(plan: Plan) -> str:
    """Say since when everybody is on record, by what, and where they live and have lived."""
    draws = plan.draws
    span = "CAST(:now AS timestamptz) - CAST(:began_at AS timestamptz) - interval '1 hour'"
    later = "CAST(greatest(1, :people - :people_at_start) AS float8)"
    at = f"""
        date_trunc('milliseconds', CAST(:began_at AS timestamptz)
            + CASE WHEN m.n <= :people_at_start THEN interval '1 millisecond' * m.n
                   ELSE ({span}) * ((m.n - :people_at_start) / {later}) END)
    """
    has_home = f"{draws.chance('m.leader', 'has home')} >= {shares.NO_FIXED_ABODE}"
    moved = f"""
        CASE WHEN {draws.chance("a.i", "moved")} < {MOVED_SHARE} AND a.street IS NOT NULL
             THEN date_trunc('milliseconds', a.at + (CAST(:now AS timestamptz) - a.at
                      - interval '2 minutes') * {draws.chance("a.i", "moved at")})
                  + interval '60 seconds 999 microseconds' END
    """
    since = f"CAST(floor(power({draws.chance('a.i', 'home since')}, 2) * 3650) AS int)"
    met = f"""
        {traits.YOUNGEST} + least(30, (CAST(:began_on AS date) - a.born) / {YEAR}
            - {traits.YOUNGEST}) * power({draws.chance("a.who", "met")}, 2)
    """
    dob = draws.chance("m.who", "date of birth")
    return f"""
        SELECT a.*, {moved} AS moved_at,
               greatest(a.born, CAST(a.at AS date) - 1 - {since}) AS home_from,
               CAST(extract(year FROM a.born + CAST(floor(({met}) * {YEAR}) AS int)) AS int)
                   AS met_year,
               CASE WHEN a.has_date THEN a.born END AS date_of_birth,
               CASE WHEN a.has_date AND {draws.chance("a.i", "approximate")} < {APPROXIMATE_SHARE}
                    THEN 'approximate' ELSE 'exact' END AS precision
        FROM (SELECT m.*, {at} AS at, t.nationalities, t.self_defined, t.observed,
                     {dob} >= {shares.NO_DATE_OF_BIRTH} AS has_date,
                     CASE WHEN {has_home} THEN {draws.whole("m.leader", "home", _STREETS)} END
                         AS street,
                     {draws.whole("m.i", "new home", _STREETS)} AS new_street
              FROM named m JOIN list_traits t ON t.community = m.community
               AND t.slot = {draws.whole("m.who", "traits", TRAIT_SLOTS)} OFFSET 0) a
    """
