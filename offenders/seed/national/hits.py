"""SQL that makes a force's forensic hits: behind each forensic want, and what was done by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders.domain.forensics.rules import DEALT_WITH, OTHER_CLASS, Stage
from offenders.domain.reference.codes import read_csv
from offenders.seed import hits
from offenders.seed.national.draws import literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.seed.national.plan import Plan

# Behind a forensic want there are up to five hits, three on average: some 36,000 in the nation,
# as of 43 forces with seventy a month.
MOST_BEHIND: Final = 5
KEYS: Final = 8  # hits of one want that have a key
RESEARCH_DAYS, ALLOCATION_DAYS = 2, 4  # at most
_COLUMNS: Final = (
    "force",
    "id",
    "reference",
    "type",
    "laboratory_reference",
    "crime_reference",
    "offence_code",
    "offence_class",
    "identified_at",
    "received_at",
    "lpa",
    "owner_officer",
    "owner_team",
    "person_state",
    "person_id",
    "candidates",
    "stated",
    "want_id",
    "state",
    "researched_at",
    "researched_by",
    "linked_crimes",
    "allocated_at",
    "allocated_by",
    "outcome",
    "outcome_at",
    "outcome_by",
    "research_due_at",
    "allocation_due_at",
    "arrest_due_at",
    "recorded_by",
    "version",
    "recorded_at",
    "updated_at",
)
# As it was received, before anything was done.
_UNDONE: Final = {
    **dict.fromkeys(
        (
            "researched_at",
            "researched_by",
            "allocated_at",
            "allocated_by",
            "outcome",
            "outcome_at",
            "outcome_by",
            "owner_officer",
        ),
        "NULL",
    ),
    "owner_team": "h.duty_team",
    "state": "'received'",
    "version": "1",
    "updated_at": "h.recorded_at",
}


def hit_statements(plan: Plan) -> Iterator[tuple[str, str]]:
    """Give (table, statement); wants must be there."""
    yield "made_hits", _stage(plan)
    yield (
        "teams",
        """INSERT INTO teams (force, code, recorded_at)
           SELECT :force, h.duty_team, min(h.recorded_at) FROM made_hits h GROUP BY 2
           ON CONFLICT DO NOTHING""",
    )
    columns = ", ".join(_COLUMNS)
    yield "forensic_hits", f"INSERT INTO forensic_hits ({columns}) SELECT {columns} FROM made_hits"
    first = ", ".join(_UNDONE.get(name, f"h.{name}") for name in _COLUMNS)
    then = ", ".join(f"h.{name}" for name in _COLUMNS)
    yield (
        "forensic_hits_history",
        f"""INSERT INTO forensic_hits_history ({columns}, recorded_from, recorded_to)
            SELECT {first}, h.recorded_at, h.changed_at FROM made_hits h
            UNION ALL
            SELECT {then}, h.changed_at, NULL FROM made_hits h WHERE h.changed_at IS NOT NULL""",
    )


def _stage(plan: Plan) -> str:
    due = ", ".join(
        f"""s.received_at + make_interval(hours => 24 * CAST(CAST(:hit_days AS jsonb) ->>
            (CASE WHEN s.offence_class = '{OTHER_CLASS}' THEN 'other_' ELSE 'serious_' END
             || '{stage}') AS int)) AS {stage}_due_at"""
        for stage in Stage
    )
    return f"""
        CREATE TEMPORARY TABLE made_hits ON COMMIT DROP AS
        SELECT s.*, {due},
               CASE WHEN s.outcome_at IS NOT NULL THEN 'outcome_returned'
                    WHEN s.allocated_at IS NOT NULL THEN 'allocated'
                    WHEN s.researched_at IS NOT NULL THEN 'researched'
                    ELSE 'received' END AS state,
               CASE WHEN s.researched_at IS NOT NULL THEN :by END AS researched_by,
               CASE WHEN s.allocated_at IS NOT NULL THEN :by END AS allocated_by,
               CASE WHEN s.outcome_at IS NOT NULL THEN :by END AS outcome_by,
               CASE WHEN s.outcome_at IS NOT NULL
                    THEN {plan.draws.drawn(hits.OUTCOMES, "s.key", "hit outcome")} END AS outcome,
               CASE WHEN s.allocated_at IS NOT NULL THEN s.want_officer END AS owner_officer,
               CASE WHEN s.allocated_at IS NULL THEN s.duty_team ELSE s.want_team END
                   AS owner_team,
               greatest(s.researched_at, s.allocated_at, s.outcome_at) AS changed_at,
               CASE WHEN num_nonnulls(s.researched_at, s.allocated_at, s.outcome_at) = 0
                    THEN 1 ELSE 2 END AS version,
               coalesce(greatest(s.researched_at, s.allocated_at, s.outcome_at), s.recorded_at)
                   AS updated_at
        FROM ({_found(plan)}) s ORDER BY s.n
    """


def _found(plan: Plan) -> str:
    """Give each hit behind a want, with when its steps were done, if they were by now."""
    draws = plan.draws
    key = f"(m.i * {KEYS} + g.k)"
    number = f"(m.n * {KEYS} + g.k)"
    dealt = ", ".join(literal(each) for each in DEALT_WITH)

    def step(share: float, start: str, days: int, what: str) -> str:
        moment = f"{start} + interval '1 day' * {days} * (0.001 + {draws.chance(key, what)})"
        is_done = f"{draws.chance(key, f'{what} done')} < {share}"
        return f"CASE WHEN {is_done} AND {moment} < CAST(:now AS timestamptz) THEN {moment} END"

    returned = step(hits.RETURNED_SHARE, "w.outcome_at", hits.RETURNED_DAYS, "returned")
    return f"""
        SELECT w.force, {number} AS n, {key} AS key,
               {draws.uuid(plan.force, "m.ms", key, "hit")} AS id,
               {draws.reference("H", plan.force, number)} AS reference,
               {draws.drawn(hits.TYPES, key, "hit type")} AS type,
               'FS/' || w.force || '/' || {number} AS laboratory_reference,
               w.crime_reference, w.offence_code, {_class("w.offence_code")} AS offence_class,
               w.entered_at AS received_at,
               w.entered_at - interval '1 hour' * {hits.LABORATORY_HOURS}
                   * {draws.chance(key, "identified")} AS identified_at,
               a.lpa, 'DUTY-' || coalesce(a.lpa, w.force) AS duty_team,
               w.owner_officer AS want_officer, w.owner_team AS want_team,
               'known' AS person_state, w.person_id, CAST('{{}}' AS uuid[]) AS candidates,
               CAST('{{}}' AS jsonb) AS stated, w.id AS want_id,
               CAST('{{}}' AS text[]) AS linked_crimes,
               {step(hits.RESEARCHED_SHARE, "w.recorded_at", RESEARCH_DAYS, "researched")}
                   AS researched_at,
               {step(hits.ALLOCATED_SHARE, "w.recorded_at", ALLOCATION_DAYS, "allocated")}
                   AS allocated_at,
               CASE WHEN w.state IN ({dealt}) THEN {returned} END AS outcome_at,
               w.entered_by AS recorded_by, w.recorded_at
        FROM made_wants m
        JOIN wants w ON w.force = :force AND w.id = m.id
        JOIN persons p ON p.force = w.force AND p.id = w.person_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN NOT p.are_addresses_protected THEN w.lpa END AS lpa) a
        CROSS JOIN LATERAL generate_series(
            0, {draws.whole("m.i", "hits behind", MOST_BEHIND)}) g (k)
        WHERE m.basis = 'forensic' AND m.reason = 'named_suspect'
    """


def _class(code: str) -> str:
    parts = " ".join(
        f"WHEN starts_with({code}, {literal(row['stem'])}) THEN {literal(row['class'])}"
        for row in read_csv("offence_classes.csv")
    )
    return f"CASE {parts} ELSE '{OTHER_CLASS}' END"
