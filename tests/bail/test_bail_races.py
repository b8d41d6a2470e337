"""Writers who race over bail: one want, one effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from bail_given import Bail, ago


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Bail(committing_app.test_client(), headers, fresh_force)


def race(work, each):
    """Do the same with each at once; give the statuses in order."""
    with ThreadPoolExecutor(len(each)) as pool:
        return sorted(answer.status_code for answer in pool.map(work, each))


def failing(app, desk, record):
    sent = desk.sent | {"If-Match": '"1"'}
    path = f"/v1/bail-records/{record['id']}/failures"
    return app.test_client().post(path, json={}, headers=sent)


def test_six_failures_of_one_person_share_one_want(committing_app, desk):
    person = desk.person()
    records = [
        desk.given(person_id=person["id"], arrested_at=ago(10 + n), return_at=ago(1))
        for n in range(6)
    ]
    statuses = race(lambda record: failing(committing_app, desk, record), records)
    assert statuses == [201] * 6
    assert len({each["want_id"] for each in desk.list()}) == 1
    assert desk.headline()["people"] == 1


def test_six_failures_of_one_record_have_one_effect(committing_app, desk):
    record = desk.given(return_at=ago(1))
    statuses = race(lambda _n: failing(committing_app, desk, record), range(6))
    assert statuses == [201] + [412] * 5
    assert desk.headline()["people"] == 1


def test_a_want_entered_by_hand_meanwhile_is_joined_or_refused_never_doubled(committing_app, desk):
    person = desk.person()
    record = desk.given(person_id=person["id"], return_at=ago(1))
    want = {
        "person_id": person["id"],
        "reason": "failed_to_answer_bail",
        "crime_reference": record["crime_reference"],
    }

    def work(number):
        if number:
            return failing(committing_app, desk, record)
        return committing_app.test_client().post("/v1/wanted", json=want, headers=desk.sent)

    statuses = race(work, [0, 1])
    assert statuses in ([201, 201], [201, 409])
    assert desk.read(record)["state"] == "failed_to_answer"
    assert desk.headline()["people"] == 1


def test_six_entries_of_one_release_make_one(committing_app, desk):
    person = desk.person()
    body = {"person_id": person["id"], "arrested_at": ago(3), "bailed_at": ago(2)}

    def enter(_number):
        return committing_app.test_client().post("/v1/bail-records", json=body, headers=desk.sent)

    assert race(enter, range(6)) == [201] + [409] * 5
