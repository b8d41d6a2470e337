"""The score, worked out again by hand from what its answer shows."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from builders import given_detention, given_want

import offenders
from offenders import clock
from offenders.domain.iom.scoring import Offence, group_of, score

DATA = Path(offenders.__file__).parent / "data"
FIGURES = {
    "harm_weight": Decimal(40),
    "harm_full": Decimal(1000),
    "frequency_weight": Decimal(30),
    "frequency_full": Decimal(4),
    "recency_weight": Decimal(20),
    "recency_days": Decimal(100),
    "risk_weight": Decimal(10),
    "risk_high": Decimal(75),
    "window_days": Decimal(200),
}
HARM = {"robbery": Decimal(365), "residential_burglary": Decimal("273.5")}
TODAY = date(2026, 11, 21)


def offence(days, code="TH68023"):
    return Offence("detention", "id", "D33-1", code, TODAY - timedelta(days=days))


@pytest.mark.parametrize(
    ("offences", "risk", "points"),
    [
        ([], None, [0, 0, 0, 0]),
        ([], "high", [0, 0, 0, 7.5]),
        ([offence(0)], None, [14.6, 7.5, 20, 0]),
        ([offence(100)], None, [14.6, 7.5, 0, 0]),
        ([offence(99)], None, [14.6, 7.5, 0.2, 0]),
        ([offence(199)], None, [14.6, 7.5, 0, 0]),
        ([offence(200)], None, [0, 0, 0, 0]),
        ([offence(-1)], None, [0, 0, 0, 0]),
        ([offence(50, "TH68036")], None, [10.94, 7.5, 10, 0]),
        ([offence(50, "BA76001")], None, [0, 7.5, 10, 0]),
        ([offence(50)] * 9, "high", [40, 30, 10, 7.5]),
    ],
)
def test_each_factor_at_its_boundaries(offences, risk, points):
    found = score(offences, risk, FIGURES, HARM, TODAY)
    assert [each["points"] for each in found["factors"]] == points
    assert found["score"] == pytest.approx(sum(points))
    assert found["out_of"] == 100


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("COML025", "homicide"),
        ("COML025A", "homicide"),
        ("SX03001", "rape"),
        ("TH68023", "robbery"),
        ("TH68036", "residential_burglary"),
        ("TH68037", "non_residential_burglary"),
        ("TH68010", "shoplifting"),
        ("TH68013", "vehicle"),
        ("OF61102", "violence_with_injury"),
        ("CJ88116", "violence_without_injury"),
        ("PH97004", "stalking_harassment"),
        ("CD71015", "arson"),
        ("CD71039", "criminal_damage"),
        ("MD71210", "drug_possession"),
        ("MD71230", "drug_trafficking"),
        ("CJ88144", "weapons"),
        ("PU86003", "public_order"),
        ("BA76001", None),
        ("", None),
        (None, None),
    ],
)
def test_the_group_of_an_offence(code, group):
    assert group_of(code) == group


def test_every_group_has_its_figure_and_every_stem_its_offence():
    with (DATA / "harm_groups.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with (DATA / "default_figures.csv").open(encoding="utf-8") as file:
        figures = {
            row["applies_to"]: row["figure"]
            for row in csv.DictReader(file)
            if row["rule"] == "iom-harm"
        }
    with (DATA / "offences.csv").open(encoding="utf-8") as file:
        codes = {row["code"][:7] for row in csv.DictReader(file)}
    assert {row["group"] for row in rows} == set(figures)
    assert {row["stem"] for row in rows} <= codes
    assert len({row["stem"] for row in rows}) == len(rows)
    known = {"robbery": "365", "homicide": "5475", "shoplifting": "1", "weapons": "273.75"}
    assert known.items() <= figures.items()


def ago(days):
    return (clock.now() - timedelta(days=days)).isoformat()


def by_hand(shown):
    """Work a score out from what its answer shows alone."""
    points = 0.0
    for factor in shown["factors"]:
        share = min(factor["value"] / factor["full_at"], 1)
        points += round(factor["weight"] * share, 2)
    return round(points, 2)


def test_a_members_score_can_be_recomputed_from_its_answer(iom, client, headers):
    person = iom.person()
    given_detention(
        client, headers, person=person, arrested_at=ago(9), offences=["TH68036", "TH68010"]
    )
    closed = given_want(client, headers, person=person, offence_code="TH68023", crime_reference="1")
    given_want(
        client,
        headers,
        person=person,
        offence_code="CJ88144",
        crime_reference="2",
        risk="high",
        risk_rationale="Knife.",
    )
    given_detention(
        client,
        headers,
        person=person,
        role="investigator",
        arrested_at=clock.now().isoformat(),
        custody_number="C/9",
        offences=["TH68023"],
        close_wants=[closed["id"]],
    )
    withdrawn = given_want(client, headers, person=person, offence_code="CD71015")
    sent = headers("investigator", **{"If-Match": "*"})
    body = {"outcome": "withdrawn", "reason": "Not him."}
    client.post(f"/v1/wanted/{withdrawn['id']}/outcomes", json=body, headers=sent)
    member = iom.member(person)
    shown = iom.get(f"iom/members/{member['id']}/score").json
    assert shown["score"] == by_hand(shown)
    counted = sorted((each["source"], each["offence_code"]) for each in shown["offences"])
    assert counted == [
        ("detention", "TH68010"),
        ("detention", "TH68023"),
        ("detention", "TH68036"),
        ("want", "CJ88144"),
    ]
    harm, frequency, recency, risk = shown["factors"]
    assert harm["value"] == 1 + 365 + 273.5 + 273.75
    assert (frequency["value"], recency["value"], risk["value"]) == (4, 365, 75)
    figures = {(f["rule"], f["applies_to"]): f for f in shown["figures"]}
    assert figures["iom-harm", "robbery"]["figure"] == 365
    assert figures["iom-score", "harm_weight"]["source"] == "product default"
    assert "none is counted" in shown["sources"]["conviction"]


def test_no_score_is_given_for_a_day_without_figures(iom):
    member = iom.member()
    early = iom.get(f"iom/members/{member['id']}/score", on="1900-01-01")
    nomination = iom.nominate(occurred_at="1990-01-01T00:00:00Z")
    decided = iom.try_deciding(nomination, occurred_at="1991-01-01T00:00:00Z")
    for answer, field in ((early, "/on"), (decided, "/occurred_at")):
        assert answer.status_code == 422
        assert [each["pointer"] for each in answer.json["errors"]] == [field]


def test_a_force_sets_its_own_weights_from_a_day_on(iom, client, headers):
    person = iom.person()
    member = iom.member(person, risk="medium", risk_rationale="x")
    before = iom.get(f"iom/members/{member['id']}/score").json
    admin = headers("force_admin")
    body = {"figure": {"risk_weight": 60}}
    answer = client.put("/v1/forces/33/policies/iom-score", json=body, headers=admin)
    assert answer.status_code == 200
    after = iom.get(f"iom/members/{member['id']}/score").json
    assert (before["score"], after["score"]) == (10, 30)
    assert after["score"] == by_hand(after)
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    then = iom.get(f"iom/members/{member['id']}/score", on=yesterday).json
    assert then["score"] == 10
    nomination = iom.get("iom/nominations").json["items"][0]
    assert nomination["decisions"][0]["score"] == 10
