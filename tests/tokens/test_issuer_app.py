"""The whole service with an issuer over HTTP: whose tokens are let in, and what others are told."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from issuer_given import running_issuer
from tokens_given import EC_KEY, ED_KEY, OTHER_EC_KEY, RSA_KEY, SIGNERS, given_token, jwk, raw_token

from offenders import clock
from offenders.api import issuer_keys, revoked
from offenders.api.service import Service
from offenders.issuer import issue_token, load_or_make_key
from offenders.settings import SettingsError, read_settings

AUDIENCE = "urn:offenders"
UNAUTHENTICATED = "urn:offenders:problem:unauthenticated"
SECONDS = int(datetime.now(UTC).timestamp())


@pytest.fixture
def issuer(monkeypatch):
    """An issuer that is waited for as long as a slow machine takes."""
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 60)
    with running_issuer(lambda _: "http") as running:
        running.publish(jwk(RSA_KEY, "rsa"), jwk(EC_KEY, "ec"), jwk(ED_KEY, "ed"))
        yield running


@pytest.fixture
def served(issuer, database, tmp_path, connection, app, monkeypatch):
    """Serve with this environment beside the usual one: `served(OFFENDERS_OIDC_CLIENTS="x")`."""

    def make(**environment):
        settings = read_settings(
            {
                "OFFENDERS_DATABASE_URL": database.app,
                "OFFENDERS_DATA_DIR": str(tmp_path),
                "OFFENDERS_OIDC_ISSUER": issuer.url,
                "OFFENDERS_OIDC_AUDIENCE": AUDIENCE,
                **environment,
            }
        )
        anew = vars(Service(settings, connection))
        monkeypatch.setattr(app.extensions["offenders"], "__dict__", anew)
        return app.test_client()

    return make


@pytest.fixture
def token(issuer):
    """Make a token of the issuer, with these claims changed."""

    def make(kid="ec", **changes):
        usual = {"iss": issuer.url, "aud": AUDIENCE, "iat": SECONDS, "exp": SECONDS + 3600}
        return given_token(kid, **(usual | changes))

    return make


def ask(client, sent):
    return client.get("/v1/flags", headers={"Authorization": f"Bearer {sent}"})


@pytest.mark.parametrize("kid", SIGNERS)
def test_tokens_of_each_kind_of_key_are_let_in(served, token, issuer, kid):
    client = served()
    assert [ask(client, token(kid)).status_code for _ in range(3)] == [200] * 3
    assert issuer.fetches == 1


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def hs256(kid, key, claims):
    def sign(signed):
        return hmac.new(public_pem(key), signed, hashlib.sha256).digest()

    return raw_token({"typ": "at+jwt", "alg": "HS256", "kid": kid}, claims, sign)


HOUR = 3600
WRONG = {
    "another issuer": {"iss": "https://issuer.example"},
    "another audience": {"aud": "offenders"},
    "audience a list of ours": {"aud": [AUDIENCE]},
    "audience a list with ours": {"aud": [AUDIENCE, "other"]},
    "expired this second": {"exp": SECONDS},
    "expired long ago": {"exp": SECONDS - HOUR},
    "not valid for an hour": {"nbf": SECONDS + HOUR},
    "issued in an hour": {"iat": SECONDS + HOUR},
    "no issuer": {"without": "iss"},
    "no audience": {"without": "aud"},
    "no expiry": {"without": "exp"},
    "no subject": {"without": "sub"},
    "no roles": {"without": "roles"},
    "no force": {"without": "force"},
    "only unknown roles": {"roles": ["admin"]},
    "an ID token by its type": {"header": {"typ": "JWT"}},
    "a key of its own": {"header": {"jwk": jwk(OTHER_EC_KEY, "ec")}, "key": OTHER_EC_KEY},
    "a place for keys": {"header": {"jku": "http://127.0.0.1/keys"}},
    "another key under the id": {"key": OTHER_EC_KEY},
    "an unknown key id": {"kid": "unheard-of"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_wrong_token_is_told_what_to_do_and_nothing_else(served, token, changes):
    changes = dict(changes)
    sent = token(changes.pop("kid", "ec"), **changes)
    answer = ask(served(), sent)
    assert (answer.status_code, answer.json["type"]) == (401, UNAUTHENTICATED)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="offenders"'
    assert not any(part in answer.text for part in sent.split("."))


@pytest.mark.parametrize(("kid", "key"), [("rsa", RSA_KEY), ("ec", EC_KEY), ("ed", ED_KEY)])
def test_a_public_key_signs_nothing_and_no_signature_is_none(served, issuer, kid, key):
    claims = {
        "iss": issuer.url,
        "aud": AUDIENCE,
        "sub": "officer",
        "roles": ["force_admin"],
        "force": "33",
        "exp": SECONDS + HOUR,
    }
    client = served()
    unsigned = raw_token({"typ": "at+jwt", "alg": "none", "kid": kid}, claims)
    for sent in (hs256(kid, key, claims), unsigned, unsigned.rpartition(".")[0] + "."):
        assert ask(client, sent).json["type"] == UNAUTHENTICATED


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
def test_another_algorithm_of_the_right_key_is_refused(served, issuer, algorithm):
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "o", "roles": ["auditor"], "force": "33"}
    headers = {"typ": "at+jwt", "kid": "rsa"}
    sent = jwt.encode(
        claims | {"exp": SECONDS + HOUR}, RSA_KEY, algorithm=algorithm, headers=headers
    )
    assert ask(served(), sent).status_code == 401


def test_a_minute_between_the_clocks_is_borne(served, token):
    ahead = int(datetime.now(UTC).timestamp()) + 50
    assert ask(served(), token(iat=ahead, nbf=ahead)).status_code == 200


def test_development_tokens_count_for_nothing_where_an_issuer_is_set(served, tmp_path):
    sent = issue_token(
        load_or_make_key(tmp_path),
        roles=["force_admin"],
        force="33",
        audience=AUDIENCE,
        now=datetime.now(UTC),
    )
    assert ask(served(), sent).json["type"] == UNAUTHENTICATED


def test_no_token_says_how_to_send_one(served):
    answer = served().get("/v1/flags")
    assert (answer.status_code, answer.json["type"]) == (401, UNAUTHENTICATED)
    assert "Authorization: Bearer" in answer.json["detail"]


# Types and clients


def test_type_jwt_needs_its_clients_named(served):
    with pytest.raises(SettingsError, match="OFFENDERS_OIDC_CLIENTS"):
        served(OFFENDERS_OIDC_TOKEN_TYPES="JWT")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"azp": "radio"}, 200),
        ({"client_id": "desk"}, 200),
        ({"azp": "stranger"}, 401),
        ({"azp": "radio", "client_id": "stranger"}, 401),
        ({}, 401),
        ({"azp": ["radio"]}, 401),
        # The audience of an ID token is the client that asked for it.
        ({"azp": AUDIENCE}, 401),
        ({"azp": "radio", "header": {"typ": "at+jwt"}}, 200),
        ({"azp": "radio", "header": {"typ": "logout+jwt"}}, 401),
    ],
)
def test_tokens_of_type_jwt_come_from_listed_clients(served, token, changes, status):
    client = served(
        OFFENDERS_OIDC_TOKEN_TYPES="at+jwt JWT", OFFENDERS_OIDC_CLIENTS=f"radio, desk {AUDIENCE}"
    )
    assert ask(client, token(**({"header": {"typ": "JWT"}} | changes))).status_code == status


def test_clients_narrow_the_usual_type_as_well(served, token):
    client = served(OFFENDERS_OIDC_CLIENTS="radio")
    assert ask(client, token(azp="radio")).status_code == 200
    assert ask(client, token(azp="stranger")).status_code == 401
    assert ask(client, token()).status_code == 401


# Keys over time


def test_a_key_published_since_is_fetched_at_once_and_a_flood_is_not(served, token, issuer):
    client = served()
    issuer.publish(jwk(EC_KEY, "ec"))
    assert ask(client, token("ec")).status_code == 200
    issuer.publish(jwk(EC_KEY, "ec"), jwk(ED_KEY, "ed"))
    assert ask(client, token("ed")).status_code == 200
    assert issuer.fetches == 2
    for number in range(20):
        assert ask(client, token(f"made-up-{number}")).status_code == 401
    assert issuer.fetches == 2


def test_a_withdrawn_key_ends_and_a_silent_issuer_stops_nobody(served, token, issuer):
    client = served()
    old, fresh = token("ec", exp=SECONDS + 30 * HOUR), token("ed", exp=SECONDS + 30 * HOUR)
    assert [ask(client, each).status_code for each in (old, fresh)] == [200, 200]
    start = datetime.now(UTC)
    issuer.status = 500
    with clock.as_if_at(start + timedelta(hours=2)):
        assert [ask(client, each).status_code for each in (old, fresh)] == [200, 200]
    issuer.status = 200
    issuer.publish(jwk(ED_KEY, "ed"))
    with clock.as_if_at(start + timedelta(hours=2, minutes=30)):
        assert [ask(client, each).status_code for each in (old, fresh)] == [401, 200]


def test_an_issuer_never_reached_is_no_fault_of_the_caller(served, token, issuer):
    issuer.status = 500
    answer = ask(served(), token())
    assert (answer.status_code, answer.json["type"]) == (503, "urn:offenders:problem:unavailable")
    assert int(answer.headers["Retry-After"]) > 0


# Failures counted, tokens revoked


def test_only_forged_tokens_count_towards_the_limit(served, token, monkeypatch):
    monkeypatch.setattr("offenders.api.limits.FAILED_TOKENS_A_MINUTE", 2)
    client = served()
    for sent in (token(exp=SECONDS - 1), "", token(exp=SECONDS - 1)):
        assert ask(client, sent).status_code == 401
    with clock.as_if_at(datetime.now(UTC)):  # within one minute
        forged = [ask(client, token(key=OTHER_EC_KEY)).status_code for _ in range(4)]
    assert forged[0] == 401
    assert forged[-1] == 429
    assert ask(client, token()).status_code == 200


def test_tokens_of_the_issuer_are_revoked_by_its_own_names(served, token, monkeypatch):
    monkeypatch.setattr(revoked, "READ_SECONDS", 0.0)
    client = served()
    admin = {"Authorization": f"Bearer {token(sub='auth0|admin', roles=['force_admin'])}"}
    ann = {"sub": "auth0|Ann Example", "iat": SECONDS - 10}
    named, other, unnamed = token(jti="t-1", **ann), token(jti="t-2", **ann), token(**ann)
    assert [ask(client, each).status_code for each in (named, other, unnamed)] == [200] * 3
    body = {"jti": "t-1", "reason": "Left on a train."}
    assert client.post("/v1/revocations", json=body, headers=admin).status_code == 201
    assert [ask(client, each).status_code for each in (named, other, unnamed)] == [401, 200, 200]
    body = {"sub": "auth0|Ann Example", "reason": "Left the force."}
    assert client.post("/v1/revocations", json=body, headers=admin).status_code == 201
    without_moment = token(sub="auth0|Ann Example", without="iat")
    later = token(**ann | {"iat": int(datetime.now(UTC).timestamp()) + 30})
    seen = [ask(client, each).status_code for each in (other, unnamed, without_moment, later)]
    assert seen == [401, 401, 401, 200]
