"""Importing orders: Leicestershire's year, the same law as by hand, and running it again."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from orders_given import Orders, day, today
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.service import run_rows

# HMIC, PEEL 2016: Leicestershire Police, the twelve months to 30 June 2016.
FIRST, LAST = date(2015, 7, 1), date(2016, 6, 30)
PEOPLE = 90


def row(number, kind, **fields):
    person = number % PEOPLE
    found = {
        "source_ref": f"{kind}-{number}",
        "person_source_ref": f"P{person}",
        "type": kind,
        "court": "Leicester Magistrates' Court",
    } | fields
    return {name: value for name, value in found.items() if value is not None}


def on(days):
    return (FIRST + timedelta(days=days)).isoformat()


def leicestershire():
    """Give 82 SHPOs with 14 breaches; 80 DVPNs, 71 DVPOs applied for, 63 granted, 14 breached."""
    for n in range(82):
        broken = {k: [on(300 + k)] for k in range(12)} | {5: [on(200), on(210), on(299)]}
        yield row(
            n,
            "SHPO",
            applied_on=on(n),
            made_on=on(n * 2),
            conditions=["Not to use the internet unseen"],
            monitored_by="MOSOVO",
            accepted_by="MOSOVO" if n else None,
            accepted_on=on(n * 2) if n else None,
            breaches=broken.get(n),
        )
    for n in range(80):
        yield row(n, "DVPN", made_on=on(n * 4), authorised_rank="superintendent")
    for n in range(71):
        granted = n < 63
        yield row(
            n,
            "DVPO",
            applied_on=on(n * 4 + 1),
            state="expired" if granted else "refused",
            decided_on=on(n * 4 + 2),
            made_on=on(n * 4 + 2) if granted else None,
            expires_on=on(n * 4 + 29) if granted else None,
            breaches=[f"{on(n * 4 + 9)} charged"] if n < 14 else None,
        )


@pytest.fixture
def orders(committing_app, headers, fresh_force):
    return Orders(committing_app.test_client(), headers, fresh_force)


@pytest.fixture
def bring(engine, fresh_force):
    def bring_in(*rows, kind="orders", **more):
        problems = []

        class Sink:
            def add(self, found):
                problems.extend(found)

        summary = run_rows(
            engine,
            force=fresh_force,
            kind=kind,
            rows=rows,
            requested_by="test",
            sink=Sink(),
            **more,
        )
        return tuple(summary[1:5]), [(e.severity, e.field, e.problem) for e in problems]

    people = [
        {"source_ref": f"P{n}", "family_name": f"Example{n}", "date_of_birth": "1980-01-01"}
        for n in range(PEOPLE)
    ]
    bring_in(*people, kind="people")
    return bring_in


def count(orders, path, **query):
    answer = orders.client.get(path, headers=orders.sent, query_string={"count": "true", **query})
    assert answer.status_code == 200, answer.json
    return answer.json["total"]


def follow(orders, link):
    """Count the rows of a list that a number links to."""
    answer = orders.client.get(f"{link}&count=true&limit=1", headers=orders.sent)
    assert answer.status_code == 200, answer.json
    return answer.json["total"]


def report(orders, **query):
    answer = orders.client.get("/v1/reports/orders", headers=orders.sent, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def figures(group):
    names = ("applied", "granted", "refused", "in_force", "breached_orders", "breach_events")
    return tuple(group[name] for name in names)


def test_leicestershires_published_year_comes_back_exactly_each_number_with_its_list(
    orders, bring, engine, fresh_force
):
    asked = {"from": FIRST.isoformat(), "to": LAST.isoformat()}
    empty = report(orders, **asked)
    assert (empty["by_type"], empty["total"]) == ("no_data", "no_data")
    rows = list(leicestershire())
    (created, *others), problems = bring(*rows)
    assert (created, others) == (233, [0, 0, 0]), problems[:3]
    # One SHPO and every notice still in force was accepted by nobody.
    assert {each[:2] for each in problems} == {("warning", "accepted_by")}
    assert len(problems) == 81
    year = report(orders, **asked)
    assert figures(year["by_type"]["SHPO"]) == (82, 82, 0, 82, 12, 14)
    assert figures(year["by_type"]["DVPN"]) == (80, 80, 0, 80, 0, 0)
    assert figures(year["by_type"]["DVPO"])[:3] == (71, 63, 8)
    assert figures(year["by_type"]["DVPO"])[4:] == (14, 14)
    assert (year["by_type"]["DVPO"]["grant_rate"], year["by_type"]["DVPO"]["breach_rate"]) == (
        88.7,
        22.2,
    )
    earlier = year["by_type"]["SHPO"]["year_before"]
    assert (figures(earlier), follow(orders, earlier["hrefs"]["granted"])) == ((0,) * 6, 0)
    groups = [*year["by_type"].values(), *year["by_area"], year["total"]]
    told = [each for each in groups if each["applied"]]
    assert (len(told), len(groups)) == (5, 22)
    for group in told:
        for name, link in group["hrefs"].items():
            assert (name, follow(orders, link)) == (name, group[name]), link
    assert len(year["by_month"]) == 12
    for month in year["by_month"][::5]:
        for name, link in month["hrefs"].items():
            assert (month["month"], name, follow(orders, link)) == (
                month["month"],
                name,
                month[name],
            )
    assert sum(each["granted"] for each in year["by_month"]) == 225
    assert sum(each["breach_events"] for each in year["by_month"]) == 28
    counts = orders.client.get("/v1/orders/counts?group_by=type,state", headers=orders.sent).json[
        "counts"
    ]
    found = {(each["type"], each["state"]): each["orders"] for each in counts}
    assert found == {
        ("DVPN", "in_force"): 80,
        ("DVPO", "expired"): 63,
        ("DVPO", "refused"): 8,
        ("SHPO", "in_force"): 82,
    }
    for each in counts:
        assert follow(orders, each["href"]) == each["orders"]
    assert count(orders, "/v1/flags", rule="unmonitored-orders") == 81
    with transaction(engine, Work(fresh_force)) as session:
        live = text("SELECT count(*) FROM managements WHERE force = :force AND kind = 'order'")
        assert session.execute(live, {"force": fresh_force}).scalar() == 162
    moment = counts and orders.client.get("/v1/orders/counts", headers=orders.sent).json["as_at"]
    assert bring(*rows)[0] == (0, 0, 233, 0)
    bring(rows[0] | {"breaches": [*rows[0]["breaches"], on(320)]})
    assert figures(report(orders, **asked)["by_type"]["SHPO"])[4:] == (12, 15)
    then = report(orders, **asked, as_at=moment)
    assert figures(then["by_type"]["SHPO"]) == (82, 82, 0, 82, 12, 14)
    assert follow(orders, then["by_type"]["SHPO"]["hrefs"]["breach_events"]) == 14
    assert follow(orders, then["by_type"]["SHPO"]["hrefs"]["in_force"]) == 82


REFUSED = [
    ({"type": None}, "type", "no type"),
    ({"type": "ASBO"}, "type", "not known"),
    ({"person_source_ref": None}, "person_source_ref", "names nobody"),
    ({"person_source_ref": "NONE"}, "person_source_ref", "No person"),
    ({"type": "DVPO", "expires_on": "2016-02-15"}, "expires_on", "s.28"),
    ({"type": "DAPO", "made_on": "2025-06-01"}, "type", "HCWS254"),
    ({"type": "SOPO"}, "made_on", "s.104"),
    ({"made_on": None, "state": "expired"}, "made_on", "no day"),
    ({"state": "expired"}, "expires_on", "not over"),
    ({"state": "applied"}, "made_on", "don't fit"),
    ({"state": "entered_in_error"}, "state", "not known"),
    ({"breaches": "2015-12-31"}, "breaches", "outside the life"),
    ({"breaches": "2016-03-01;2016-03-01"}, "breaches", "same moment"),
    ({"breaches": "2016-03-01 eaten"}, "breaches", "not known"),
    ({"breaches": "2016-03-01 charged 2016-02-01"}, "breaches", "before it happened"),
    ({"made_on": "3016-01-01"}, "made_on", "future"),
    ({"state": "discharged", "ended_on": "2015-12-31"}, "ended_on", "before it bound"),
    ({"accepted_by": "T", "accepted_on": "2015-12-31"}, "accepted_on", "before"),
    ({"owner_officer": "1", "owner_team": "T"}, "owner_team", "two owners"),
    ({"colour": "red"}, "colour", "no column"),
]


def test_rows_that_can_not_be_are_refused_with_what_to_do(bring):
    rows = [row(n, "SHPO", **({"made_on": "2016-01-01"} | f)) for n, (f, *_) in enumerate(REFUSED)]
    rows = [each | {"source_ref": str(n)} for n, each in enumerate(rows)]
    (created, _, _, refused), problems = bring(*rows)
    assert (created, refused) == (0, len(REFUSED)), problems
    for (fields, column, says), (severity, field, problem) in zip(REFUSED, problems, strict=True):
        assert (severity, field, says in problem) == ("refused", column, True), (fields, problem)


def test_what_changes_at_the_source_changes_here_unless_it_was_decided_here(orders, bring):
    first = {"made_on": day(-30), "court_reference": "T1", "conditions": ["Not to enter a park"]}
    bring(row(1, "SHPO", **first))
    (made,) = orders.list()
    assert orders.rules(made) == {"unmonitored-orders"}
    accepted = {"accepted_by": "MOSOVO", "accepted_on": day(-1)}
    assert bring(row(1, "SHPO", **first, **accepted))[0] == (0, 1, 0, 0)
    assert orders.rules(made) == set()
    assert orders.read(made)["monitoring"] == "accepted"
    orders.done(made, "variations", expires_on=day(3000), varied_on=day(0))
    done, problems = bring(row(1, "SHPO", **first, **accepted, expires_on=day(2500)))
    assert (done, [each[:2] for each in problems]) == ((0, 0, 1, 0), [("warning", "state")])
    assert orders.read(made)["expires_on"] == day(3000)
    discharged = {"state": "discharged", "ended_on": day(-1)}
    bring(row(2, "SRO", made_on=day(-30), **accepted))
    assert bring(row(2, "SRO", made_on=day(-30), **accepted, **discharged))[0] == (0, 1, 0, 0)
    assert len(orders.list(state="discharged")) == 1
    sro = row(4, "SRO", made_on=day(-30), breaches=[day(-9)], **accepted)
    assert bring(sro)[0] == (1, 0, 0, 0)
    early = bring(sro | {"breaches": None, "state": "discharged", "ended_on": day(-20)})
    assert early[1][0][:2] == ("refused", "expires_on")
    later = sro | {"breaches": [f"{day(-9)} charged {day(-2)}"]}
    assert bring(later)[0] == (0, 1, 0, 0)
    (broken,) = orders.list("/v1/order-breaches")
    assert (broken["action"], broken["state"]) == ("charged", "reviewed")
    assert bring(later)[0] == (0, 0, 1, 0)
    assert ("warning", "breaches") in [e[:2] for e in bring(later | {"breaches": [day(-8)]})[1]]
    assert len(orders.list("/v1/order-breaches")) == 2
    owned = later | {"owner_officer": "PC9"}
    assert ("warning", "owner_officer") in [e[:2] for e in bring(owned)[1]]
    told = ["Not to go to the house of Jane Roe"]
    assert bring(owned | {"conditions": told})[0] == (0, 1, 0, 0)
    chief = orders.caller("chief_officer")
    path = f"/v1/orders/{broken['order_id']}/history"
    log = [each for each in orders.list(path, sent=chief) if each["kind"] == "amendment"]
    assert (log[-1]["masked"], log[-1]["details"]["changes"]) == (["details.conditions"], {})
    double = row(3, "SHPO", **first) | {"person_source_ref": "P1"}
    assert bring(double)[1][0][:2] == ("refused", "court_reference")
    other = row(1, "SHPO", **first) | {"person_source_ref": "P2"}
    assert bring(other)[1][0][:2] == ("refused", "person_source_ref")
    bring(row(5, "SRO", made_on=day(-3), **accepted), later, complete=True)
    assert [e["subject"]["reference"] for e in orders.flags("not-in-source")] == [made["reference"]]


def test_somebody_described_in_the_row_is_recorded_with_their_order(orders, bring):
    described = {"family_name": "Newcomer", "date_of_birth": day(-6000)}
    rows = [
        {"source_ref": "A", "type": "CBO", "made_on": day(-9), "expires_on": day(400), **described},
        {"source_ref": "B", "type": "DVPN", "made_on": day(-9), **described},
    ]
    done, problems = bring(*rows)
    assert done == (1, 0, 0, 1)
    assert {each[:2] for each in problems} == {
        ("warning", "accepted_by"),
        ("refused", "person_id"),
    }
    (made,) = orders.list()
    assert (made["person"]["family_name"], made["because"]["variant"]) == ("Newcomer", "under_18")
    assert made["statutory_review_on"] is not None


def test_days_of_a_year_are_in_order():
    days = [each["made_on"] for each in leicestershire() if each["type"] == "SHPO"]
    assert all(first < second for first, second in pairwise(days))
    assert date.fromisoformat(max(days)) <= LAST < today()
