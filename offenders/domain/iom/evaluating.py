"""Evaluation: offences and harm before, during and after, beside people like the members."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import text

from offenders.domain.iom.estimating import Limits, change, difference, rates
from offenders.domain.iom.figures import EVALUATION, HARM, exact_figures
from offenders.domain.iom.matching import Life, Windows, match, windows_of
from offenders.domain.iom.scoring import SOURCES, harm_of
from offenders.domain.iom.store import OFFENCES
from offenders.domain.working_days import LONDON, london_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.iom.asking import Question
    from offenders.domain.iom.estimating import Count
    from offenders.domain.iom.matching import Span

_MEMBERS: Final = """
    SELECT m.id, m.reference, m.person_id, m.joined_on, m.exited_at, p.sex,
           p.date_of_birth AS born
    {source} AND {condition} AND m.exit_reason IS DISTINCT FROM 'entered_in_error'
    ORDER BY m.joined_on, m.id
"""
# Who may be compared: whoever offended here and was never in any scheme.
_POOL = text("""
    SELECT p.id AS person_id, p.sex, p.date_of_birth AS born FROM persons p
    WHERE p.force = :force AND p.date_of_birth IS NOT NULL
      AND (EXISTS (SELECT FROM detentions d WHERE d.force = p.force AND d.person_id = p.id)
           OR EXISTS (SELECT FROM wants w WHERE w.force = p.force AND w.person_id = p.id))
      AND NOT EXISTS (SELECT FROM iom_members m WHERE m.force = p.force AND m.person_id = p.id)
""")
_OFFENCES = text(f"""
    SELECT person_id, offence_code, happened_on FROM ({OFFENCES}) o ORDER BY happened_on
""")
_DETAINED = text("""
    SELECT person_id, arrested_at,
           coalesce(released_at, least(arrested_at + interval '96 hours', :now)) AS released_at
    FROM detentions WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[]))
""")
_RATED = text("""
    SELECT member_id, occurred_at, details ->> 'to' AS rating FROM iom_log
    WHERE force = :force AND kind = 'rating' AND member_id = ANY (CAST(:members AS uuid[]))
    ORDER BY member_id, occurred_at, id
""")
# Arrests are most of what is known: before the first on record nobody's offences are known.
_FIRST = text("""
    SELECT coalesce((SELECT min(arrested_at) FROM detentions WHERE force = :force),
                    (SELECT min(entered_at) FROM wants WHERE force = :force)) AS first
""")
REGRESSION: Final = (
    "Members are chosen when they offend most, so their offences would fall afterwards even if"
    " nothing were done (regression to the mean). A fall before and after proves nothing by"
    " itself: read it beside the comparison group, which is matched on offences before, and with"
    " its interval. The match knows age, sex and offences recorded here, nothing else."
)
LIMITS: Final = (
    (
        "Offences are arrests, wants and hits recorded by this force, not convictions, and nothing"
        " of other forces."
    ),
    (
        "Time in prison is known of members alone (rating blue); of everybody, time in police"
        " custody. The comparison group's time at liberty is overstated by its time in prison."
    ),
    "The comparison takes the windows of its member.",
)
METHOD: Final = {
    "people": "Somebody with several memberships is one person, in IOM from the first joining to"
    " the last exit. Where a rate is refused, so are the counts behind it.",
    "windows": "Before: so many days up to joining; after: as many from the exit, only where they"
    " have passed; during: from joining to exit or today. A window that records don't reach back"
    " to, or that is not over, is not whole: its member is left out of it and counted apart.",
    "free_days": "Days of the window less time in police custody and, of members, rated blue.",
    "binary": "People with at least one offence ÷ people; Wilson's interval, 95 %.",
    "frequency": "Offences ÷ days at liberty of all people, and offences ÷ offenders; interval by"
    " linearised variance over people, on the log scale, 95 %.",
    "harm": "Days of the Crime Harm Index, by the median of the offence's group.",
    "matching": "Each member with a whole window before gets one person never in IOM of the same"
    " sex, born within so many years, whose offences in that window differ by no more than the"
    " figure says; nobody is taken twice.",
    "difference": "The members' later rate ÷ earlier rate, over the same ratio of their matches;"
    " pairs are taken as one.",
}


class _Person(NamedTuple):
    """One person's time in IOM: from the first joining to the last exit, however often."""

    id: UUID
    reference: str
    person_id: UUID
    joined_on: date
    exited_at: datetime | None
    memberships: int


class _Case(NamedTuple):
    row: _Person
    life: Life
    windows: Windows


def evaluate(
    session: Session, question: Question, today: date, window_days: int | None
) -> dict[str, Any]:
    """Evaluate the people that a question finds; says how, and refuses too small numbers."""
    figures, explained = exact_figures(session, [EVALUATION, HARM], today)
    set_by = figures[EVALUATION]
    days = window_days or int(set_by["window_days"])
    limits = Limits(int(set_by["least_people"]), int(set_by["least_offences"]))
    cases, pool = _gather(session, question, today, days, figures[HARM])
    matched = match(
        [(case.life, case.windows) for case in cases],
        pool,
        years=int(set_by["age_years"]),
        prior=int(set_by["prior_offences"]),
    )
    return {
        "members": len(cases),
        "memberships": sum(case.row.memberships for case in cases),
        "window_days": days,
        "as_at": today,
        "windows": {name: _window(cases, matched, name, limits) for name in Windows._fields},
        "during_against_before": _against(cases, matched, "during", limits),
        "after_against_before": _against(cases, matched, "after", limits),
        "warning": REGRESSION,
        "limits": LIMITS,
        "method": METHOD,
        "sources": SOURCES,
        "figures": [each for each in explained if each["rule"] == EVALUATION],
        "people": [_shown(case, matched) for case in cases],
    }


def _gather(
    session: Session,
    question: Question,
    today: date,
    days: int,
    harm: Mapping[str, Any],
) -> tuple[list[_Case], list[Life]]:
    """Read members and the pool, with what is known of each."""
    condition, values = question.condition()
    sql = _MEMBERS.format(source=question.source, condition=condition)
    members = session.execute(text(sql), values).all()
    force = {"force": session.info["force"]}
    others = session.execute(_POOL, force).all()
    lives = {row.person_id: _life(row) for row in [*members, *others]}
    people = {"people": [each.hex for each in lives]}
    known: dict[str, float] = {}
    for person_id, code, happened_on in session.execute(_OFFENCES, force | people):
        if code not in known:
            known[code] = float(harm_of(code, harm))
        life = lives[person_id]
        life.days.append(happened_on.toordinal())
        life.harm.append(known[code])
    for row in session.execute(_DETAINED, force | people | {"now": question.now}):
        span = (_ordinal(row.arrested_at), _ordinal(row.released_at))
        lives[row.person_id].custody.append(span)
    _add_prison(session, members, lives, today)
    first = session.execute(_FIRST, force).scalar()
    known_from = london_day(first).toordinal() if first else today.toordinal()
    cases = [
        _Case(
            row,
            lives[row.person_id],
            windows_of(
                row.joined_on.toordinal(),
                london_day(row.exited_at).toordinal() if row.exited_at else None,
                days=days,
                known_from=known_from,
                today=today.toordinal(),
            ),
        )
        for row in _people(members)
    ]
    return cases, [lives[row.person_id] for row in others]


def _people(members: Sequence[Row[Any]]) -> list[_Person]:
    """Give each person once, in the order of joining; who is still in it has no exit."""
    of_person: dict[UUID, list[Row[Any]]] = {}
    for row in members:
        of_person.setdefault(row.person_id, []).append(row)
    people = []
    for rows in of_person.values():
        exits = [row.exited_at for row in rows]
        last = None if None in exits else max(exits)
        first = rows[0]
        people.append(
            _Person(first.id, first.reference, first.person_id, first.joined_on, last, len(rows))
        )
    return people


def _life(row: Row[Any]) -> Life:
    return Life(row.person_id, row.sex, row.born.toordinal() if row.born else None)


def _ordinal(moment: datetime) -> float:
    """Give a moment as days in London, with their fraction."""
    local = moment.astimezone(LONDON)
    return local.toordinal() + (local.hour * 3600 + local.minute * 60 + local.second) / 86_400


def _add_prison(
    session: Session, members: Sequence[Row[Any]], lives: Mapping[UUID, Life], today: date
) -> None:
    """Take the time that members were rated blue, in custody, out of their time at liberty."""
    ids = {row.id: row for row in members}
    values = {"force": session.info["force"], "members": [each.hex for each in ids]}
    rated: dict[UUID, list[tuple[float, str]]] = {}
    for row in session.execute(_RATED, values):
        rated.setdefault(row.member_id, []).append((_ordinal(row.occurred_at), row.rating))
    for member_id, ratings in rated.items():
        member = ids[member_id]
        end = _ordinal(member.exited_at) if member.exited_at else float(today.toordinal())
        ends = [*(begins for begins, _ in ratings[1:]), end]
        lives[member.person_id].custody += [
            (begins, until)
            for (begins, rating), until in zip(ratings, ends, strict=True)
            if rating == "blue"
        ]


def _window(
    cases: Sequence[_Case], matched: Mapping[UUID, Life], name: str, limits: Limits
) -> dict[str, Any]:
    whole = [(case, span) for case in cases if (span := getattr(case.windows, name))]
    members = [case.life.count(span) for case, span in whole]
    others = [
        matched[case.life.person_id].count(span)
        for case, span in whole
        if case.life.person_id in matched
    ]
    return {
        "incomplete": len(cases) - len(whole),
        "members": rates(members, limits),
        "comparison": rates(others, limits),
    }


def _against(
    cases: Sequence[_Case], matched: Mapping[UUID, Life], name: str, limits: Limits
) -> dict[str, Any]:
    """Compare a later window with the one before, of whoever has both whole."""
    both: list[tuple[_Case, Span, Span]] = [
        (case, case.windows.before, later)
        for case in cases
        if case.windows.before is not None and (later := getattr(case.windows, name))
    ]
    members = [(case.life.count(before), case.life.count(later)) for case, before, later in both]
    pairs = [
        (case.life, matched[case.life.person_id], before, later)
        for case, before, later in both
        if case.life.person_id in matched
    ]
    own = [(life.count(before), life.count(later)) for life, _, before, later in pairs]
    like = [(other.count(before), other.count(later)) for _, other, before, later in pairs]
    return {
        "members": change(*_apart(members), limits),
        "comparison": change(*_apart(like), limits),
        "pairs": len(pairs),
        "difference": difference(_apart(own), _apart(like), limits),
    }


def _apart(counts: Sequence[tuple[Count, Count]]) -> tuple[list[Count], list[Count]]:
    return [before for before, _ in counts], [later for _, later in counts]


def _shown(case: _Case, matched: Mapping[UUID, Life]) -> dict[str, Any]:
    """Give one member's windows as counted; null where a window isn't whole."""
    counted: dict[str, Any] = {}
    for name, span in zip(Windows._fields, case.windows, strict=True):
        count = case.life.count(span) if span else None
        counted[name] = (
            {
                "offences": count.offences,
                "harm_days": round(count.harm, 2),
                "free_days": round(count.days, 1),
            }
            if count
            else None
        )
    return {
        "member_id": case.row.id,
        "reference": case.row.reference,
        "person_id": case.row.person_id,
        "memberships": case.row.memberships,
        **counted,
        "is_complete": all(case.windows),
        "is_matched": case.life.person_id in matched,
    }
