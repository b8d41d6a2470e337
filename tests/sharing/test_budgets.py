"""The daily budget of people read: a header and a flag before it is used up, and when it is."""

from __future__ import annotations

from builders import given_person
from sqlalchemy import text

from offenders.api import limits
from offenders.jobs.sharing import flag_budgets

WARNING = "X-Reading-Budget"


def budget(session, figure, rule="read-budget"):
    session.execute(
        text("""INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source, set_by,
                                      recorded_at)
                VALUES ('33', gen_random_uuid(), :rule, 'all', :figure, '2020-01-01', 't', 't',
                        now())"""),
        {"figure": figure, "rule": rule},
    )


def flags(sharing):
    items = sharing.get("flags?rule=read-budgets", "duty_inspector").json["items"]
    return [(each["severity"], each["subject"]["reference"]) for each in items]


def test_a_reader_is_warned_at_four_fifths_and_supervision_is_told(
    app, sharing, client, headers, session
):
    people = [given_person(client, headers, family_name=f"N{n}")["id"] for n in range(6)]
    session.execute(text("DELETE FROM people_read"))
    budget(session, 5)
    app.extensions["offenders"].forget()
    limits.forget()
    sent = headers("neighbourhood_officer", name="Reader")
    told = []
    for each in [*people[:5], people[5], people[0]]:
        answer = client.get(f"/v1/people/{each}", headers=sent)
        told.append((answer.status_code, answer.headers.get(WARNING)))
        if len(told) in {3, 4}:
            flag_budgets(session, "33")
            assert flags(sharing) == ([] if len(told) == 3 else [("warning", "dev-reader")])
    assert told == [
        (200, None),
        (200, None),
        (200, None),
        (200, "4/5"),
        (200, "5/5"),
        (429, None),
        (200, "5/5"),
    ]
    flag_budgets(session, "33")
    assert flags(sharing) == [("alert", "dev-reader")]
    session.execute(text("DELETE FROM people_read"))
    flag_budgets(session, "33")
    assert flags(sharing) == [], "another day has begun"


def test_the_short_cut_warns_as_flask_does(committing_app, headers, fresh_force, owner):
    with owner.begin() as connection:
        connection.execute(
            text("INSERT INTO forces (code, name, short_name, kind)"
                 " VALUES (:f, 'X', 'X', 'territorial')"),
            {"f": fresh_force},
        )  # fmt: skip
        for rule, figure in (("read-budget", 100), ("read-budget-warnings", 2)):
            connection.execute(
                text("""INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source,
                                              set_by, recorded_at)
                        VALUES (:f, gen_random_uuid(), :rule, 'all', :figure, '2020-01-01', 't',
                                't', now())"""),
                {"f": fresh_force, "rule": rule, "figure": figure},
            )
    client = committing_app.test_client()
    sent = headers("neighbourhood_officer", force=fresh_force)
    people = [given_person(client, headers, force=fresh_force)["id"] for _ in range(3)]
    committing_app.extensions["offenders"].forget()
    limits.forget()
    told = [client.get(f"/v1/people/{each}", headers=sent).headers.get(WARNING) for each in people]
    assert told == [None, "2/100", "3/100"]
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM forces WHERE code = :f"), {"f": fresh_force})
