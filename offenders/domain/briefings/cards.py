"""A card: what an officer needs of one person where they may be met, as SQL.

One statement makes the cards of a ward, of a whole area, or of a few people, so that whoever asks
by whichever way is shown the same. What the reader may not see has no part in whether somebody is
listed, nor where in the order.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.briefings.reasons import KINDS, rank, reasons
from offenders.domain.persons.shown import IDENTITY_JSON

if TYPE_CHECKING:
    from offenders.domain.briefings.seeing import StreetSight

# Markers that make somebody who is wanted dangerous: Firearms, Weapons, Violent, Explosives.
DANGER: Final = ("FI", "WE", "VI", "XP")
GRAVE: Final = 2  # high risk or very high
NO_RISK: Final = 9
# Where a person may be met now; what is masked is null and named.
_ADDRESSES: Final = """(
    SELECT coalesce(json_agg(json_build_object('type', a.type, 'lines', a.lines,
               'postcode', a.postcode, 'latitude', a.latitude, 'longitude', a.longitude,
               'neighbourhood', a.neighbourhood, 'from', a.from_on)
               ORDER BY a.type <> 'home', a.from_on DESC NULLS LAST, a.id), '[]')
    FROM person_addresses a WHERE a.force = p.force AND a.person_id = p.id AND {current})"""
_CURRENT: Final = """
    (a.type <> 'previous' AND coalesce(a.from_on <= CAST(:today AS date), true)
     AND coalesce(a.to_on >= CAST(:today AS date), true))
"""
_VEHICLES: Final = """(
    SELECT coalesce(json_agg(json_build_object('registration_mark', v.registration_mark,
               'make', v.make, 'model', v.model, 'colour', v.colour)
               ORDER BY v.registration_mark, v.id), '[]')
    FROM person_vehicles v WHERE v.force = p.force AND v.person_id = p.id)"""
_MARKERS: Final = f"""
    SELECT coalesce(json_agg(json_build_object('code', k.code, 'name', n.name,
               'review_on', k.review_on, 'is_expired', k.review_on < CAST(:today AS date))
               ORDER BY k.code), '[]') AS items,
           bool_or(k.code = ANY (CAST(ARRAY{list(DANGER)!r} AS text[]))) AS warns
    FROM person_markers k
    LEFT JOIN code_entries n ON n.list = 'warning_markers' AND n.code = k.code
    WHERE k.force = p.force AND k.person_id = p.id AND k.removed_at IS NULL
"""
_SEEN: Final = """(
    SELECT json_build_object('at', x.occurred_at,
               'place', CASE WHEN NOT h.hides THEN x.place END,
               'latitude', CASE WHEN NOT h.hides THEN x.latitude END,
               'longitude', CASE WHEN NOT h.hides THEN x.longitude END,
               'registration_mark', x.registration_mark)
    FROM sightings x WHERE x.force = p.force AND x.person_id = p.id
    ORDER BY x.occurred_at DESC, x.id DESC LIMIT 1)"""
_HAS_BEEN_SEEN: Final = """EXISTS (
    SELECT FROM sightings x WHERE x.force = p.force AND x.person_id = p.id)"""
_CHILD: Final = "(p.date_of_birth > CAST(:today AS date) - interval '18 years') IS TRUE"
_NO_PHOTO: Final = f"({_CHILD} AND r_wanted.items IS NULL AND p.photo_reference IS NOT NULL)"
_MASKED: Final = f"""(
    CASE WHEN h.hides THEN ARRAY['addresses', 'neighbourhoods'] ELSE '{{}}' END
    || CASE WHEN h.hides AND {_HAS_BEEN_SEEN} THEN ARRAY['last_seen.place', 'last_seen.latitude',
                                                    'last_seen.longitude'] ELSE '{{}}' END
    || CASE WHEN {_NO_PHOTO} THEN ARRAY['photo_reference'] ELSE '{{}}' END
    || r_order.masked)"""


def _over_kinds(column: str, joined: str) -> str:
    return joined.join(f"r_{kind}.{column}" for kind in KINDS)


_ITEMS: Final = f"CAST('[' || concat_ws(',', {_over_kinds('items', ', ')}) || ']' AS json)"
_ACT: Final = """
    CASE WHEN r_wanted.items IS NULL THEN 'no' WHEN r_wanted.may_act THEN 'yes'
         ELSE 'confirm_first' END
"""
_NOT_WANTED: Final = (
    '[{"code": "not_wanted", "detail": "Not wanted on this list: it gives no power of arrest."}]'
)
_CARD: Final = f"""
    (json_build_object({IDENTITY_JSON},
        'type', 'offender', 'age', CAST(date_part('year', age(CAST(:today AS date),
                                                              p.date_of_birth)) AS int),
        'photo_reference', CASE WHEN NOT {_NO_PHOTO} THEN p.photo_reference END,
        'neighbourhoods', to_json(w.wards), 'risk', ({{risks}})[o.rank],
        'is_wanted', o.is_wanted, 'is_dangerous', o.is_dangerous,
        'reasons', {_ITEMS},
        'if_met', json_build_object('act', {_ACT},
            'because', coalesce(r_wanted.because, CAST('{_NOT_WANTED}' AS json)),
            'instructions', to_json(coalesce(
                array_remove({_over_kinds("says", " || ")}, NULL), '{{}}'))),
        'markers', n.items,
        'addresses', CASE WHEN NOT h.hides THEN {_ADDRESSES.format(current=_CURRENT)} END,
        'vehicles', {_VEHICLES}, 'last_seen', {_SEEN},
        'last_activity_at', r_wanted.last_activity_at,
        'masked', to_json({_MASKED}), 'version', p.version))
"""


def card_rows(seen: StreetSight, people: str) -> tuple[str, dict[str, Any]]:
    """Give SQL of the cards of those `people` (SQL of ids `id`) who have a reason, and its values.

    Columns: id, version, item (json), danger, rank, rest (the keys of the order, then id), wards,
    kinds, subjects, masked, hides, and turned_at and turns_at, between which moments time alone
    changes no card but by the day.
    """
    sql, values = _card_rows(seen, people)
    return sql, dict(values)


@lru_cache(maxsize=2000)  # as many as there are roles and areas; putting it together takes a while
def _card_rows(seen: StreetSight, people: str) -> tuple[str, dict[str, Any]]:
    parts, values = reasons(seen)
    joins = "".join(f"CROSS JOIN LATERAL ({parts[kind]}) r_{kind}\n" for kind in KINDS)
    risks = "CAST(ARRAY['very_high', 'high', 'medium', 'standard', 'low'] AS text[])"
    sql = f"""
        SELECT p.id, p.version, {_CARD.replace("{risks}", risks)} AS item,
               CASE WHEN o.is_dangerous THEN 0 ELSE 1 END AS danger,
               coalesce(o.rank, {NO_RISK}) AS rank,
               CASE WHEN o.is_wanted THEN 0 ELSE 1 END AS rest,
               w.wards, h.hides, r_wanted.turned_at, r_wanted.turns_at,
               array_remove(ARRAY[{_kinds()}], NULL) AS kinds,
               p.id || ({_over_kinds("ids", " || ")}) AS subjects, {_MASKED} AS masked
        FROM ({people}) one
        CROSS JOIN LATERAL (SELECT * FROM persons x WHERE x.force = :force AND x.id = one.id
                             AND x.merged_into IS NULL OFFSET 0) p
        CROSS JOIN LATERAL (
            SELECT p.are_addresses_protected AND NOT :sees_protected AS hides) h
        {joins}
        CROSS JOIN LATERAL ({_MARKERS}) n
        CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT DISTINCT ward FROM unnest(
                       CASE WHEN NOT h.hides THEN ARRAY[p.neighbourhood] END
                       || {_over_kinds("areas", " || ")}) ward
                   WHERE ward IS NOT NULL ORDER BY ward) AS wards) w
        CROSS JOIN LATERAL (
            SELECT least({_over_kinds("rank", ", ")}) AS rank,
                   r_wanted.items IS NOT NULL AS is_wanted) k
        CROSS JOIN LATERAL (
            SELECT k.rank, k.is_wanted,
                   k.is_wanted AND (coalesce(k.rank <= {GRAVE}, false)
                                    OR coalesce(n.warns, false)
                                    OR coalesce(r_wanted.is_domestic, false)) AS is_dangerous) o
        WHERE num_nonnulls({_over_kinds("items", ", ")}) > 0
    """
    own = {
        "force": seen.force,
        "sees_protected": seen.protected_addresses,
    }
    return sql, values | own


def _kinds() -> str:
    return ", ".join(f"CASE WHEN r_{each}.items IS NOT NULL THEN '{each}' END" for each in KINDS)


_REASONED: Final = """
    SELECT {0}.person_id AS id FROM wants {0}
    WHERE {0}.force = :force AND {0}.state = 'outstanding' AND {1}
    UNION SELECT {0}.person_id FROM iom_members {0}
    WHERE {0}.force = :force AND {0}.exited_at IS NULL AND {1}
    UNION SELECT {0}.person_id FROM orders {0}
    WHERE {0}.force = :force AND {0}.state IN ('granted', 'in_force', 'varied') AND {1}
    UNION SELECT {0}.person_id FROM registrations {0}
    WHERE {0}.force = :force AND {0}.state <> 'closed' AND {1}
    UNION SELECT {0}.person_id FROM mappa_cases {0}
    WHERE {0}.force = :force AND {0}.stage = 'open' AND {1}
"""
# Whoever may be met in the force: more than are shown, never fewer.
OF_FORCE: Final = _REASONED.format("z", "true")
# Whoever lives in one of the wards or is looked for there; the same.
OF_WARDS: Final = f"""
    SELECT q.id FROM persons q
    WHERE q.force = :force AND q.neighbourhood = ANY (CAST(:wards AS text[]))
      AND EXISTS ({_REASONED.format("z", "z.person_id = q.id").replace("UNION ", "UNION ALL ")})
    UNION
    {_REASONED.format("y", "y.neighbourhood = ANY (CAST(:wards AS text[]))")}
"""

__all__ = ["DANGER", "OF_FORCE", "OF_WARDS", "card_rows", "rank"]
