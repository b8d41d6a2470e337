"""How a want may end, who comes first, what is overdue, and is it safe to act."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.wanted.rules import (
    RISK_ORDER,
    ActFacts,
    ActReason,
    Basis,
    Circulation,
    Outcome,
    Reason,
    Risk,
    SafeToAct,
    allowed_outcomes,
    due_at,
    is_overdue,
    next_circulations,
    priority,
    safe_to_act,
)

DUE = datetime(2027, 6, 14, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

SOUND = ActFacts(
    state="outstanding",
    reason=Reason.NAMED_SUSPECT,
    power="PACE 1984 s.24",
    warrant_number=None,
    validation_due_at=DUE,
    last_validated_at=datetime(2027, 3, 31, 9, tzinfo=UTC),
    has_date_of_birth=True,
    has_valid_identifier=True,
    circulation=Circulation.CIRCULATED,
    markers=(),
    now=datetime(2027, 6, 1, 8, tzinfo=UTC),
)

reasons = st.sampled_from(Reason)
circulations = st.sampled_from(Circulation)


def codes(answer: SafeToAct) -> list[str]:
    return [reason.code for reason in answer.reasons]


# --- codes ------------------------------------------------------------------------------------


def test_the_codes_are_those_of_the_contract() -> None:
    assert list(Reason) == [
        "named_suspect",
        "failed_to_answer_bail",
        "court_warrant",
        "breach_of_order",
        "breach_of_bail",
        "prison_recall",
        "unlawfully_at_large",
    ]
    assert list(Basis) == ["forensic", "witness", "cctv", "intelligence", "admission", "other"]
    assert list(Risk) == ["very_high", "high", "medium", "standard"]
    assert list(Outcome) == [
        "arrested",
        "surrendered",
        "interviewed",
        "no_longer_wanted",
        "charged_elsewhere",
        "withdrawn",
        "deceased",
        "entered_in_error",
    ]
    assert list(Circulation) == ["not_circulated", "requested", "circulated", "cancelled"]


def test_the_gravest_risk_comes_first() -> None:
    assert RISK_ORDER == {"very_high": 1, "high": 2, "medium": 3, "standard": 4}
    assert min(Risk, key=RISK_ORDER.__getitem__) == "very_high"


# --- how a want ends --------------------------------------------------------------------------

EVERY_END = {
    "arrested",
    "surrendered",
    "interviewed",
    "no_longer_wanted",
    "charged_elsewhere",
    "withdrawn",
    "deceased",
    "entered_in_error",
}
BY_COURT_OR_PRISON = {"arrested", "surrendered", "withdrawn", "deceased", "entered_in_error"}


@pytest.mark.parametrize(
    ("reason", "ends"),
    [
        (Reason.NAMED_SUSPECT, EVERY_END),
        (Reason.FAILED_TO_ANSWER_BAIL, EVERY_END - {"interviewed"}),
        (Reason.COURT_WARRANT, BY_COURT_OR_PRISON),
        (Reason.BREACH_OF_ORDER, EVERY_END - {"interviewed"}),
        (Reason.BREACH_OF_BAIL, EVERY_END - {"interviewed"}),
        (Reason.PRISON_RECALL, BY_COURT_OR_PRISON),
        (Reason.UNLAWFULLY_AT_LARGE, BY_COURT_OR_PRISON),
    ],
)
def test_each_reason_has_its_own_ends(reason: Reason, ends: set[str]) -> None:
    assert allowed_outcomes(reason) == ends


@given(reasons)
def test_every_want_can_end_and_every_error_can_be_put_right(reason: Reason) -> None:
    assert Outcome.ARRESTED in allowed_outcomes(reason)
    assert Outcome.DECEASED in allowed_outcomes(reason)
    assert Outcome.ENTERED_IN_ERROR in allowed_outcomes(reason)


# --- circulation ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "possible"),
    [
        (Circulation.NOT_CIRCULATED, {"requested", "circulated"}),
        (Circulation.REQUESTED, {"circulated", "cancelled"}),
        (Circulation.CIRCULATED, {"cancelled"}),
        (Circulation.CANCELLED, {"requested", "circulated"}),
    ],
)
def test_a_circulation_goes_only_where_it_may(current: Circulation, possible: set[str]) -> None:
    assert next_circulations(current) == possible


@given(circulations)
def test_a_circulation_is_never_repeated_nor_forgotten(current: Circulation) -> None:
    assert not {current, Circulation.NOT_CIRCULATED} & next_circulations(current)


# --- priority ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("risk", "domestic_abuse", "priority_crime", "basis", "result"),
    [
        (Risk.STANDARD, False, False, None, "standard"),
        (Risk.STANDARD, False, False, Basis.WITNESS, "standard"),
        (Risk.MEDIUM, False, False, Basis.CCTV, "standard"),
        (Risk.MEDIUM, False, False, Basis.FORENSIC, "high"),
        (Risk.STANDARD, True, False, None, "high"),
        (Risk.STANDARD, False, True, None, "high"),
        (Risk.HIGH, False, False, None, "high"),
        (Risk.VERY_HIGH, False, False, Basis.OTHER, "high"),
    ],
)
def test_risk_abuse_crime_or_forensic_evidence_makes_a_want_high_priority(
    *, risk: Risk, domestic_abuse: bool, priority_crime: bool, basis: Basis | None, result: str
) -> None:
    assert (
        priority(risk, domestic_abuse=domestic_abuse, priority_crime=priority_crime, basis=basis)
        == result
    )


@given(
    risks=st.tuples(st.sampled_from(Risk), st.sampled_from(Risk)),
    domestic_abuse=st.booleans(),
    priority_crime=st.booleans(),
    basis=st.sampled_from([None, *Basis]),
)
def test_a_graver_risk_never_lowers_the_priority(
    *, risks: tuple[Risk, Risk], domestic_abuse: bool, priority_crime: bool, basis: Basis | None
) -> None:
    graver, lesser = sorted(risks, key=RISK_ORDER.__getitem__)
    marks = {"domestic_abuse": domestic_abuse, "priority_crime": priority_crime}
    of_lesser = priority(lesser, **marks, basis=basis)
    assert of_lesser == "standard" or priority(graver, **marks, basis=basis) == "high"


# --- clocks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        (datetime(2027, 6, 1, 8, tzinfo=UTC), 0, datetime(2027, 6, 1, 8, tzinfo=UTC)),
        (datetime(2027, 6, 1, 8, tzinfo=UTC), 28, datetime(2027, 6, 29, 8, tzinfo=UTC)),
        (datetime(2027, 3, 27, 8, tzinfo=UTC), 1, datetime(2027, 3, 28, 8, tzinfo=UTC)),
        (datetime(2027, 3, 31, 12, tzinfo=UTC), 75, DUE),
        (datetime(2027, 6, 14, 12, tzinfo=UTC), 365, datetime(2028, 6, 13, 12, tzinfo=UTC)),
    ],
)
def test_a_want_falls_due_so_many_days_later(start: datetime, days: int, due: datetime) -> None:
    assert due_at(start, days) == due


def test_what_is_due_this_moment_is_not_overdue_and_a_microsecond_later_is() -> None:
    assert not is_overdue(DUE, DUE - MICROSECOND)
    assert not is_overdue(DUE, DUE)
    assert is_overdue(DUE, DUE + MICROSECOND)


# --- safe to act ------------------------------------------------------------------------------


def test_a_sound_want_says_what_it_rests_on() -> None:
    assert safe_to_act(SOUND) == SafeToAct(
        "yes",
        (
            ActReason(
                "validation",
                "The owner last confirmed it on 31 March 2027; "
                "confirmation is due by 14 June 2027.",
            ),
            ActReason("power", "Power of arrest: PACE 1984 s.24."),
            ActReason(
                "identity",
                "Identity rests on the name and a date of birth and a checked identifier.",
            ),
            ActReason("circulation", "Circulated on PNC."),
        ),
    )


@pytest.mark.parametrize(
    ("now", "act"),
    [(DUE - MICROSECOND, "yes"), (DUE, "yes"), (DUE + MICROSECOND, "confirm_first")],
)
def test_an_overdue_validation_is_confirmed_first(now: datetime, act: str) -> None:
    assert safe_to_act(replace(SOUND, now=now)).act == act


def test_a_want_not_yet_due_for_its_first_validation_can_be_acted_on() -> None:
    answer = safe_to_act(replace(SOUND, last_validated_at=None))
    assert answer.act == "yes"
    assert answer.reasons[0] == ActReason(
        "validation", "Not yet confirmed by the owner; confirmation is due by 14 June 2027."
    )


def test_a_want_never_validated_in_time_says_so() -> None:
    answer = safe_to_act(replace(SOUND, last_validated_at=None, now=DUE + MICROSECOND))
    assert answer.reasons[0] == ActReason(
        "validation_overdue",
        "Not yet confirmed by the owner; confirmation was due by 14 June 2027. "
        "Ask the owner before acting.",
    )


@pytest.mark.parametrize(
    ("doubted_at", "last_validated_at", "act"),
    [
        (None, None, "yes"),
        (datetime(2027, 4, 1, tzinfo=UTC), None, "confirm_first"),
        (datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 3, 31, tzinfo=UTC), "confirm_first"),
        (datetime(2027, 4, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC), "confirm_first"),
        (
            datetime(2027, 4, 1, tzinfo=UTC),
            datetime(2027, 4, 1, tzinfo=UTC) + MICROSECOND,
            "yes",
        ),
    ],
)
def test_a_want_that_lost_a_ground_is_confirmed_first_until_it_is_validated(
    doubted_at: datetime | None, last_validated_at: datetime | None, act: str
) -> None:
    facts = replace(SOUND, doubted_at=doubted_at, last_validated_at=last_validated_at)
    answer = safe_to_act(facts)
    assert answer.act == act
    assert (answer.reasons[0].code == "ground_gone") is (act == "confirm_first")


def test_days_are_told_as_london_has_them() -> None:
    late = datetime(2027, 6, 14, 23, 30, tzinfo=UTC)
    assert "15 June 2027" in safe_to_act(replace(SOUND, validation_due_at=late)).reasons[0].detail


@pytest.mark.parametrize("power", [None, "", "  "])
def test_a_want_without_a_power_of_arrest_is_confirmed_first(power: str | None) -> None:
    answer = safe_to_act(replace(SOUND, power=power))
    assert answer.act == "confirm_first"
    assert codes(answer) == ["power_missing", "validation", "identity", "circulation"]


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason != "court_warrant"])
def test_a_warrant_number_is_no_power_for_other_reasons(reason: Reason) -> None:
    facts = replace(SOUND, reason=reason, power=None, warrant_number="WX/17/2027")
    assert safe_to_act(facts).act == "confirm_first"


@pytest.mark.parametrize(
    ("power", "warrant_number", "act", "code"),
    [
        (None, "WX/17/2027", "yes", "warrant"),
        ("MCA 1980 s.125", "WX/17/2027", "yes", "warrant"),
        ("MCA 1980 s.125", None, "confirm_first", "warrant_missing"),
        (None, " ", "confirm_first", "warrant_missing"),
    ],
)
def test_a_court_warrant_rests_on_its_number(
    power: str | None, warrant_number: str | None, act: str, code: str
) -> None:
    facts = replace(SOUND, reason=Reason.COURT_WARRANT, power=power, warrant_number=warrant_number)
    answer = safe_to_act(facts)
    assert answer.act == act
    assert code in codes(answer)


@pytest.mark.parametrize(
    ("has_date_of_birth", "has_valid_identifier", "act", "code"),
    [
        (True, True, "yes", "identity"),
        (True, False, "yes", "identity"),
        (False, True, "yes", "identity"),
        (False, False, "confirm_first", "name_only"),
    ],
)
def test_a_name_alone_is_confirmed_first(
    *, has_date_of_birth: bool, has_valid_identifier: bool, act: str, code: str
) -> None:
    facts = replace(
        SOUND, has_date_of_birth=has_date_of_birth, has_valid_identifier=has_valid_identifier
    )
    answer = safe_to_act(facts)
    assert answer.act == act
    assert code in codes(answer)


def test_every_doubt_is_told_and_stands_first() -> None:
    facts = replace(
        SOUND,
        power=None,
        has_date_of_birth=False,
        has_valid_identifier=False,
        markers=("VI",),
        now=DUE + MICROSECOND,
    )
    assert codes(safe_to_act(facts)) == [
        "validation_overdue",
        "power_missing",
        "name_only",
        "markers",
        "circulation",
    ]


def test_markers_inform_and_change_nothing() -> None:
    answer = safe_to_act(replace(SOUND, markers=("VI", "WE")))
    assert answer.act == "yes"
    assert answer.reasons[0] == ActReason("markers", "Warning markers: VI, WE.")


@pytest.mark.parametrize("state", Outcome)
def test_a_closed_want_is_not_acted_on(state: Outcome) -> None:
    answer = safe_to_act(replace(SOUND, state=state, circulation=Circulation.CANCELLED))
    assert answer.act == "no"
    assert codes(answer) == ["not_outstanding"]


def test_a_closed_want_still_on_pnc_says_so() -> None:
    answer = safe_to_act(replace(SOUND, state="no_longer_wanted", markers=("VI",)))
    assert answer.reasons == (
        ActReason(
            "not_outstanding", "No longer wanted here: the want was closed as no longer wanted."
        ),
        ActReason(
            "circulation_not_cancelled",
            "PNC may still show it: the circulation has not been cancelled.",
        ),
        ActReason("markers", "Warning markers: VI."),
    )


@pytest.mark.parametrize(
    ("circulation", "detail"),
    [
        (Circulation.NOT_CIRCULATED, "Not circulated on PNC."),
        (Circulation.REQUESTED, "Not circulated on PNC."),
        (Circulation.CIRCULATED, "Circulated on PNC."),
        (Circulation.CANCELLED, "Not circulated on PNC."),
    ],
)
def test_a_check_on_pnc_shows_only_what_is_circulated(
    circulation: Circulation, detail: str
) -> None:
    answer = safe_to_act(replace(SOUND, circulation=circulation))
    assert answer.act == "yes"
    assert answer.reasons[-1] == ActReason("circulation", detail)


facts_of_any_want = st.builds(
    ActFacts,
    state=st.sampled_from(["outstanding", *Outcome]),
    reason=reasons,
    power=st.none() | st.sampled_from(["", "PACE 1984 s.24"]),
    warrant_number=st.none() | st.sampled_from(["", "WX/17/2027"]),
    validation_due_at=st.just(DUE),
    last_validated_at=st.none() | st.just(DUE - timedelta(days=75)),
    has_date_of_birth=st.booleans(),
    has_valid_identifier=st.booleans(),
    circulation=circulations,
    markers=st.sampled_from([(), ("VI",), ("VI", "WE")]),
    now=st.sampled_from([DUE - MICROSECOND, DUE, DUE + MICROSECOND]),
)


@given(facts_of_any_want)
def test_an_answer_always_has_its_reasons_in_words(facts: ActFacts) -> None:
    answer = safe_to_act(facts)
    assert answer.reasons
    assert all(reason.detail.endswith(".") for reason in answer.reasons)
    assert (answer.act == "no") == (facts.state != "outstanding")
    assert ("markers" in codes(answer)) == bool(facts.markers)
    assert len(set(codes(answer))) == len(answer.reasons)


@given(facts_of_any_want)
def test_markers_never_change_the_answer(facts: ActFacts) -> None:
    assert safe_to_act(facts).act == safe_to_act(replace(facts, markers=())).act


@given(facts_of_any_want)
def test_time_alone_never_makes_a_want_safer(facts: ActFacts) -> None:
    later = safe_to_act(replace(facts, now=facts.now + timedelta(days=1))).act
    assert later == safe_to_act(facts).act or later == "confirm_first"
