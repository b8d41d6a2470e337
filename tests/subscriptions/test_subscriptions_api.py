"""Where a subscription may go, whose it is, and what ends it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from builders import given_want

from offenders.clock import as_if_at
from offenders.domain.subscriptions.telling import tell_due
from offenders.outgoing import addresses
from offenders.outgoing.subscribers import load_key
from offenders.settings import Settings, SettingsError, read_settings

BAD = [
    ("http://10.1.2.3/hook", "private"),
    ("https://192.168.1.1/hook", "private"),
    ("https://[::1]/hook", "private"),
    ("https://169.254.169.254/latest/meta-data", "private"),
    ("https://[::ffff:10.0.0.1]/", "private"),
    ("ftp://hook.example/", "https://"),
    ("https://user:pass@hook.example/", "user"),
    ("https://hook.example/#part", "fragment"),
    ("http://127.0.0.1:1/", "Nobody answers"),
    ("not an address", "https://"),
]


@pytest.mark.parametrize(("url", "said"), BAD)
def test_an_address_that_is_private_or_not_there_is_refused(hooks, url, said):
    answer = hooks.post(url, "want.opened")
    assert answer.status_code == 422
    [error] = answer.json["errors"]
    assert error["pointer"] == "/url" and said in error["detail"]


def test_a_name_that_leads_to_a_private_address_is_refused(hooks, monkeypatch):
    def look_up(_host, port, *_args, **_more):
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)
    assert hooks.post("https://hook.example/", "want.opened").status_code == 422


def test_loopback_is_private_unless_it_is_allowed(client, headers, receive):
    body = {"url": receive().url, "events": ["want.opened"]}
    answer = client.post("/v1/subscriptions", json=body, headers=headers("supervisor"))
    assert "private" in answer.json["errors"][0]["detail"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_address_that_redirects_is_refused_and_not_followed(hooks, receive, status):
    receiver = receive(look_status=status)
    answer = hooks.post(receiver, "want.opened")
    assert answer.status_code == 422
    assert "leads to another" in answer.json["errors"][0]["detail"]
    assert (receiver.server.looked, receiver.server.got) == (1, [])
    made = hooks.given(receive(), "want.opened")
    changed = hooks.act(made, "", method="PATCH", body={"url": receiver.url})
    assert changed.status_code == 422


def test_a_subscription_is_its_owners_own(hooks, receive, client):
    made = hooks.given(receive(), "want.opened", name="First")
    address = f"/v1/subscriptions/{made['id']}"
    other = hooks.by("supervisor", name="Second")
    assert client.get(address, headers=other).status_code == 404
    assert client.get("/v1/subscriptions", headers=other).json["items"] == []
    elsewhere = hooks._headers("supervisor", force="31", name="First")
    assert client.get(address, headers=elsewhere).status_code == 404
    mine = client.get("/v1/subscriptions?count=true", headers=hooks.by("supervisor", name="First"))
    assert ([each["id"] for each in mine.json["items"]], mine.json["total"]) == ([made["id"]], 1)
    assert "secret" not in mine.json["items"][0]
    # Whoever oversees sees where they go and may end them, and never sees a secret.
    admin = hooks.by("force_admin")
    assert [
        each["id"] for each in client.get("/v1/subscriptions/all", headers=admin).json["items"]
    ] == [made["id"]]
    body = {"reason": "Left the unit."}
    sent = admin | {"If-Match": f'"{made["version"]}"'}
    ended = client.post(f"{address}/revocations", json=body, headers=sent)
    assert (ended.status_code, ended.json["state"]) == (201, "ended")
    again = hooks.act(made, "resumptions", name="First")
    assert again.status_code == 409


def test_what_ends_sends_nothing_more(hooks, receive, client, headers):
    receiver = receive()
    made = hooks.given(receiver, "want.opened")
    paused = hooks.act(made, "pauses")
    assert (paused.json["state"], hooks.act(made, "pauses").status_code) == ("paused", 409)
    given_want(client, headers)
    assert hooks.step() == (0, 0)
    assert hooks.act(made, "resumptions").status_code == 201
    assert tell_due(hooks.engine) == 1
    assert hooks.act(made, "ends", body={"reason": "No longer needed."}).status_code == 201
    assert hooks.step() == (0, 0)
    assert receiver.server.got == []
    assert hooks.read(made)["waiting"] == 0


@pytest.mark.parametrize("named", ["subject", "token_id", "officer"])
def test_a_revoked_subject_is_told_nothing_more(hooks, receive, client, headers, named):
    receiver = receive()
    made = hooks.given(receiver, "want.opened")
    if named == "officer":
        body = {"from": "2020-01-01", "left": "2020-02-01"}
        address = f"/v1/officers/{made['owner']}"
        assert client.put(address, json=body, headers=headers("force_admin")).status_code == 201
    else:
        [(token,)] = hooks.sql("SELECT token_id FROM subscriptions")
        who = {"sub": made["owner"]} if named == "subject" else {"jti": token}
        body = {"reason": "Lost laptop", **who}
        done = client.post("/v1/revocations", json=body, headers=headers("force_admin"))
        assert done.status_code == 201, done.json
    given_want(client, headers)
    assert hooks.step() == (0, 0)
    because = "owner_left" if named == "officer" else "revoked"
    assert hooks.sql("SELECT state, because FROM subscriptions") == [("ended", because)]
    assert receiver.server.got == []


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    settings = Settings(data_dir=tmp_path / "var")
    key = load_key(settings)
    assert len(key) == 32 and load_key(settings) == key
    [path] = (tmp_path / "var").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    own = "A" * 43 + "="
    named = read_settings({"OFFENDERS_SUBSCRIPTION_KEY": own})
    assert load_key(named) == bytes(32) and own not in repr(named)
    for bad in ("short", "A" * 20, "!" * 44):
        with pytest.raises(SettingsError, match="OFFENDERS_SUBSCRIPTION_KEY"):
            read_settings({"OFFENDERS_SUBSCRIPTION_KEY": bad})


def test_a_subscription_ends_by_itself_unless_it_is_renewed(hooks, receive, client, headers):
    """Told as what its owner may read, by the token they renewed it with, for 90 days."""
    receiver = receive()
    kept, left = (hooks.given(receiver, "want.opened") for _ in range(2))
    expires = datetime.fromisoformat(kept["expires_at"])
    made = datetime.fromisoformat(kept["recorded_at"])
    assert abs(made + timedelta(days=90) - expires) < timedelta(seconds=5)
    with as_if_at(made + timedelta(days=60)):
        renewed = hooks.act(kept, "renewals")
    assert renewed.status_code == 201, renewed.json
    assert datetime.fromisoformat(renewed.json["expires_at"]) == made + timedelta(days=150)
    with as_if_at(expires - timedelta(seconds=5)):
        tell_due(hooks.engine)
    assert [hooks.read(each)["state"] for each in (kept, left)] == ["active", "active"]
    given_want(client, headers)
    with as_if_at(datetime.fromisoformat(left["expires_at"])):
        assert tell_due(hooks.engine) == 1
    ended = hooks.read(left)
    assert (ended["state"], ended["because"], ended["expires_at"]) == ("ended", "not_renewed", None)
    assert hooks.act(left, "renewals").status_code == 409
    assert hooks.read(kept)["state"] == "active"


def test_where_the_force_lets_none_last_none_is_given_or_goes_on(hooks, receive, client, headers):
    """Rather than a 201 for what would end before it told of anything."""
    receiver = receive()
    made = hooks.given(receiver, "want.opened")
    body = {"figure": 0, "from": "2026-01-01", "source": "Chief Constable"}
    path = "/v1/forces/33/policies/subscriptions"
    assert client.put(path, json=body, headers=headers("force_admin")).status_code in {200, 201}
    for answer in (hooks.post(receiver, "want.opened"), hooks.act(made, "renewals")):
        assert (answer.status_code, answer.json["rule"]) == (409, "subscriptions")
    assert hooks.act(made, "ends", body={"reason": "No longer needed"}).status_code == 201
