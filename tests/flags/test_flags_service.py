"""Flags are raised, renewed and cleared by whole rules; each explains and ends itself."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from offenders import clock, ids
from offenders.domain.access import Scope, Sight
from offenders.domain.flags import service
from offenders.domain.flags.service import Doing, Question, Settled
from offenders.domain.versions import IfMatch
from offenders.errors import Conflict, NotFound, StaleVersion

RULE = "overdue-arrests"
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
FORCE = Scope("33")
SEES_ALL = Sight(
    protected_addresses=True,
    restricted_notes=True,
    covert_notes=True,
    public_protection_flags=True,
    subject="supervisor-1",
)
DOING = Doing("supervisor-1", FORCE, IfMatch(any_version=True), SEES_ALL)


@pytest.fixture(autouse=True)
def _at_noon():
    with clock.as_if_at(NOW):
        yield


def rows_of(session, subject, rule=RULE):
    statement = text(
        "SELECT * FROM flags WHERE subject_id = :id AND rule = :rule ORDER BY raised_at"
    )
    return session.execute(statement, {"id": subject.id, "rule": rule}).all()


def row_of(session, subject, rule=RULE):
    return rows_of(session, subject, rule)[-1]


def shown(session, subject):
    flag_id = row_of(session, subject).id
    question = Question({}, FORCE, clock.now(), SEES_ALL)
    return json.loads(service.get_flag(session, question=question, written=str(flag_id))[0])


def suppress(session, subject, until):
    return service.suppress_flag(
        session,
        written=str(row_of(session, subject).id),
        doing=DOING,
        reason="in custody elsewhere",
        until=until,
    )


def acknowledge(session, subject, note=None):
    flag_id = str(row_of(session, subject).id)
    return service.acknowledge_flag(session, written=flag_id, doing=DOING, note=note)


def test_what_is_due_is_raised_once(session, subject, source):
    first, second = subject(), subject()
    assert service.settle(session, rule=RULE, source=source(first, second)) == Settled(2, 0)
    assert service.settle(session, rule=RULE, source=source(first, second)) == Settled(0, 0)
    assert row_of(session, first).version == 1


def test_a_flag_shows_what_it_rests_on(session, subject, source):
    person = uuid4()
    one = subject(person=str(person), lpa="CN", neighbourhood="N1", reference="W33-AAAA-BBBB")
    service.settle(session, rule=RULE, source=source(one))
    flag = shown(session, one)
    assert ids.force_of(ids.as_uuid(flag.pop("id"))) == "33"
    assert datetime.fromisoformat(flag.pop("raised_at")) == session.info["recorded_at"]
    assert flag == {
        "rule": "overdue-arrests",
        "severity": "warning",
        "subject": {"type": "want", "id": one["id"], "reference": "W33-AAAA-BBBB"},
        "person": str(person),
        "force": "33",
        "lpa": "CN",
        "neighbourhood": "N1",
        "masked": [],
        "because": {"rule": "overdue-arrests", "figure": 28},
        "due_at": "2027-02-01T09:00:00+00:00",
        "state": "open",
        "owner": {"officer": None, "team": "CENTRAL-DUTY"},
        "acknowledged_at": None,
        "acknowledged_by": None,
        "acknowledged_note": None,
        "suppressed_at": None,
        "suppressed_until": None,
        "suppressed_by": None,
        "suppressed_because": None,
        "cleared_at": None,
        "cleared_because": None,
        "version": 1,
    }


def test_ids_made_in_the_database_have_the_layout_of_those_made_here(session, subject, source):
    subjects = [subject() for _ in range(200)]
    before = time.time_ns() // 1_000_000
    service.settle(session, rule=RULE, source=source(*subjects))
    after = time.time_ns() // 1_000_000
    made = [row_of(session, each).id for each in subjects[:3]]
    statement = text("SELECT id FROM flags WHERE rule = :rule")
    made = session.execute(statement, {"rule": RULE}).scalars().all()
    assert len(set(made)) == 200
    assert len({each.int & ((1 << 62) - 1) for each in made}) == 200
    for each in made:
        assert ids.force_of(each) == "33"
        assert (each.int >> 76) & 0xF == 8
        assert (each.int >> 62) & 0b11 == 0b10
        assert before <= each.int >> 80 <= after


def test_a_flag_clears_when_its_cause_is_gone_and_can_be_raised_again(session, subject, source):
    one, other = subject(), subject()
    service.settle(session, rule=RULE, source=source(one, other))
    assert service.settle(session, rule=RULE, source=source(other)) == Settled(0, 1)
    row = row_of(session, one)
    assert (row.state, row.cleared_because, row.version) == ("cleared", "Its cause is gone.", 2)
    assert row.cleared_at >= row.raised_at
    assert row_of(session, other).state == "open"
    assert service.settle(session, rule=RULE, source=source(one, other)) == Settled(1, 0)
    assert sorted(row.state for row in rows_of(session, one)) == ["cleared", "open"]


def test_rules_and_forces_do_not_touch_each_others_flags(session, subject, source):
    one = subject()
    service.settle(session, rule=RULE, source=source(one))
    assert service.settle(session, rule="wanted-reviews", source=source(one)) == Settled(1, 0)
    assert service.settle(session, rule="wanted-reviews", source=source()) == Settled(0, 1)
    assert row_of(session, one).state == "open"


def test_what_changed_at_the_subject_is_renewed(session, subject, source):
    one = subject(lpa="CN", officer=None)
    service.settle(session, rule=RULE, source=source(one))
    moved = one.but(
        lpa="NW",
        team=None,
        officer="4711",
        severity="alert",
        due_at="2027-02-03T09:00:00Z",
        because={"rule": RULE, "figure": 3},
    )
    assert service.settle(session, rule=RULE, source=source(moved)) == Settled(0, 0)
    flag = shown(session, one)
    assert (flag["lpa"], flag["owner"], flag["severity"], flag["because"], flag["version"]) == (
        "NW",
        {"officer": "4711", "team": None},
        "alert",
        {"rule": RULE, "figure": 3},
        2,
    )
    assert flag["due_at"] == "2027-02-03T09:00:00+00:00"


def test_an_event_raises_without_clearing_others(session, subject, source):
    one, other = subject(), subject()
    assert service.raise_due(session, rule="wanted-elsewhere", source=source(one)) == 1
    assert service.raise_due(session, rule="wanted-elsewhere", source=source(one, other)) == 1
    assert row_of(session, one, "wanted-elsewhere").state == "open"


def test_whoever_takes_the_cause_away_clears_the_flag_at_once(session, subject, source):
    one, other = subject(), subject()
    for rule in (RULE, "wanted-reviews"):
        service.settle(session, rule=rule, source=source(one, other))
    cleared = service.clear_for(
        session, subject_id=one.id, rules=[RULE], because="The want was closed as arrested."
    )
    assert cleared == 1
    row = row_of(session, one)
    assert (row.state, row.cleared_because) == ("cleared", "The want was closed as arrested.")
    assert row.cleared_at > row.raised_at
    assert row_of(session, one, "wanted-reviews").state == "open"
    assert row_of(session, other).state == "open"
    assert service.clear_for(session, subject_id=one.id, rules=[RULE], because="again") == 0


def test_flags_move_with_their_subject(session, subject, source):
    one = subject(lpa="CN")
    service.settle(session, rule=RULE, source=source(one))
    place = {"lpa": "NW", "neighbourhood": None, "owner_officer": "4711", "owner_team": None}
    assert service.follow_subject(session, subject_id=one.id, **place) == 1
    assert service.follow_subject(session, subject_id=one.id, **place) == 0
    row = row_of(session, one)
    assert (row.lpa, row.owner_officer, row.owner_team, row.version) == ("NW", "4711", None, 2)


def test_an_acknowledged_flag_keeps_its_note_through_a_renewal_and_clears(session, subject, source):
    one = subject()
    service.settle(session, rule=RULE, source=source(one))
    acknowledge(session, one, note="Address checks tonight.")
    flag = shown(session, one)
    assert (flag["state"], flag["acknowledged_by"], flag["acknowledged_note"]) == (
        "acknowledged",
        "supervisor-1",
        "Address checks tonight.",
    )
    assert flag["because"] == {"rule": RULE, "figure": 28}
    assert service.settle(session, rule=RULE, source=source(one)) == Settled(0, 0)
    assert shown(session, one)["version"] == 2
    renewed = one.but(because={"rule": RULE, "figure": 14})
    service.settle(session, rule=RULE, source=source(renewed))
    flag = shown(session, one)
    assert (flag["state"], flag["acknowledged_note"], flag["because"]) == (
        "acknowledged",
        "Address checks tonight.",
        {"rule": RULE, "figure": 14},
    )
    assert service.settle(session, rule=RULE, source=source()) == Settled(0, 1)
    assert shown(session, one)["state"] == "cleared"


def test_an_acknowledged_flag_is_not_acknowledged_again(session, subject, source):
    one = subject()
    service.settle(session, rule=RULE, source=source(one))
    acknowledge(session, one)
    with pytest.raises(Conflict):
        acknowledge(session, one)


def test_a_suppressed_flag_is_open_again_at_its_end_in_reads_and_at_the_next_run(
    session, subject, source
):
    one = subject()
    service.settle(session, rule=RULE, source=source(one))
    end = NOW + timedelta(days=7)
    suppress(session, one, end)
    assert service.settle(session, rule=RULE, source=source(one)) == Settled(0, 0)
    assert row_of(session, one).state == "suppressed"
    with clock.as_if_at(end - timedelta(microseconds=1)):
        assert shown(session, one)["state"] == "suppressed"
    with clock.as_if_at(end):
        assert shown(session, one)["state"] == "open"
        assert row_of(session, one).state == "suppressed"
        assert service.settle(session, rule=RULE, source=source(one)) == Settled(0, 0)
        row = row_of(session, one)
        assert (row.state, row.version, row.suppressed_because) == (
            "open",
            3,
            "in custody elsewhere",
        )


def test_a_suppressed_flag_clears_when_its_cause_is_gone(session, subject, source):
    one = subject()
    service.settle(session, rule=RULE, source=source(one))
    suppress(session, one, NOW + timedelta(days=7))
    assert service.settle(session, rule=RULE, source=source()) == Settled(0, 1)
    assert row_of(session, one).state == "cleared"


def test_a_suppressed_flag_that_becomes_an_alert_is_open_again(session, subject, source):
    one = subject()
    service.settle(session, rule=RULE, source=source(one))
    suppress(session, one, NOW + timedelta(days=7))
    service.settle(session, rule=RULE, source=source(one.but(severity="alert")))
    assert shown(session, one)["state"] == "open"


def test_an_alert_can_not_be_suppressed(session, subject, source):
    one = subject(severity="alert")
    service.settle(session, rule=RULE, source=source(one))
    with pytest.raises(Conflict, match="Acknowledge it"):
        suppress(session, one, NOW + timedelta(days=7))


def test_a_change_needs_the_version_that_was_read_and_the_area(session, subject, source):
    one = subject(lpa="CN")
    service.settle(session, rule=RULE, source=source(one))
    flag_id = str(row_of(session, one).id)
    stale = Doing("supervisor-1", FORCE, IfMatch(frozenset({7})), SEES_ALL)
    with pytest.raises(StaleVersion):
        service.acknowledge_flag(session, written=flag_id, doing=stale, note=None)
    elsewhere = Doing(
        "supervisor-1", Scope("33", lpas=("NW",)), IfMatch(any_version=True), SEES_ALL
    )
    with pytest.raises(NotFound):
        service.acknowledge_flag(session, written=flag_id, doing=elsewhere, note=None)


def test_the_open_flags_of_a_person_are_given_as_json(session, subject, source):
    person = uuid4()
    one, other = subject(person=str(person)), subject(person=str(person), lpa="CN")
    service.settle(session, rule=RULE, source=source(one, other, subject(person=str(uuid4()))))
    service.clear_for(session, subject_id=one.id, rules=[RULE], because="gone")
    found = _open_flags_of(session, person, Scope("33"))
    assert [(each["subject"]["id"], each["state"]) for each in found] == [(other["id"], "open")]
    assert set(found[0]) == {"id", "rule", "severity", "subject", "due_at", "raised_at", "state"}
    elsewhere = Scope("33", lpas=("NW",))
    assert _open_flags_of(session, person, elsewhere) == []
    assert _open_flags_of(session, uuid4(), Scope("33")) == []


def _open_flags_of(session, person, scope):
    shown = service.open_flags_of_person(scope, SEES_ALL)
    values = scope.values_as("flag_scope") | {"id": person, "now": datetime.now(UTC)}
    return session.execute(
        text(f"SELECT {shown} FROM (SELECT CAST(:id AS uuid) AS id) p"), values
    ).scalar_one()


def minute(number):
    return NOW + timedelta(minutes=number)


def take_steps(session, *steps):
    """Put each step at a minute of its own, as separate transactions would."""
    for number, step in steps:
        session.info["recorded_at"] = minute(number)
        with clock.as_if_at(minute(number)):
            step()


def flags_at(session, number):
    """Give the flags of a minute as they were then, cleared ones last."""
    rows = []
    for filters in ({}, {"state": "cleared"}):
        question = Question(filters, FORCE, minute(999), SEES_ALL, minute(number))
        rows += service.list_flags(session, question, None, 10)
    return [json.loads(row[0]) for row in rows]


def test_as_at_shows_what_was_known_then(session, subject, source):
    def state_at(number):
        return [each["state"] for each in flags_at(session, number)]

    one = subject()
    take_steps(
        session,
        (0, lambda: service.settle(session, rule=RULE, source=source(one))),
        (10, lambda: acknowledge(session, one)),
        (20, lambda: suppress(session, one, minute(30))),
        (40, lambda: service.settle(session, rule=RULE, source=source(one))),
        (50, lambda: service.settle(session, rule=RULE, source=source())),
    )
    assert [(number, state_at(number)) for number in (-1, 0, 9, 10, 19, 20, 29, 30, 49, 50)] == [
        (-1, []),
        (0, ["open"]),
        (9, ["open"]),
        (10, ["acknowledged"]),
        (19, ["acknowledged"]),
        (20, ["suppressed"]),
        (29, ["suppressed"]),
        (30, ["open"]),
        (49, ["open"]),
        (50, ["cleared"]),
    ]


def test_a_later_move_owner_or_renewal_leaves_the_past_as_it_was(session, subject, source):
    one, event = subject(lpa="CN", neighbourhood="N1"), subject(lpa="CN")
    place = {"lpa": "NW", "neighbourhood": None, "owner_officer": "4711", "owner_team": None}
    renewed = one.but(lpa="SE", severity="alert", because={"rule": RULE, "figure": 3})
    take_steps(
        session,
        (0, lambda: service.settle(session, rule=RULE, source=source(one))),
        (5, lambda: service.raise_due(session, rule="wanted-elsewhere", source=source(event))),
        (10, lambda: service.move_flags(session, [(one.id, "CE", "E1"), (event.id, "CN", None)])),
        (20, lambda: service.follow_subject(session, subject_id=one.id, **place)),
        (30, lambda: service.settle(session, rule=RULE, source=source(renewed))),
        (40, lambda: service.clear_for(session, subject_id=one.id, rules=[RULE], because="gone")),
    )

    def seen(number):
        (flag,) = [each for each in flags_at(session, number) if each["rule"] == RULE]
        owner = flag["owner"]["officer"] or flag["owner"]["team"]
        facts = (flag["lpa"], flag["neighbourhood"], owner, flag["severity"])
        return (*facts, flag["because"]["figure"], flag["state"], flag["version"])

    assert [seen(number) for number in (0, 10, 20, 30, 40)] == [
        ("CN", "N1", "CENTRAL-DUTY", "warning", 28, "open", 1),
        ("CE", "E1", "CENTRAL-DUTY", "warning", 28, "open", 2),
        ("NW", None, "4711", "warning", 28, "open", 3),
        ("SE", "N1", "CENTRAL-DUTY", "alert", 3, "open", 4),
        ("SE", "N1", "CENTRAL-DUTY", "alert", 3, "cleared", 5),
    ]
    assert len(flags_at(session, 4)) == 1
    assert row_of(session, event, "wanted-elsewhere").version == 1


def test_a_second_suppression_leaves_the_first_as_it_was(session, subject, source):
    one = subject()
    take_steps(
        session,
        (0, lambda: service.settle(session, rule=RULE, source=source(one))),
        (10, lambda: suppress(session, one, minute(20))),
        (30, lambda: service.settle(session, rule=RULE, source=source(one))),
        (40, lambda: acknowledge(session, one, note="Seen.")),
        (50, lambda: suppress(session, one, minute(90))),
    )
    seen = [
        (number, flag["state"], flag["suppressed_until"], flag["acknowledged_note"])
        for number in (9, 10, 19, 20, 30, 40, 50)
        for flag in flags_at(session, number)
    ]
    first, second = "2027-03-01T12:20:00+00:00", "2027-03-01T13:30:00+00:00"
    assert seen == [
        (9, "open", None, None),
        (10, "suppressed", first, None),
        (19, "suppressed", first, None),
        (20, "open", first, None),
        (30, "open", first, None),
        (40, "acknowledged", first, "Seen."),
        (50, "suppressed", second, "Seen."),
    ]


def test_a_run_that_changes_nothing_writes_no_history(session, subject, source):
    one = subject()
    for _ in range(2):
        service.settle(session, rule=RULE, source=source(one))
    service.move_flags(session, [(one.id, None, None)])
    statement = text("SELECT count(*) FROM flags_history WHERE subject_id = :id")
    assert session.execute(statement, {"id": one.id}).scalar_one() == 1


def test_a_force_of_many_wants_is_settled_in_one_pass(session, subject, source):
    subjects = [subject() for _ in range(5000)]
    began = time.perf_counter()
    assert service.settle(session, rule=RULE, source=source(*subjects)) == Settled(5000, 0)
    assert service.settle(session, rule=RULE, source=source(*subjects)) == Settled(0, 0)
    assert service.settle(session, rule=RULE, source=source(*subjects[:10])) == Settled(0, 4990)
    assert time.perf_counter() - began < 5
