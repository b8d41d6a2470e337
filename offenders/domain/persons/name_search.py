"""Ranking names in SQL: which people have a name that meets the words, and how well it does.

Trigram and LIKE operators lose their index under row-level security, so words are compared by
equality and range; `~>~` and `~<~` compare bytes, which in UTF-8 is the order of characters.
Names are gathered by their longer words, all in one index scan; initials and particles are looked
for in the names so gathered.

A rank is class x 30000 + cost x 3 + place; the lower the better. Classes: every word equal; some
only begun; some alike; some missing. Places: main name, alias, former name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.persons.asking import WORDS_WITH_ONE_TO_SPARE
from offenders.domain.persons.spelling import BEGINS, INITIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offenders.domain.persons.asking import Asking, Meeting

CLASS: Final = 30_000
PLACES: Final = ("main", "alias", "former")
EQUAL_CLASS, BEGUN_CLASS, ALIKE_CLASS, MISSING_CLASS = range(4)
SHORTEST_STRONG: Final = 3  # letters
SURE_WHEN_BORN_ALIKE: Final = 24  # cost: one error, or as it sounds
_CHECKED_ALIKE: Final = 25  # cost of an initial or short word that is met by another spelling

_PLACE = """
    CASE WHEN m.name_id = m.person_id THEN 0 WHEN a.type = 'alias' THEN 1 ELSE 2 END
"""
# Who had the name at a past moment; a main name keeps the id of the record it was merged from.
_HAD_AS_AT = """
    coalesce((SELECT v.from_person FROM person_moves v
              WHERE v.force = :force AND v.row_id = s.name_id AND v.column_name = 'person_id'
                AND v.recorded_at > :as_at ORDER BY v.recorded_at LIMIT 1), s.person_id)
"""
# A name that has since become a former one was the main name then.
_PLACE_AS_AT = """
    CASE WHEN m.name_id = m.person_id
              THEN CASE WHEN (c.family_name, c.given_names)
                             IS NOT DISTINCT FROM (h.family_name, h.given_names) THEN 0 END
         WHEN a.type = 'former' AND (a.family_name, a.given_names)
                             IS NOT DISTINCT FROM (h.family_name, h.given_names) THEN 0
         WHEN a.recorded_at <= :as_at THEN CASE WHEN a.type = 'alias' THEN 1 ELSE 2 END END
"""
_THEN = """
    JOIN persons c ON c.force = :force AND c.id = m.person_id
    JOIN persons_history h ON h.force = :force AND h.id = m.person_id
     AND h.recorded_from <= :as_at AND (h.recorded_to IS NULL OR h.recorded_to > :as_at)
     AND h.merged_into IS NULL
"""
_GIVEN_WORDS = """
    unnest(CAST(:met_words AS text[]), CAST(:met_masks AS int[]), CAST(:met_costs AS int[]))
        AS w (word, mask, cost)
"""
# Once over the words together: a planner that knows nothing of a force may take any index for it.
_BY_WORD = f"""
    SELECT t.person_id, t.name_id, w.mask, w.cost
    FROM (SELECT k.person_id, k.name_id, k.token FROM person_name_tokens k
          WHERE k.force = :force AND k.token = ANY (CAST(:met_words AS text[])) OFFSET 0) t
    JOIN {_GIVEN_WORDS} ON w.word = t.token
"""
# With those who have now what was then their names.
_NEAR_AS_AT = """
    ARRAY(SELECT unnest(CAST(:near_people AS uuid[]))
          UNION
          SELECT coalesce(z.merged_into, z.id) FROM person_moves v
          JOIN persons z ON z.force = v.force AND z.id = v.to_person
          WHERE v.force = :force AND v.from_person = ANY (:near_people)
            AND v.recorded_at > :as_at)
"""
_BY_PERSON = f"""
    SELECT t.person_id, t.name_id, w.mask, w.cost
    FROM (SELECT k.person_id, k.name_id, k.token FROM person_name_tokens k
          WHERE k.force = :force AND k.person_id = ANY ({{people}}) OFFSET 0) t
    JOIN {_GIVEN_WORDS} ON w.word = t.token
"""


def select_people_named(
    asking: Asking, met: Sequence[Meeting], values: dict[str, Any], *, as_at: bool, near: bool
) -> str:
    """Select people by (person_id, name_id, rank), 0 the best; put what is bound into `values`.

    `near` ranks only the people bound as `near_people`, whose words are all in `met`.
    """
    values |= {
        "met_words": [each.word for each in met],
        "met_masks": [each.mask for each in met],
        "met_costs": [each.likeness.cost for each in met],
    }
    numbers = range(len(asking.words))
    drivers = list(numbers) if near else asking.drivers
    spare = _to_spare(asking, near=near)
    checks = [number for number in numbers if number not in drivers]
    gathered = _gathered(asking, drivers, values, as_at=as_at, near=near)
    costs = ", ".join(_least(asking, number, values, number in checks, met) for number in numbers)
    place, then = (_PLACE_AS_AT, _THEN) if as_at else (_PLACE, "")
    had, also, carried, held = "s.person_id", "", "", ""
    holder = "holder" if as_at else "person_id"
    if as_at:
        had, also = _HAD_AS_AT, ", s.person_id AS holder"
        carried, held = ", x.holder", ", m.holder"
    return f"""
        SELECT DISTINCT ON (x.person_id) x.person_id, x.name_id, x.fit + x.place AS rank{carried}
        FROM (
            SELECT m.person_id, m.name_id, m.fit, {place} AS place{held}
            FROM (SELECT {had} AS person_id, s.name_id, {_fit(asking)} AS fit{also}
                  FROM (SELECT g.person_id, g.name_id, {costs} FROM ({gathered}) g OFFSET 0) s
                  WHERE {_enough(asking, spare, SURE_WHEN_BORN_ALIKE if near else 0)}) m
            LEFT JOIN person_names a ON a.force = :force AND a.id = m.name_id
             AND a.person_id = m.{holder} AND m.name_id <> m.person_id {then}) x
        WHERE x.place IS NOT NULL ORDER BY x.person_id, rank, x.name_id
    """


def _to_spare(asking: Asking, *, near: bool) -> int:
    """Tell how many words may be missing: with the date of birth to speak for them, half."""
    if near:
        return asking.required // 2
    return int(asking.required >= WORDS_WITH_ONE_TO_SPARE)


def _gathered(
    asking: Asking, drivers: list[int], values: dict[str, Any], *, as_at: bool, near: bool
) -> str:
    """Select names by (person_id, name_id, c0, c1, …): what each word costs, null where unmet."""
    by_person = _BY_PERSON.format(people=_NEAR_AS_AT if as_at else ":near_people")
    sources = [by_person if near else _BY_WORD]
    if not near:
        begun = [(asking.words[number], 1 << number) for number in drivers]
        begun += [(each.text, each.mask) for each in asking.joined if each.closely]
        sources += [
            _begun(text, mask, f"begun_{at}", values) for at, (text, mask) in enumerate(begun)
        ]
    costs = ", ".join(
        f"min(u.cost) FILTER (WHERE u.mask & {1 << number} <> 0) AS c{number}"
        for number in range(len(asking.words))
    )
    least = len(drivers) - _to_spare(asking, near=near)
    met = " + ".join(f"(bit_or(u.mask) >> {number} & 1)" for number in drivers)
    return f"""
        SELECT u.person_id, u.name_id, {costs} FROM ({" UNION ALL ".join(sources)}) u
        GROUP BY u.person_id, u.name_id HAVING {met} >= {max(least, 1)}
    """


def _begun(text: str, mask: int, name: str, values: dict[str, Any]) -> str:
    """Select the names with a word that goes on after the text."""
    _bind_range(text, name, values)
    return f"""
        SELECT t.person_id, t.name_id, {mask}, {BEGINS.cost} FROM person_name_tokens t
        WHERE t.force = :force AND t.token ~>~ :{name} AND t.token ~<~ :{name}_end
    """


def _bind_range(text: str, name: str, values: dict[str, Any]) -> None:
    # A word ends in a letter, digit or mark, and after each of those comes a character.
    values |= {name: text, f"{name}_end": text[:-1] + chr(ord(text[-1]) + 1)}


def _least(
    asking: Asking,
    number: int,
    values: dict[str, Any],
    is_checked: bool,  # noqa: FBT001 - one of the two kinds of word
    met: Sequence[Meeting],
) -> str:
    """Give what a word costs; an initial or particle is looked for in the name's other words."""
    if not is_checked:
        return f"g.c{number} AS s{number}"
    word, name = asking.words[number], f"check_{number}"
    _bind_range(word, name, values)
    values[f"{name}_alike"] = [each.word for each in met if each.mask == 1 << number]
    values[f"{name}_other"] = [each for each in asking.words if each != word]
    cost = INITIAL.cost if len(word) == 1 else BEGINS.cost
    return f"""
        least(g.c{number}, (
            SELECT min(CASE WHEN t.token = :{name} THEN 0
                            WHEN t.token ~>~ :{name} AND t.token ~<~ :{name}_end THEN {cost}
                            WHEN t.token = ANY (:{name}_alike) THEN {_CHECKED_ALIKE} END)
            FROM person_name_tokens t
            WHERE t.force = :force AND t.person_id = g.person_id AND t.name_id = g.name_id
              AND t.token <> ALL (CAST(:{name}_other AS text[])))) AS s{number}
    """


def _fit(asking: Asking) -> str:
    numbers = range(len(asking.words))
    total = " + ".join(f"coalesce(s.s{n}, {asking.missing_cost(n)})" for n in numbers)
    worst = ", ".join(f"coalesce(s.s{n}, {asking.missing_cost(n)})" for n in numbers)
    return f"""
        {CLASS} * CASE WHEN NOT ({_enough(asking, 0)}) THEN {MISSING_CLASS}
                       WHEN greatest({worst}) = 0 THEN {EQUAL_CLASS}
                       WHEN greatest({worst}) <= {INITIAL.cost} THEN {BEGUN_CLASS}
                       ELSE {ALIKE_CLASS} END + 3 * ({total})
    """


def _enough(asking: Asking, spare: int, sure_cost: int = 0) -> str:
    """Where words are missing, one of three letters or more must be met at this cost at most."""
    needed = [n for n in range(len(asking.words)) if not asking.optional >> n & 1]
    unmet = " + ".join(f"(s.s{n} IS NULL)::int" for n in needed)
    if not spare:
        return f"{unmet} = 0"
    strong = [n for n in needed if len(asking.words[n]) >= SHORTEST_STRONG]
    sure = " OR ".join(f"s.s{n} <= {sure_cost}" for n in strong) or "false"
    return f"({unmet} = 0 OR ({unmet} <= {spare} AND ({sure})))"
