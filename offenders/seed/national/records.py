"""SQL that writes what hangs on the people of `made_people`, each in a set.

`OFFSET 0` keeps the planner from putting what a subquery draws into each place that reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.seed import people as shares
from offenders.seed import traits
from offenders.seed.homes import FLAT_SHARE, HOUSES
from offenders.seed.national.draws import check_letter, literal, texts
from offenders.seed.national.lists import GIVEN_SLOTS, SURNAME_SLOTS
from offenders.seed.national.people import PHONE_SHARE
from offenders.seed.national.plan import SCATTER
from offenders.seed.weighted import EVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.seed.national.plan import Plan

# Below the numbers of the other scales, and above those that are really issued in a year.
PNC_FROM, TRAVELLERS_PNC_FROM = 3_500_000, 2_300_000
CRO_FROM, CRO_SPAN = 100_000, 899_981  # always six digits
PRISON_SPAN = 6_760_000
RESIDENCE_DAYS = 2000
_STREETS = "CAST(:streets AS int)"


def person_statements(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give (table, statement) in the order in which the tables refer to each other."""
    yield "persons", _persons(plan)
    yield "persons_history", _PERSONS_HISTORY
    yield "made_names", _stage_names(plan)
    yield "person_names", _PERSON_NAMES
    yield "person_dates_of_birth", _dates_of_birth(plan)
    yield "person_identifiers", _identifiers(plan)
    yield "person_addresses", _addresses(plan)
    yield "person_vehicles", _vehicles(plan)
    yield "person_markers", _markers(plan)


def _persons(plan: Plan) -> str:
    phone = plan.draws.whole("m.i", "phone", 1000)
    return f"""
        INSERT INTO persons (force, id, reference, family_name, given_names, date_of_birth,
                             date_of_birth_precision, sex, nationalities, phones,
                             ethnicity_self_defined, ethnicity_observed, lpa, neighbourhood,
                             version, recorded_at, updated_at)
        SELECT :force, m.id, m.reference, m.family_name, m.given_names, m.date_of_birth,
               m.precision, m.sex,
               CASE WHEN {plan.draws.chance("m.who", "nationality known")}
                         >= {shares.NATIONALITY_UNKNOWN}
                    THEN m.nationalities ELSE CAST('{{}}' AS text[]) END,
               -- Ofcom keeps these numbers for drama: nobody has them.
               CASE WHEN {plan.draws.chance("m.i", "has phone")} < {PHONE_SHARE}
                    THEN ARRAY['07700 900' || lpad(CAST({phone} AS text), 3, '0')]
                    ELSE CAST('{{}}' AS text[]) END,
               m.self_defined, m.observed, coalesce(m.new_lpa, m.lpa),
               coalesce(m.new_neighbourhood, m.neighbourhood), 1, m.at,
               CASE WHEN m.new_neighbourhood IS DISTINCT FROM m.neighbourhood
                    THEN coalesce(m.moved_at, m.at) ELSE m.at END
        FROM made_people m
    """


# Who moves within a neighbourhood stays as they are, as when an address is added by hand.
_PERSONS_HISTORY = """
    INSERT INTO persons_history
    SELECT p.force, p.id, p.reference, p.family_name, p.given_names, p.date_of_birth,
           p.date_of_birth_precision, p.sex, p.nationalities, p.languages, p.phones,
           p.ethnicity_self_defined, p.ethnicity_observed, p.photo_reference, p.ocg_role,
           CASE WHEN v.is_first THEN m.lpa ELSE p.lpa END,
           CASE WHEN v.is_first THEN m.neighbourhood ELSE p.neighbourhood END,
           p.are_addresses_protected, p.version, p.recorded_at,
           CASE WHEN v.is_first THEN m.at ELSE p.updated_at END,
           CASE WHEN v.is_first THEN m.at ELSE p.updated_at END,
           CASE WHEN v.is_first AND p.updated_at > m.at THEN p.updated_at END
    FROM made_people m
    JOIN persons p ON p.force = :force AND p.id = m.id
    JOIN (VALUES (true), (false)) v (is_first) ON v.is_first OR p.updated_at > m.at
"""


def _stage_names(plan: Plan) -> str:
    """Make the table `made_names`: the main name of everybody, and aliases of some."""
    draws = plan.draws
    kind = draws.drawn(traits.ALIASES, "a.key", "alias kind")
    other = draws.whole("k.key", "alias surname", SURNAME_SLOTS)
    given = draws.whole("k.key", "alias given", GIVEN_SLOTS)
    has_date = f"{draws.chance('k.key', 'alias date')} < {shares.FURTHER}"
    return f"""
        CREATE TEMPORARY TABLE made_names ON COMMIT DROP AS
        SELECT m.id AS name_id, m.id AS person_id, m.i AS key, m.at, NULL AS kind,
               m.family_name, m.given_names, CAST(NULL AS date) AS born
        FROM made_people m
        UNION ALL
        SELECT {draws.uuid(plan.force, "k.ms", "k.key", "alias")}, k.id, k.key, k.at,
               CASE WHEN k.kind = 'former' THEN 'former' ELSE 'alias' END,
               CASE k.kind WHEN 'surname_spelling' THEN k.misspelt_family
                           WHEN 'swapped' THEN k.given_names
                           WHEN 'former' THEN {_FORM} WHEN 'false' THEN {_FORM}
                           ELSE k.family_name END,
               CASE k.kind WHEN 'spelling' THEN k.misspelt_given WHEN 'swapped' THEN k.family_name
                           WHEN 'false' THEN g.name ELSE k.given_names END,
               CASE WHEN k.has_date AND (k.kind = 'other_date' OR {has_date})
                    THEN {_OTHER_DATE} END
        FROM (SELECT a.*, {kind} AS kind
              FROM (SELECT m.*, m.i * 4 + c.number AS key
                    FROM made_people m JOIN (VALUES (1), (2), (3)) c (number)
                      ON {draws.chance("m.i", "aliases")}
                         < {shares.ALIAS_SHARE} * power({shares.FURTHER}, c.number - 1)
                    OFFSET 0) a OFFSET 0) k
        JOIN list_surnames s ON s.community = k.community AND s.slot = {other}
        JOIN list_given g ON g.community = k.community AND g.is_female = k.is_female
         AND g.era = k.era AND g.slot = {given}
    """


_FORM = "CASE WHEN k.is_female THEN s.female ELSE s.male END"
# Day and month change places where both can be a month; else it is a year earlier.
_YEAR, _MONTH, _DAY = (
    f"CAST(extract({part} FROM k.born) AS int)" for part in ("year", "month", "day")
)
_OTHER_DATE = f"""
    CASE WHEN {_DAY} <= {shares.MONTHS} AND {_DAY} <> {_MONTH}
         THEN make_date({_YEAR}, {_DAY}, {_MONTH}) ELSE k.born - 365 END
"""
_PERSON_NAMES = """
    INSERT INTO person_names (force, id, person_id, type, family_name, given_names, date_of_birth,
                              recorded_by, recorded_at)
    SELECT :force, n.name_id, n.person_id, n.kind, n.family_name, n.given_names, n.born, :by, n.at
    FROM made_names n WHERE n.kind IS NOT NULL
"""


def _dates_of_birth(plan: Plan) -> str:
    ms = "CAST(extract(epoch FROM n.at) * 1000 AS bigint)"
    return f"""
        INSERT INTO person_dates_of_birth (force, id, person_id, date_of_birth, recorded_by,
                                           recorded_at)
        SELECT :force, {plan.draws.uuid(plan.force, ms, "n.key", "date")}, n.person_id, n.born,
               :by, n.at
        FROM (SELECT person_id, born, min(key) AS key, min(at) AS at FROM made_names
              WHERE born IS NOT NULL GROUP BY person_id, born) n
        JOIN made_people m ON m.id = n.person_id AND m.date_of_birth IS DISTINCT FROM n.born
    """


def _identifiers(plan: Plan) -> str:
    """Write PNC IDs, CRO numbers and prison numbers with their right letters."""
    draws = plan.draws
    scattered = f"(m.n * {SCATTER} % {plan.scatter_over})"
    has_pnc = f"m.traveller IS NOT NULL OR {draws.chance('m.i', 'pnc')} < {shares.PNC_SHARE}"
    grown = f"m.born < CAST(:today AS date) - {int(shares.PARTNER_AGE * traits.YEAR)}"
    pnc_number = f"""
        CASE WHEN m.traveller IS NOT NULL THEN {TRAVELLERS_PNC_FROM} - m.traveller
             ELSE {PNC_FROM} - :before - {scattered} END
    """
    number = f"((:before + {scattered}) * {SCATTER} % {CRO_SPAN})"
    prison = f"((:before + {scattered}) * {SCATTER} % {PRISON_SPAN})"
    yy = "(m.met_year % 100)"
    digits = f"lpad(CAST({yy} AS text), 2, '0')"
    on_file = f"{draws.chance('m.i', 'file')} < {shares.FINGERPRINT_FILE_SHARE}"
    cro_letter = check_letter(f"{yy} * 1000000 + m.cro")
    pnc_letter = check_letter(f"{yy} * 10000000 + m.pnc")
    # Which is cheaper than a lateral VALUES: its expressions are made ready anew for every row.
    return f"""
        INSERT INTO person_identifiers (force, id, person_id, type, value, state, raw_value, source,
                                        recorded_by, recorded_at)
        WITH numbered AS MATERIALIZED (
            SELECT m.id, m.i, m.ms, m.at, m.met_year, {pnc_number} AS pnc,
                   {CRO_FROM} + {number} AS cro, {prison} AS prison,
                   {draws.chance("m.i", "cro")} < {shares.CRO_SHARE} AS has_cro,
                   {draws.chance("m.i", "prison")} < {shares.PRISON_SHARE} AND {grown} AS has_prison
            FROM made_people m WHERE {has_pnc})
        SELECT :force, {draws.uuid(plan.force, "v.ms", "v.key", "identifier")}, v.id, v.type,
               v.value, 'valid', v.value, 'import', :by, v.at
        FROM (SELECT m.id, m.ms, m.at, m.i * 4 AS key, 'pnc_id' AS type,
                     m.met_year || '/' || lpad(CAST(m.pnc AS text), 7, '0') || {pnc_letter} AS value
              FROM numbered m
              UNION ALL
              SELECT m.id, m.ms, m.at, m.i * 4 + 1, 'cro_number',
                     CASE WHEN {on_file} THEN 'SF' || {digits} || '/' || m.cro
                          ELSE m.cro || '/' || {digits} END || {cro_letter}
              FROM numbered m WHERE m.has_cro
              UNION ALL
              SELECT m.id, m.ms, m.at, m.i * 4 + 2, 'prison_number',
                     'Z' || lpad(CAST(m.prison % 10000 AS text), 4, '0')
                     || chr(CAST(65 + m.prison / 10000 / 26 AS int))
                     || chr(CAST(65 + m.prison / 10000 % 26 AS int))
              FROM numbered m WHERE m.has_prison OFFSET 0) v
        ORDER BY v.type, v.value
    """


def _addresses(plan: Plan) -> str:
    """Write homes, those before and after them, and where else people are met."""
    draws = plan.draws
    house = f"(1 + {draws.whole('a.home', 'house', HOUSES)})"
    flat = draws.whole("a.home", "flat", 12)
    along = f"(2.0 * a.house / {HOUSES} - 1)"
    other = draws.drawn(traits.OTHER_ADDRESSES, "m.i", "other address")
    left_before = draws.whole("m.i", "residence", RESIDENCE_DAYS)
    has_before = f"{draws.chance('m.i', 'previous')} < {shares.PREVIOUS_SHARE}"
    has_other = f"{draws.chance('m.i', 'other')} < {shares.OTHER_ADDRESS_SHARE}"
    grown = f"m.born < CAST(:today AS date) - {int(shares.PARTNER_AGE * traits.YEAR)}"
    return f"""
        INSERT INTO person_addresses (force, id, person_id, lines, postcode, latitude, longitude,
                                      neighbourhood, type, from_on, to_on, recorded_by, recorded_at)
        SELECT :force, {draws.uuid(plan.force, "a.ms", "a.i * 4 + a.place", "address")}, a.id,
               CASE WHEN {draws.chance("a.home", "is flat")} < {FLAT_SHARE}
                    THEN ARRAY['Flat ' || (1 + {flat}) || ', ' || a.house || ' ' || s.name, s.town]
                    ELSE ARRAY[a.house || ' ' || s.name, s.town] END,
               s.postcode, round((s.latitude + {along} * s.north) * 100000.0) / 100000.0,
               round((s.longitude + {along} * s.east) * 100000.0) / 100000.0,
               s.neighbourhood, a.type, a.from_on, a.to_on, :by, a.at
        FROM (SELECT a.*, {house} AS house FROM (
              SELECT m.i, m.id, m.ms, 0 AS place, m.leader AS home, m.street, 'home' AS type,
                     m.home_from AS from_on, CAST(NULL AS date) AS to_on, m.at
              FROM made_people m WHERE m.street IS NOT NULL
              UNION ALL
              SELECT m.i, m.id, m.ms, 1, -m.i, m.new_street, 'home', CAST(m.moved_at AS date),
                     NULL, m.moved_at
              FROM made_people m WHERE m.moved_at IS NOT NULL
              UNION ALL
              SELECT m.i, m.id, m.ms, 2, m.i * 3, {draws.whole("m.i", "old street", _STREETS)},
                     'previous', greatest(m.born, m.home_from - 30 - {left_before}),
                     greatest(m.born, m.home_from - 1), m.at
              FROM made_people m WHERE {has_before}
              UNION ALL
              SELECT m.i, m.id, m.ms, 3, m.i * 5, {draws.whole("m.i", "other street", _STREETS)},
                     CASE WHEN {grown} THEN {other} ELSE 'other' END, m.home_from, NULL, m.at
              FROM made_people m WHERE {has_other} AND m.street IS NOT NULL) a OFFSET 0) a
        JOIN stage_streets s ON s.slot = a.street
    """


def _vehicles(plan: Plan) -> str:
    """Write cars whose mark has a Q among its last letters, which no real one has."""
    draws = plan.draws
    grown = f"m.born < CAST(:today AS date) - {int(shares.PARTNER_AGE * traits.YEAR)}"
    age = f"CAST(floor(power({draws.chance('m.key', 'year')}, 1.5) * 17) AS int)"
    year = f"({plan.today.year} - 1 - {age})"
    half = f"CASE WHEN {draws.chance('m.key', 'half')} < {EVEN} THEN 50 ELSE 0 END"
    area, area_2 = (_letter(plan, traits.MARK_AREAS, what) for what in ("area", "area 2"))
    end, end_2 = (_letter(plan, traits.MARK_LETTERS, what) for what in ("end", "end 2"))
    return f"""
        INSERT INTO person_vehicles (force, id, person_id, registration_mark, make, colour,
                                     recorded_by, recorded_at)
        SELECT :force, {draws.uuid(plan.force, "m.ms", "m.key", "vehicle")}, m.id,
               {area} || {area_2} || lpad(CAST({year} % 100 + {half} AS text), 2, '0') || 'Q'
                   || {end} || {end_2},
               {draws.drawn(traits.VEHICLE_MAKES, "m.key", "make")},
               {draws.drawn(traits.VEHICLE_COLOURS, "m.key", "colour")}, :by, m.at
        FROM (SELECT m.*, m.i * 2 + c.number AS key
              FROM made_people m JOIN (VALUES (0), (1)) c (number)
                ON {draws.chance("m.i", "vehicles")}
                   < {shares.VEHICLE_SHARE} * power({shares.FURTHER}, c.number)
              WHERE {grown}) m
    """


def _letter(plan: Plan, letters: str, what: str) -> str:
    return f"substr('{letters}', 1 + {plan.draws.whole('m.key', what, len(letters))}, 1)"


def _markers(plan: Plan) -> str:
    """Write one or two markers of a person, each code once."""
    draws = plan.draws
    codes = texts(traits.MARKERS.values)
    rationales = " ".join(
        f"WHEN {literal(code)} THEN {literal(why)}"
        for code, why in traits.MARKER_RATIONALES.items()
    )
    return f"""
        INSERT INTO person_markers (force, id, person_id, code, rationale, source, from_on,
                                    review_on, recorded_by, recorded_at, version)
        SELECT :force, {draws.uuid(plan.force, "c.ms", "c.i * 2 + c.number", "marker")}, c.id,
               c.code, CASE c.code {rationales} END, 'import', CAST(c.at AS date),
               CAST(c.at AS date) + CAST(:marker_days AS int), :by, c.at, 1
        FROM (SELECT m.i, m.id, m.ms, m.at, v.number,
                     CASE WHEN v.number = 0 THEN f.first
                          WHEN f.first = f.second THEN ({codes})[3] ELSE f.second END AS code,
                     f.first
              FROM made_people m
              CROSS JOIN LATERAL (
                  SELECT {draws.drawn(traits.MARKERS, "m.i", "marker")} AS first,
                         {draws.drawn(traits.MARKERS, "-m.i", "marker")} AS second) f
              JOIN (VALUES (0), (1)) v (number)
                ON {draws.chance("m.i", "markers")} < {shares.MARKER_SHARE} / (1 + v.number)
              OFFSET 0) c
        WHERE c.number = 0 OR c.code <> c.first
    """
