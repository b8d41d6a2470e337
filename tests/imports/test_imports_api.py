"""Imports through the API: planned or started by an upload, followed until they end."""

from __future__ import annotations

import io

import pytest

from offenders.domain.imports.service import run_queued

FORCE = "97"  # a real code, for the queue goes through the forces there are
PEOPLE = "source_ref,family_name,given_names,date_of_birth\nA1,Example,Ann,1990-01-01\nA2,,Bo,\n"


@pytest.fixture
def upload(committing_app, headers):
    client = committing_app.test_client()

    def send(content, query="kind=people", role="force_admin", content_type="text/csv", **more):
        return client.post(
            f"/v1/imports?{query}",
            data=content,
            content_type=content_type,
            headers=headers(role, force=FORCE, **more),
        )

    return send


@pytest.fixture
def read(committing_app, headers):
    client = committing_app.test_client()

    def get(path, role="force_admin", force=FORCE):
        return client.get(path, headers=headers(role, force=force))

    return get


@pytest.fixture(autouse=True)
def _emptied(purge):
    yield
    purge(FORCE)


def test_an_upload_is_queued_run_and_its_problems_are_told(upload, read, engine):
    started = upload(PEOPLE)
    assert (started.status_code, started.json["state"]) == (202, "queued")
    path = started.headers["Location"]
    assert run_queued(engine) == 1
    ended = read(path).json
    assert ended["state"] == "finished"
    assert {name: ended["summary"][name] for name in ("read", "created", "refused")} == {
        "read": 2,
        "created": 1,
        "refused": 1,
    }
    problems = read(f"{path}/problems").json["items"]
    assert [(each["line"], each["field"], each["severity"]) for each in problems] == [
        (3, "family_name", "refused")
    ]
    assert problems[0]["action"]
    found = read("/v1/people?name=example", role="investigator").json["items"]
    assert [each["given_names"] for each in found] == ["Ann"]


def test_a_plan_says_what_would_happen_and_does_nothing(upload, read, engine):
    started = upload(PEOPLE, "kind=people&dry_run=true")
    run_queued(engine)
    assert read(started.headers["Location"]).json["summary"]["created"] == 1
    assert read("/v1/people?name=example", role="investigator").json["items"] == []


def test_the_same_upload_again_changes_nothing(upload, read, engine):
    for _ in range(2):
        started = upload(PEOPLE)
        run_queued(engine)
    summary = read(started.headers["Location"]).json["summary"]
    assert (summary["created"], summary["unchanged"]) == (0, 1)


def test_a_repeated_upload_with_one_key_is_one_import(upload, read):
    answers = [upload(PEOPLE, **{"Idempotency-Key": "night-1"}) for _ in range(2)]
    assert answers[0].json == answers[1].json
    assert len(read("/v1/imports").json["items"]) == 1


def test_a_file_may_come_as_part_of_a_form(upload, read, engine):
    form = {"file": (io.BytesIO(PEOPLE.encode()), "people.csv", "text/csv")}
    started = upload(form, content_type="multipart/form-data")
    assert (started.status_code, started.json["file_name"]) == (202, "people.csv")


@pytest.mark.parametrize(
    ("content", "query", "content_type", "status"),
    [
        (PEOPLE, "kind=horses", "text/csv", 422),
        (PEOPLE, "", "text/csv", 422),
        ("", "kind=people", "text/csv", 422),
        ("name,colour\nx,y\n", "kind=people", "text/csv", 422),
        (b"\xff\xfe\x00", "kind=people", "text/csv", 422),
        (PEOPLE, "kind=people", "image/png", 415),
        (PEOPLE, "kind=people&colour=blue", "text/csv", 422),
    ],
)
def test_a_file_that_can_not_be_taken_is_refused_at_once(
    upload, content, query, content_type, status
):
    answer = upload(content, query, content_type=content_type)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"


def test_only_who_may_import_may_and_only_in_their_force(upload, read):
    assert upload(PEOPLE, role="investigator").status_code == 403
    path = upload(PEOPLE).headers["Location"]
    assert read(path, force="31").status_code == 404
    assert read(f"{path}/problems", force="31").status_code == 404
    assert read("/v1/imports", force="31").json["items"] == []
