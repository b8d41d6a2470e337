"""Packs taken along: with a permission and a purpose, audited, within the cap; and drawn alone."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time

import pytest
from builders import given_neighbourhood
from meetings_given import Meetings, set_figure

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.working_days import LONDON
from offenders.jobs.meetings import draw_packs, packs_to_draw

CANARY = '=HYPERLINK("http://x")'


def test_a_pack_is_taken_along_for_a_purpose_and_the_disclosure_is_audited(meetings):
    person = meetings.person(family_name=CANARY)
    want = meetings.want(person_id=person["id"])
    meeting = meetings.held()
    path = f"/v1/meetings/{meeting['id']}/pack?format="
    bare = {name: value for name, value in meetings.sent.items() if name != "X-Access-Reason"}
    for form, media in (
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("pdf", "application/pdf"),
    ):
        answer = meetings.get(f"{path}{form}&purpose=Morning+meeting")
        assert answer.headers["Content-Type"] == media
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="{meeting["reference"]}.{form}"'
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        with_reason = bare | {"X-Access-Reason": "Morning meeting"}
        meetings.get(f"{path}{form}", sent=with_reason)
    events = meetings.get(
        "/v1/audit/events?action=meetings.read-pack&limit=200", sent=meetings.by("auditor")
    ).json["items"]
    told = [each for each in events if each["class"] == "disclosure"]
    assert len(told) == 6
    assert all(
        {meeting["id"], want["id"], person["id"]} <= set(each["subject_ids"]) for each in told
    )
    assert {each["details"]["purpose"] for each in told} == {"Morning meeting"}
    rows = list(csv.DictReader(io.StringIO(meetings.get(f"{path}csv").data.decode("utf-8-sig"))))
    names = {row["person_family_name"] for row in rows if row["person_family_name"]}
    assert names == {f"'{CANARY}"}


def test_without_a_purpose_nothing_leaves(meetings):
    meetings.want()
    path = f"/v1/meetings/{meetings.held()['id']}/pack"
    set_reason(meetings, needed=0)
    bare = {name: value for name, value in meetings.sent.items() if name != "X-Access-Reason"}
    meetings.get(path, sent=bare)
    refused = meetings.get(f"{path}?format=pdf", sent=bare, status=422)
    assert [each["pointer"] for each in refused.json["errors"]] == ["/purpose"]
    meetings.get(f"{path}?format=docx", status=422)
    set_reason(meetings, needed=1)
    meetings.get(path, sent=bare, status=422)
    meetings.get(f"{path}?format=csv&purpose=Morning+meeting", sent=bare)
    meetings.get(f"{path}?format=csv&purpose=x", sent=meetings.by("response_officer"), status=403)


def set_reason(meetings, needed):
    answer = meetings.client.put(
        f"/v1/forces/{meetings.force}/policies/access-reason",
        json={"figure": {"all": needed}, "from": "2026-01-01", "source": "Chief Constable"},
        headers=meetings.by("force_admin"),
    )
    assert answer.status_code in {200, 201}, answer.json
    meetings.client.application.extensions["offenders"].forget()


def test_a_pack_shows_so_many_rows_of_a_section_and_the_section_itself_all(meetings):
    wants = [meetings.want(risk=risk) for risk in ("medium", "standard", "standard")]
    set_figure(meetings, rows_of_section=2)
    meeting = meetings.held()
    pack = meetings.get(f"/v1/meetings/{meeting['id']}/pack").json
    (kept,) = [each for each in pack["sections"] if each["section"] == "wants_other"]
    assert [each["id"] for each in kept["items"]] == [wants[0]["id"], wants[1]["id"]]
    assert (kept["count"], kept["shown"], kept["more"]) == (3, 2, 1)
    assert {each["group"]: each["count"] for each in kept["groups"]} == {"medium": 1, "standard": 2}
    alone = meetings.get(kept["href"]).json["sections"][0]
    assert [each["id"] for each in alone["items"]] == [each["id"] for each in wants]
    assert (alone["count"], alone["shown"], alone["more"]) == (3, 3, 0)
    set_figure(meetings, rows_of_export=3)
    path = f"/v1/meetings/{meeting['id']}/pack?purpose=x&format=csv"
    refused = meetings.get(path, status=422)
    assert "more than the 3 of an export" in refused.json["errors"][0]["detail"]
    meetings.get(f"{path}&section=wants_other")
    meetings.get(f"/v1/meetings/{meeting['id']}/pack")  # to read it is not to take it along


def test_reading_a_pack_spends_the_daily_budget_of_people(meetings):
    for _ in range(3):
        meetings.want()
    meeting = meetings.held()
    answer = meetings.client.put(
        f"/v1/forces/{meetings.force}/policies/read-budget",
        json={"figure": {"all": 2}, "from": "2026-01-01", "source": "Chief Constable"},
        headers=meetings.by("force_admin"),
    )
    assert answer.status_code in {200, 201}, answer.json
    meetings.client.application.extensions["offenders"].forget()
    reader = meetings.by("chief_officer", name="Reader")
    meetings.get(f"/v1/meetings/{meeting['id']}/pack", sent=reader, status=429)


def test_two_clerks_at_once_make_one_meeting(committing_app, headers, fresh_force):
    clerks = [Meetings(committing_app.test_client(), headers, fresh_force) for _ in range(2)]
    clerks[0].want()
    told = {"held_at": clock.now().isoformat()}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda clerk: clerk.post(**told), clerks))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(clerks[0].get("/v1/meetings").json["items"]) == 1
    # Without a moment told, each has its own: two meetings in a day are no mistake.
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda clerk: clerk.post(), clerks))
    assert [answer.status_code for answer in answers] == [201, 201]


@pytest.mark.parametrize(("figures", "drawn"), [({}, 0), ({"drawn_daily": 1}, 2)])
def test_packs_are_drawn_by_themselves_where_the_force_says_so(meetings, figures, drawn):
    given_neighbourhood(meetings.client, "E1", lpa="N")
    if figures:
        set_figure(meetings, **figures, drawn_hour=0)
    engine = meetings.client.application.extensions["offenders"].engine
    for expected in (drawn, 0):
        with transaction(engine, Work(meetings.force)) as session:
            assert draw_packs(session, meetings.force).details.get("meetings", 0) == expected
    made = meetings.get("/v1/meetings").json["items"]
    midnight = datetime.combine(clock.today(), time(0), LONDON).astimezone(UTC)
    assert [(each["tier"], each["lpa"]) for each in made] == [("lpa", "N"), ("force", None)][:drawn]
    assert {datetime.fromisoformat(each["cut_off"]) for each in made} <= {midnight}


def test_no_pack_is_drawn_before_its_hour(meetings):
    set_figure(meetings, drawn_daily=1, drawn_hour=23)
    engine = meetings.client.application.extensions["offenders"].engine
    now = clock.now()
    expected = 1 if now.astimezone(LONDON).hour == 23 else 0
    with clock.as_if_at(now), transaction(engine, Work(meetings.force)) as session:
        assert len(packs_to_draw(session, meetings.force)) == expected
