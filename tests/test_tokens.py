"""Bearer tokens: what is let in, what is refused and how, and where the keys come from."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import stat
import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from subprocess import PIPE
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from offenders.api import issuer_keys, tokens
from offenders.api.issuer_keys import (
    IssuerKeys,
    IssuerUnavailable,
    KeySource,
    StaticKeys,
)
from offenders.api.tokens import InvalidToken, TokenVerifier
from offenders.domain.actors import ROLES, Actor
from offenders.issuer import (
    DEVELOPMENT_ISSUER,
    KeyUnusable,
    issue_token,
    load_or_make_key,
    public_keys,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
ISSUER = "https://issuer.example"
AUDIENCE = "offenders"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
OTHER_EC_KEY = ec.generate_private_key(ec.SECP256R1())
P384_KEY = ec.generate_private_key(ec.SECP384R1())
THREE_KEYS = StaticKeys(
    [("rsa", RSA_KEY.public_key()), ("ec", EC_KEY.public_key()), ("ed", ED_KEY.public_key())]
)
SIGNERS: dict[str, tuple[str, Any]] = {
    "rsa": ("RS256", RSA_KEY),
    "ec": ("ES256", EC_KEY),
    "ed": ("EdDSA", ED_KEY),
}
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "officer-4711",
    "roles": ["response_officer"],
    "force": "33",
    "iat": SECONDS,
    "exp": SECONDS + 3600,
}


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **span: float) -> None:
        self.moment += timedelta(**span)


def given_verifier(
    keys: KeySource = THREE_KEYS, now: Callable[[], datetime] = lambda: NOW, **options: Any
) -> TokenVerifier:
    return TokenVerifier(issuer=ISSUER, audience=AUDIENCE, keys=keys, now=now, **options)


def given_token(
    kid: str = "ec",
    without: str = "",
    header: dict[str, Any] | None = None,
    key: Any = None,
    **claims: Any,
) -> str:
    algorithm, own_key = SIGNERS.get(kid, ("ES256", EC_KEY))
    payload = {claim: value for claim, value in {**CLAIMS, **claims}.items() if claim != without}
    headers = {"typ": "at+jwt", "kid": kid, **(header or {})}
    # The lower layer signs whatever it is given, where jwt.encode refuses odd claims.
    signed = json.dumps(payload).encode()
    return jwt.PyJWS().encode(signed, key or own_key, algorithm=algorithm, headers=headers)


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_token(
    header: object,
    payload: object = None,
    sign: Callable[[bytes], bytes] | None = None,
) -> str:
    """Put a token together by hand, for what no library would write."""
    signed = f"{encoded(header)}.{encoded(CLAIMS if payload is None else payload)}"
    return f"{signed}.{encoded(sign(signed.encode()) if sign else b'signature')}"


def sign_with_ed(signed: bytes) -> bytes:
    return ED_KEY.sign(signed)


def hmac_with_public_key(signed: bytes) -> bytes:
    pem = EC_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hmac.new(pem, signed, hashlib.sha256).digest()


def refusal(verifier: TokenVerifier, token: str) -> tuple[str, str]:
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(token)
    return refused.value.kind, refused.value.detail


ED_HEADER = {"typ": "at+jwt", "alg": "EdDSA", "kid": "ed"}
HS_HEADER = {"typ": "at+jwt", "alg": "HS256", "kid": "ec"}

UNPROVED: dict[str, Callable[[], str]] = {
    "algorithm none, empty signature": lambda: raw_token({**ED_HEADER, "alg": "none"})[:-12],
    "algorithm none, some signature": lambda: raw_token({**ED_HEADER, "alg": "none"}),
    "algorithm None in capitals": lambda: raw_token({**ED_HEADER, "alg": "nOnE"}),
    "algorithm missing": lambda: raw_token({"typ": "at+jwt", "kid": "ed"}, sign=sign_with_ed),
    "algorithm a list": lambda: raw_token({**ED_HEADER, "alg": ["EdDSA"]}, sign=sign_with_ed),
    "HS256 with the public key as secret": lambda: raw_token(HS_HEADER, sign=hmac_with_public_key),
    "HS256 signature under an allowed name": lambda: raw_token(
        {**HS_HEADER, "alg": "ES256"}, sign=hmac_with_public_key
    ),
    "algorithm of another key": lambda: raw_token({**ED_HEADER, "kid": "ec"}, sign=sign_with_ed),
    "RS512 by the right RSA key": lambda: jwt.encode(
        CLAIMS, RSA_KEY, algorithm="RS512", headers={"typ": "at+jwt", "kid": "rsa"}
    ),
    "PS256 by the right RSA key": lambda: jwt.encode(
        CLAIMS, RSA_KEY, algorithm="PS256", headers={"typ": "at+jwt", "kid": "rsa"}
    ),
    "jku header": lambda: given_token(header={"jku": "https://evil.example/keys"}),
    "jwk header": lambda: given_token(
        header={"jwk": ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)}
    ),
    "x5u header": lambda: given_token(header={"x5u": "https://evil.example/chain"}),
    "x5c header": lambda: given_token(header={"x5c": ["MIIB"]}),
    "crit header": lambda: raw_token(
        {**ED_HEADER, "crit": ["exp"], "exp": SECONDS}, sign=sign_with_ed
    ),
    "crit header of a known extension": lambda: raw_token(
        {**ED_HEADER, "crit": ["b64"], "b64": True}, sign=sign_with_ed
    ),
    "payload left out by b64": lambda: raw_token({**ED_HEADER, "b64": False}, sign=sign_with_ed),
    "key id that climbs directories": lambda: given_token("../../etc/passwd"),
    "key id with SQL": lambda: given_token("ec' OR '1'='1"),
    "key id a number": lambda: raw_token({**ED_HEADER, "kid": 1}, sign=sign_with_ed),
    "key id missing among three keys": lambda: raw_token(
        {"typ": "at+jwt", "alg": "EdDSA"}, sign=sign_with_ed
    ),
    "other key under the same id": lambda: given_token(key=OTHER_EC_KEY),
    "type missing": lambda: raw_token({"alg": "EdDSA", "kid": "ed"}, sign=sign_with_ed),
    "type of an ID token": lambda: given_token(header={"typ": "JWT"}),
    "type a number": lambda: raw_token({**ED_HEADER, "typ": 7}, sign=sign_with_ed),
    "header a list": lambda: raw_token(["EdDSA"], sign=sign_with_ed),
    "header not JSON": lambda: raw_token(b"{", sign=sign_with_ed),
    "header deeply nested": lambda: raw_token(b"[" * 5000, sign=sign_with_ed),
    "signature cut short": lambda: given_token()[:-4],
    "signature empty": lambda: given_token().rpartition(".")[0] + ".",
    "header empty": lambda: "." + given_token().partition(".")[2],
    "three empty parts": lambda: "..",
    "two parts": lambda: given_token().rpartition(".")[0],
    "four parts": lambda: given_token() + ".e30",
    "padding added": lambda: given_token() + "==",
    "rubbish added": lambda: given_token() + "!!!!",
    "line feed added": lambda: given_token() + "\n",
    "not ASCII": lambda: given_token()[:-1] + "é",
    "one word": lambda: "secret",
    "nine kilobytes": lambda: given_token(name="x" * 7000),
    "payload not JSON": lambda: raw_token(ED_HEADER, b"{'a'", sign_with_ed),
    "payload not UTF-8": lambda: raw_token(ED_HEADER, b'{"a":"\xff"}', sign_with_ed),
    "payload deeply nested": lambda: raw_token(ED_HEADER, b"[" * 5500, sign_with_ed),
}

WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "other issuer": {"iss": "https://issuer.example/"},
    "issuer a list": {"iss": [ISSUER]},
    "other audience": {"aud": "offenders-test"},
    "audience a list with ours only": {"aud": [AUDIENCE]},
    "audience a list with ours among others": {"aud": ["other", AUDIENCE]},
    "issuer missing": {"without": "iss"},
    "audience missing": {"without": "aud"},
    "expiry missing": {"without": "exp"},
    "subject missing": {"without": "sub"},
    "roles missing": {"without": "roles"},
    "force missing": {"without": "force"},
    "expiry a string": {"exp": str(SECONDS + 60)},
    "expiry a truth value": {"exp": True},
    "expiry null": {"exp": None},
    "expiry beyond all years": {"exp": 10**30},
    "expiry too large for a float": {"exp": 10**400},
    "expiry infinite": {"exp": float("inf")},
    "expiry not a number": {"exp": float("nan")},
    "expiry negative": {"exp": -1},
    "not before a string": {"nbf": "0"},
    "not before null": {"nbf": None},
    "not before in 61 seconds": {"nbf": SECONDS + 61},
    "issued at a truth value": {"iat": False},
    "issued in 61 seconds": {"iat": SECONDS + 61},
    "subject empty": {"sub": ""},
    "subject of 201 characters": {"sub": "x" * 201},
    "subject with NUL": {"sub": "officer\0"},
    "subject with half a surrogate pair": {"sub": "officer\ud800"},
    "name with NUL": {"name": "A\0"},
    "name a list": {"name": ["A"]},
    "token id a number": {"jti": 7},
    "roles a string": {"roles": "response_officer"},
    "roles empty": {"roles": []},
    "roles with a number": {"roles": ["response_officer", 1]},
    "roles with a list": {"roles": [["response_officer"]]},
    "only unknown roles": {"roles": ["superuser", "Response_Officer"]},
    "force of one digit": {"force": "3"},
    "force of three digits": {"force": "033"},
    "force a number": {"force": 33},
    "force in other digits": {"force": "٣٣"},
    "force with a line feed": {"force": "33\n"},
    "force null": {"force": None},
    "force missing for two roles": {"without": "force", "roles": ["national_analyst", "auditor"]},
    "analyst with a wrong force": {"roles": ["national_analyst"], "force": "x"},
    "areas a string": {"lpas": "NH"},
    "areas null": {"lpas": None},
    "areas with an empty code": {"lpas": [""]},
    "neighbourhoods with a number": {"neighbourhoods": [1]},
    "neighbourhoods an object": {"neighbourhoods": {"NH04": True}},
    "agency a list": {"agency": ["probation"]},
}


@pytest.mark.parametrize("make", UNPROVED.values(), ids=UNPROVED)
def test_a_token_without_proof_is_forged_and_learns_nothing(make: Callable[[], str]) -> None:
    assert refusal(given_verifier(), make()) == (
        "forged",
        "Send an access token that the configured issuer made for this service, unaltered.",
    )


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
def test_a_signed_token_with_a_wrong_claim_is_forged(changes: dict[str, Any]) -> None:
    kind, _ = refusal(given_verifier(), given_token(**changes))
    assert kind == "forged"


@pytest.mark.parametrize("payload", [b"[]", b'"text"', b"7", b"null"])
def test_a_signed_payload_that_is_no_object_is_forged(payload: bytes) -> None:
    kind, _ = refusal(given_verifier(), raw_token(ED_HEADER, payload, sign_with_ed))
    assert kind == "forged"


def test_the_claims_of_a_token_are_not_judged_before_its_signature() -> None:
    kind, _ = refusal(given_verifier(), given_token(key=OTHER_EC_KEY, exp=SECONDS - 1))
    assert kind == "forged"


@pytest.mark.parametrize("expires", [SECONDS, SECONDS - 1, SECONDS - 86400, 0, SECONDS - 0.5])
def test_a_genuine_token_past_its_time_is_expired(expires: float) -> None:
    kind, _ = refusal(given_verifier(), given_token(exp=expires))
    assert kind == "expired"


def test_an_expired_token_for_another_service_is_forged() -> None:
    kind, _ = refusal(given_verifier(), given_token(exp=SECONDS - 1, aud="other"))
    assert kind == "forged"


@pytest.mark.parametrize("nothing", ["", "  "])
def test_no_token_at_all_is_missing(nothing: str) -> None:
    assert refusal(given_verifier(), nothing) == (
        "missing",
        "Send an access token as `Authorization: Bearer <token>`.",
    )


@pytest.mark.parametrize("kid", ["rsa", "ec", "ed"])
def test_each_allowed_algorithm_is_accepted(kid: str) -> None:
    assert given_verifier().verify(given_token(kid)).subject == "officer-4711"


@pytest.mark.parametrize("token_type", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_the_type_is_compared_as_media_types_are(token_type: str) -> None:
    token = given_token(header={"typ": token_type})
    assert given_verifier().verify(token).subject == "officer-4711"


def test_every_claim_reaches_the_actor() -> None:
    token = given_token(
        name="Ada Example",
        roles=["supervisor", "investigator", "unheard_of"],
        lpas=["NH"],
        neighbourhoods=["NH04", "NH05"],
        agency="probation",
        jti="token-1",
    )
    assert given_verifier().verify(token) == Actor(
        subject="officer-4711",
        name="Ada Example",
        roles=frozenset({"supervisor", "investigator"}),
        force="33",
        lpas=frozenset({"NH"}),
        neighbourhoods=frozenset({"NH04", "NH05"}),
        agency="probation",
        token_id="token-1",
        issued_at=NOW,
    )


def test_claims_that_may_be_left_out_are_empty() -> None:
    actor = given_verifier().verify(given_token(without="iat"))
    assert actor == Actor(
        subject="officer-4711",
        name="",
        roles=frozenset({"response_officer"}),
        force="33",
        lpas=frozenset(),
        neighbourhoods=frozenset(),
        agency=None,
        token_id=None,
        issued_at=None,
    )


def test_a_national_analyst_needs_no_force_and_may_have_one() -> None:
    verifier = given_verifier()
    roles = ["national_analyst", "unheard_of"]
    assert verifier.verify(given_token(without="force", roles=roles)).force is None
    assert verifier.verify(given_token(roles=roles)).force == "33"


def test_a_clock_sixty_seconds_ahead_at_the_issuer_is_borne() -> None:
    token = given_token(nbf=SECONDS + 60, iat=SECONDS + 60)
    assert given_verifier().verify(token).issued_at == NOW + timedelta(seconds=60)


def test_a_subject_of_two_hundred_characters_is_accepted() -> None:
    assert given_verifier().verify(given_token(sub="x" * 200)).subject == "x" * 200


def test_a_lone_key_serves_tokens_that_name_none() -> None:
    verifier = given_verifier(StaticKeys([(None, ED_KEY.public_key())]))
    token = raw_token({"typ": "at+jwt", "alg": "EdDSA"}, sign=sign_with_ed)
    assert verifier.verify(token).subject == "officer-4711"
    assert refusal(verifier, given_token("ed"))[0] == "forged"


def test_two_keys_without_ids_serve_no_token() -> None:
    keys = StaticKeys([(None, ED_KEY.public_key()), (None, EC_KEY.public_key())])
    token = raw_token({"typ": "at+jwt", "alg": "EdDSA"}, sign=sign_with_ed)
    assert refusal(given_verifier(keys), token)[0] == "forged"


def test_a_short_rsa_key_and_another_curve_verify_nothing() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    keys = StaticKeys([("short", short.public_key()), ("p384", P384_KEY.public_key())])
    header = {"typ": "at+jwt", "kid": "p384"}
    token = jwt.encode(CLAIMS, P384_KEY, algorithm="ES384", headers=header)
    assert refusal(given_verifier(keys), token)[0] == "forged"
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(CLAIMS, short, algorithm="RS256", headers={**header, "kid": "short"})
    assert refusal(given_verifier(keys), token)[0] == "forged"


def test_no_refusal_quotes_the_token() -> None:
    verifier = given_verifier()
    for changes in WRONG_CLAIMS.values():
        token = given_token(**{"name": "Canary-Name", **changes})
        _, detail = refusal(verifier, token)
        assert "Canary" not in detail
        assert not any(part in detail for part in token.split("."))


def test_a_refusal_hides_the_error_of_the_library() -> None:
    with pytest.raises(InvalidToken) as refused:
        given_verifier().verify(given_token(key=OTHER_EC_KEY))
    assert refused.value.__suppress_context__


def test_an_actor_shows_no_name_when_printed() -> None:
    actor = given_verifier().verify(given_token(name="Canary-Name"))
    assert "Canary-Name" not in repr(actor)


def test_there_are_twenty_roles() -> None:
    assert len(ROLES) == 20


TYPES_WITH_JWT = frozenset({"at+jwt", "JWT"})


def test_type_jwt_without_a_list_of_clients_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="OFFENDERS_OIDC_CLIENTS"):
        given_verifier(token_types=TYPES_WITH_JWT)


@pytest.mark.parametrize("empty", ["issuer", "audience", "token_types"])
def test_an_empty_setting_is_refused_at_start(empty: str) -> None:
    options: dict[str, Any] = {"issuer": ISSUER, "audience": AUDIENCE, "token_types": {"at+jwt"}}
    options[empty] = frozenset() if empty == "token_types" else ""
    with pytest.raises(ValueError, match="OFFENDERS_OIDC_AUDIENCE"):
        TokenVerifier(keys=THREE_KEYS, now=lambda: NOW, **options)


@pytest.mark.parametrize(
    "claims",
    [{"azp": "radio"}, {"client_id": "radio"}, {"azp": "radio", "client_id": "desk"}],
)
def test_a_token_of_type_jwt_from_a_listed_client_is_accepted(claims: dict[str, Any]) -> None:
    verifier = given_verifier(token_types=TYPES_WITH_JWT, clients=frozenset({"radio", "desk"}))
    token = given_token(header={"typ": "JWT"}, **claims)
    assert verifier.verify(token).subject == "officer-4711"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"azp": "stranger"},
        {"azp": ["radio"]},
        {"azp": None},
        {"azp": "radio", "client_id": "stranger"},
        {"azp": AUDIENCE},
    ],
    ids=["none named", "not listed", "a list", "null", "one of two not listed", "an ID token"],
)
def test_a_token_of_type_jwt_from_any_other_client_is_forged(claims: dict[str, Any]) -> None:
    verifier = given_verifier(token_types=TYPES_WITH_JWT, clients=frozenset({"radio", AUDIENCE}))
    assert refusal(verifier, given_token(header={"typ": "JWT"}, **claims))[0] == "forged"


GOOD_TOKENS = {kid: given_token(kid) for kid in SIGNERS}


@given(
    kid=st.sampled_from(sorted(SIGNERS)),
    place=st.integers(min_value=0),
    letter=st.characters(min_codepoint=1, max_codepoint=255),
)
@settings(max_examples=150, deadline=None)
def test_changing_any_letter_of_a_token_makes_it_forged(kid: str, place: int, letter: str) -> None:
    token = GOOD_TOKENS[kid]
    at = place % len(token)
    changed = token[:at] + letter + token[at + 1 :]
    if changed != token:
        assert refusal(given_verifier(), changed)[0] == "forged"


@given(kid=st.sampled_from(sorted(SIGNERS)), bit=st.integers(min_value=0))
@settings(max_examples=150, deadline=None)
def test_changing_any_bit_of_payload_or_signature_makes_it_forged(kid: str, bit: int) -> None:
    header, payload, signature = GOOD_TOKENS[kid].split(".")
    raw = [bytearray(urlsafe_b64decode(part + "==")) for part in (payload, signature)]
    part = raw[bit % 2]
    place = bit // 2 % (len(part) * 8)
    part[place // 8] ^= 1 << place % 8
    changed = ".".join([header, *(encoded(bytes(each)) for each in raw)])
    assert refusal(given_verifier(), changed)[0] == "forged"


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
@settings(max_examples=100, deadline=None)
def test_any_text_that_is_no_token_is_refused_and_never_crashes(text: str) -> None:
    assert refusal(given_verifier(), text)[0] in {"forged", "missing"}


class ChangingKeys:
    """Three keys that can be taken away, as an issuer withdraws them."""

    def __init__(self) -> None:
        self.keys = THREE_KEYS

    def find_key(self, kid: str | None) -> issuer_keys.PublicKey | None:
        return self.keys.find_key(kid)


def test_a_remembered_token_expires_on_time() -> None:
    clock = Clock()
    verifier = given_verifier(now=clock)
    token = given_token(exp=SECONDS + 100)
    first = verifier.verify(token)
    clock.move(seconds=99)
    assert verifier.verify(token) is first
    clock.move(seconds=1)
    assert refusal(verifier, token)[0] == "expired"


def test_a_remembered_token_is_judged_again_when_the_clock_goes_back() -> None:
    clock = Clock()
    verifier = given_verifier(now=clock)
    token = given_token(nbf=SECONDS)
    verifier.verify(token)
    clock.move(seconds=-61)
    assert refusal(verifier, token)[0] == "forged"


def test_a_remembered_token_falls_with_its_key() -> None:
    keys = ChangingKeys()
    verifier = given_verifier(keys)
    token = given_token("ec")
    verifier.verify(token)
    keys.keys = StaticKeys([("rsa", RSA_KEY.public_key()), ("ed", ED_KEY.public_key())])
    assert refusal(verifier, token)[0] == "forged"
    keys.keys = StaticKeys([("ec", OTHER_EC_KEY.public_key())])
    assert refusal(verifier, token)[0] == "forged"


def test_the_memory_of_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "CACHED_TOKENS", 2)
    verifier = given_verifier()
    first = verifier.verify(given_token("ed", sub="first"))
    for each in range(3):
        verifier.verify(given_token("ed", sub=f"other-{each}"))
    again = verifier.verify(given_token("ed", sub="first"))
    assert again == first
    assert again is not first


def test_the_token_used_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "CACHED_TOKENS", 2)
    verifier = given_verifier()
    first, second, third = (given_token("ed", sub=sub) for sub in ("first", "second", "third"))
    actor = verifier.verify(first)
    verifier.verify(second)
    verifier.verify(first)
    verifier.verify(third)
    assert verifier.verify(first) is actor


@pytest.mark.parametrize(
    "changes",
    [{"exp": SECONDS - 1}, {"nbf": SECONDS + 61}, {"aud": "other"}, {"key": OTHER_EC_KEY}],
    ids=["expired", "not yet valid", "for another service", "without proof"],
)
def test_a_refused_token_takes_no_room(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(tokens, "CACHED_TOKENS", 1)
    verifier = given_verifier()
    first = verifier.verify(GOOD_TOKENS["ed"])
    refusal(verifier, given_token(**changes))
    assert verifier.verify(GOOD_TOKENS["ed"]) is first


def test_many_threads_may_verify_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "CACHED_TOKENS", 3)
    verifier = given_verifier()
    subjects = [f"officer-{number % 8}" for number in range(400)]
    wanted = {subject: given_token("ed", sub=subject) for subject in subjects}
    with ThreadPoolExecutor(8) as pool:
        seen = pool.map(lambda subject: verifier.verify(wanted[subject]).subject, subjects)
        assert list(seen) == subjects


# The issuer over the wire.


def jwk(key: Any, kid: str | None, **members: Any) -> dict[str, Any]:
    public = key.public_key()
    makers: dict[type, Any] = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
    }
    maker = next((each for kind, each in makers.items() if isinstance(key, kind)), OKPAlgorithm)
    named = {} if kid is None else {"kid": kid}
    return {**maker.to_jwk(public, as_dict=True), **named, **members}


class FakeIssuer:
    """An issuer on 127.0.0.1 whose answers the test sets and whose requests it counts."""

    def __init__(self, server: ThreadingHTTPServer, scheme: str = "http") -> None:
        self.server = server
        self.url = f"{scheme}://127.0.0.1:{server.server_port}"
        self.documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
            },
        }
        self.publish(jwk(EC_KEY, "ec"))
        self.status = 200
        self.headers: dict[str, str] = {}
        self.delay_seconds = 0.0
        self.pause_seconds = 0.0
        self.requests: list[str] = []
        self.open = Event()
        self.open.set()

    def publish(self, *members: Any) -> None:
        self.documents["/keys"] = {"keys": list(members)}

    def discover(self, **members: Any) -> None:
        self.documents["/.well-known/openid-configuration"].update(members)

    def answer(self, path: str) -> bytes:
        self.requests.append(path)
        self.open.wait(5)
        sleep(self.delay_seconds)
        document = self.documents.get(path.partition("?")[0])
        return document if isinstance(document, bytes) else json.dumps(document).encode()

    @property
    def fetches(self) -> int:
        return self.requests.count("/.well-known/openid-configuration")


class IssuerHandler(BaseHTTPRequestHandler):
    issuer: FakeIssuer

    def do_GET(self) -> None:
        body = self.issuer.answer(self.path)
        try:
            self.send_response(self.issuer.status)
            for name, value in self.issuer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.write(body)
        except OSError:
            return

    def write(self, body: bytes) -> None:
        pause = self.issuer.pause_seconds
        for part in [bytes([each]) for each in body] if pause else [body]:
            self.wfile.write(part)
            sleep(pause)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def running_issuer(prepare: Callable[[ThreadingHTTPServer], str]) -> Iterator[FakeIssuer]:
    class Handler(IssuerHandler):
        """A class of its own, because the server makes the handlers and they need the issuer."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.issuer = FakeIssuer(server, prepare(server))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Handler.issuer
    finally:
        Handler.issuer.open.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with running_issuer(lambda _: "http") as running:
        yield running


def stop(issuer: FakeIssuer) -> None:
    issuer.status = 503


def soon(fact: Callable[[], bool]) -> bool:
    gives_up = monotonic() + 3
    while not fact() and monotonic() < gives_up:
        sleep(0.005)
    return fact()


def verify_over_the_wire(issuer: FakeIssuer, clock: Clock) -> TokenVerifier:
    keys = IssuerKeys(issuer.url, clock)
    return TokenVerifier(issuer=issuer.url, audience=AUDIENCE, keys=keys, now=clock)


def test_keys_come_from_the_discovery_document(issuer: FakeIssuer) -> None:
    issuer.publish(jwk(RSA_KEY, "rsa"), jwk(EC_KEY, "ec"), jwk(ED_KEY, "ed"))
    verifier = verify_over_the_wire(issuer, Clock())
    for kid in SIGNERS:
        assert verifier.verify(given_token(kid, iss=issuer.url)).subject == "officer-4711"
    assert issuer.requests == ["/.well-known/openid-configuration", "/keys"]


def test_an_issuer_with_a_path_and_a_final_slash_is_found(issuer: FakeIssuer) -> None:
    url = f"{issuer.url}/realms/police/"
    document = {"issuer": url, "jwks_uri": f"{issuer.url}/keys?set=1"}
    issuer.documents["/realms/police/.well-known/openid-configuration"] = document
    assert IssuerKeys(url, Clock()).find_key("ec") is not None


def test_the_old_key_serves_through_a_rotation_until_it_is_withdrawn(issuer: FakeIssuer) -> None:
    clock = Clock()
    verifier = verify_over_the_wire(issuer, clock)
    old = given_token("ec", iss=issuer.url)
    fresh = given_token("ed", iss=issuer.url)
    verifier.verify(old)
    issuer.publish(jwk(EC_KEY, "ec"), jwk(ED_KEY, "ed"))
    assert verifier.verify(fresh).subject == "officer-4711"
    assert verifier.verify(old).subject == "officer-4711"
    assert issuer.fetches == 2
    issuer.publish(jwk(ED_KEY, "ed"))
    clock.move(minutes=10)
    assert verifier.verify(old).subject == "officer-4711"
    assert soon(lambda: issuer.requests.count("/keys") == 3)
    assert soon(lambda: _is_refused(verifier, old))
    assert verifier.verify(fresh).subject == "officer-4711"


def _is_refused(verifier: TokenVerifier, token: str) -> bool:
    try:
        verifier.verify(token)
    except InvalidToken:
        return True
    return False


def test_keys_are_kept_for_ten_minutes(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    clock.move(minutes=9, seconds=59)
    for _ in range(20):
        assert keys.find_key("ec") is not None
    sleep(0.05)
    assert issuer.fetches == 1
    clock.move(seconds=1)
    keys.find_key("ec")
    assert soon(lambda: issuer.fetches == 2)


def test_a_flood_of_unknown_key_ids_costs_one_fetch_in_sixty_seconds(issuer: FakeIssuer) -> None:
    clock = Clock()
    verifier = verify_over_the_wire(issuer, clock)
    verifier.verify(given_token("ec", iss=issuer.url))
    flood = [given_token(f"made-up-{number}", iss=issuer.url) for number in range(60)]
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(lambda token: _is_refused(verifier, token), flood))
    assert issuer.fetches == 2
    clock.move(seconds=59.9)
    assert _is_refused(verifier, flood[0])
    assert issuer.fetches == 2
    clock.move(seconds=0.1)
    assert _is_refused(verifier, flood[0])
    assert issuer.fetches == 3


def test_a_flood_at_the_very_start_costs_one_fetch(issuer: FakeIssuer) -> None:
    keys = IssuerKeys(issuer.url, Clock())
    assert [keys.find_key(f"made-up-{number}") for number in range(20)] == [None] * 20
    assert issuer.fetches == 1


def test_failed_fetches_for_unknown_keys_count_as_well(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    stop(issuer)
    for _ in range(20):
        assert keys.find_key("made-up") is None
    assert issuer.fetches == 2


def test_junk_never_reaches_the_issuer(issuer: FakeIssuer) -> None:
    verifier = verify_over_the_wire(issuer, Clock())
    for make in (UNPROVED["algorithm none, some signature"], UNPROVED["jku header"]):
        assert _is_refused(verifier, make())
    assert issuer.requests == []


def test_known_keys_outlast_the_issuer_by_a_day(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    stop(issuer)
    clock.move(hours=23, minutes=59)
    assert keys.find_key("ec") is not None
    assert soon(lambda: issuer.fetches == 2)
    clock.move(minutes=1)
    with pytest.raises(IssuerUnavailable) as refused:
        keys.find_key("ec")
    assert refused.value.retry_after == 5
    issuer.status = 200
    clock.move(seconds=5)
    assert keys.find_key("ec") is not None


def test_a_remembered_token_falls_when_the_keys_are_a_day_old(issuer: FakeIssuer) -> None:
    clock = Clock()
    verifier = verify_over_the_wire(issuer, clock)
    token = given_token(iss=issuer.url, exp=SECONDS + 30 * 86400)
    verifier.verify(token)
    stop(issuer)
    clock.move(hours=24)
    with pytest.raises(IssuerUnavailable):
        verifier.verify(token)


def test_a_first_start_without_the_issuer_is_unavailable_and_mends(issuer: FakeIssuer) -> None:
    clock = Clock()
    verifier = verify_over_the_wire(issuer, clock)
    token = given_token(iss=issuer.url)
    stop(issuer)
    for _ in range(5):
        with pytest.raises(IssuerUnavailable):
            verifier.verify(token)
    assert issuer.fetches == 1
    issuer.status = 200
    clock.move(seconds=5)
    assert verifier.verify(token).subject == "officer-4711"


def test_an_issuer_that_refuses_connections_is_unavailable() -> None:
    with running_issuer(lambda _: "http") as gone:
        url = gone.url
    with pytest.raises(IssuerUnavailable):
        IssuerKeys(url, Clock()).find_key("ec")


def test_a_known_key_never_waits_for_the_issuer(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    issuer.open.clear()
    clock.move(minutes=11)
    began = monotonic()
    for _ in range(50):
        assert keys.find_key("ec") is not None
    assert monotonic() - began < 0.5
    assert soon(lambda: issuer.fetches == 2)


def test_one_fetch_runs_at_a_time_and_all_who_wait_get_its_keys(issuer: FakeIssuer) -> None:
    keys = IssuerKeys(issuer.url, Clock())
    issuer.open.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(keys.find_key, "ec") for _ in range(8)]
        assert soon(lambda: issuer.fetches == 1)
        issuer.open.set()
        assert all(each.result() is not None for each in waiting)
    assert issuer.fetches == 1


def test_waiting_ends_before_a_slow_fetch_does(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 0.3)
    issuer.delay_seconds = 0.2
    keys = IssuerKeys(issuer.url, Clock())
    with pytest.raises(IssuerUnavailable):
        keys.find_key("ec")
    assert soon(lambda: has_key(keys, "ec"))
    assert issuer.fetches == 1


def has_key(keys: IssuerKeys, kid: str) -> bool:
    try:
        return keys.find_key(kid) is not None
    except IssuerUnavailable:
        return False


def test_an_answer_that_drips_is_given_up(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", 0.2)
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    issuer.pause_seconds = 0.05
    with pytest.raises(IssuerUnavailable):
        keys.find_key("ec")
    issuer.pause_seconds = 0
    sleep(0.2)
    clock.move(seconds=5)
    assert keys.find_key("ec") is not None


def test_a_fetch_that_never_ends_does_not_bar_the_next(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuer_keys, "FETCH_LOST_SECONDS", 0.05)
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    issuer.open.clear()
    clock.move(minutes=11)
    keys.find_key("ec")
    assert soon(lambda: issuer.fetches == 2)
    sleep(0.06)
    clock.move(minutes=1)
    keys.find_key("ec")
    assert soon(lambda: issuer.fetches == 3)


def test_a_clock_set_back_leaves_known_keys_in_use(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    clock.move(days=-2)
    assert keys.find_key("ec") is not None
    assert soon(lambda: issuer.fetches == 2)


def unusable(issuer: FakeIssuer) -> bool:
    return not has_key(IssuerKeys(issuer.url, Clock()), "ec")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(issuer: FakeIssuer, status: int) -> None:
    issuer.status = status
    issuer.headers = {"Location": f"{issuer.url}/elsewhere"}
    assert unusable(issuer)
    assert issuer.requests == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("named", [None, "https://issuer.example", "http://127.0.0.1", 7], ids=str)
def test_a_discovery_document_of_another_issuer_is_refused(issuer: FakeIssuer, named: Any) -> None:
    issuer.discover(issuer=named)
    assert unusable(issuer)
    assert "/keys" not in issuer.requests


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        7,
        "http://issuer.example/keys",
        "http://10.0.0.1/keys",
        "http://127.0.0.1.example/keys",
        "http://127.0.0.1@issuer.example/keys",
        "http://[::ffff:10.0.0.1]/keys",
        "file:///etc/passwd",
        "ftp://127.0.0.1/keys",
        "data:application/json,{}",
        "//127.0.0.1/keys",
        "/keys",
        "http://127.0.0.1:port/keys",
        "http://[::1/keys",
    ],
)
def test_keys_at_an_unsafe_address_are_not_fetched(issuer: FakeIssuer, address: Any) -> None:
    issuer.discover(jwks_uri=address)
    assert unusable(issuer)
    assert issuer.requests == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    "address",
    [
        "http://issuer.example",
        "http://192.168.0.1",
        "http://128.0.0.1",
        "http://localhost.example",
        "https://user:secret@issuer.example",
        "https://issuer.example?tenant=1",
        "https://issuer.example#top",
        "https://",
        "issuer.example",
        "ftp://issuer.example",
        "urn:offenders:development",
        "",
    ],
)
def test_an_issuer_at_an_unsafe_address_is_refused_at_start(address: str) -> None:
    with pytest.raises(ValueError, match="OFFENDERS_OIDC_ISSUER"):
        IssuerKeys(address, Clock())


@pytest.mark.parametrize(
    "address",
    [
        "https://issuer.example/realms/police",
        "http://127.0.0.1:9000",
        "http://127.8.9.10",
        "http://[::1]:9000",
        "http://localhost:9000",
        "http://LOCALHOST",
    ],
)
def test_https_and_plain_http_on_this_machine_are_accepted(address: str) -> None:
    assert IssuerKeys(address, Clock()) is not None


LONG = b'{"keys": []' + b" " * 1_000_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, LONG, b'{"keys": {}}', b"{}"],
    ids=["empty", "cut", "list", "null", "not UTF-8", "nested", "over 1 MB", "object", "no keys"],
)
def test_a_key_set_that_can_not_be_read_keeps_the_known_keys(
    issuer: FakeIssuer, body: bytes
) -> None:
    keys = IssuerKeys(issuer.url, Clock())
    keys.find_key("ec")
    issuer.documents["/keys"] = body
    assert keys.find_key("made-up") is None
    assert issuer.requests.count("/keys") == 2
    assert keys.find_key("ec") is not None


def test_an_issuer_that_withdraws_every_key_is_unavailable(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    issuer.publish()
    keys.find_key("made-up")
    with pytest.raises(IssuerUnavailable):
        keys.find_key("ec")


def test_only_keys_that_sign_as_we_allow_are_taken(issuer: FakeIssuer) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    private = json.loads(ECAlgorithm.to_jwk(EC_KEY))
    issuer.publish(
        jwk(EC_KEY, "good", use="sig", alg="ES256", key_ops=["verify"]),
        jwk(EC_KEY, "encrypts", use="enc"),
        jwk(EC_KEY, "wraps", key_ops=["wrapKey"]),
        jwk(RSA_KEY, "RS512", alg="RS512"),
        jwk(RSA_KEY, "HS256", alg="HS256"),
        jwk(short, "short"),
        jwk(P384_KEY, "P-384"),
        jwk(ed448.Ed448PrivateKey.generate(), "Ed448"),
        {"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0"},
        {**private, "kid": "private"},
        {**jwk(EC_KEY, "off the curve"), "y": jwk(EC_KEY, None)["x"]},
        {**jwk(EC_KEY, "number"), "x": 7},
        {**jwk(RSA_KEY, "empty"), "n": ""},
        {"kty": ["EC"], "kid": "list"},
        {**jwk(EC_KEY, "x"), "kid": {"a": 1}},
        {"kty": "EC"},
        "text",
        None,
    )
    keys = IssuerKeys(issuer.url, Clock())
    assert keys.find_key("good") is not None
    refused = ["encrypts", "wraps", "RS512", "HS256", "short", "P-384", "Ed448", "symmetric"]
    refused += ["private", "off the curve", "number", "empty", "list"]
    assert [kid for kid in refused if keys.find_key(kid)] == []
    assert keys.find_key(None) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
MEMBERS = ["kty", "kid", "use", "alg", "key_ops", "crv", "x", "y", "n", "e", "d"]


@given(
    start=st.sampled_from([jwk(RSA_KEY, "k"), jwk(EC_KEY, "k"), jwk(ED_KEY, "k")]),
    changes=st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_no_key_however_odd_upsets_the_reading(
    start: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert len(issuer_keys.keys_in({"keys": [{**start, **changes}]})) in {0, 1}


def test_proxies_of_the_environment_are_not_used(
    issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert not unusable(issuer)


def given_certificate(folder: Path) -> Path:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake issuer")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(EC_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(EC_KEY, hashes.SHA256())
    )
    private = EC_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("is_trusted", [True, False])
def test_an_https_issuer_needs_a_trusted_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_trusted: bool
) -> None:
    certificate = given_certificate(tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    def wrap(server: ThreadingHTTPServer) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        return "https"

    with running_issuer(wrap) as secure:
        assert unusable(secure) is not is_trusted


# The development issuer.


def verifier_of(data_dir: Path, clock: Clock) -> TokenVerifier:
    return TokenVerifier(
        issuer=DEVELOPMENT_ISSUER, audience=AUDIENCE, keys=public_keys(data_dir), now=clock
    )


def development_token(data_dir: Path, **options: Any) -> str:
    chosen = {"roles": ["response_officer"], "force": "33", "audience": AUDIENCE, "now": NOW}
    return issue_token(load_or_make_key(data_dir), **{**chosen, **options})


def test_a_development_token_is_accepted_with_all_it_says(tmp_path: Path) -> None:
    token = development_token(
        tmp_path, lpas=["NH"], neighbourhoods=("NH05", "NH04"), agency="probation", name="Ada Démo"
    )
    actor = verifier_of(tmp_path, Clock()).verify(token)
    assert actor.token_id
    assert actor == Actor(
        subject="dev-ada-demo",
        name="Ada Démo",
        roles=frozenset({"response_officer"}),
        force="33",
        lpas=frozenset({"NH"}),
        neighbourhoods=frozenset({"NH04", "NH05"}),
        agency="probation",
        token_id=actor.token_id,
        issued_at=NOW,
    )


def test_a_development_token_is_named_after_its_role_and_force(tmp_path: Path) -> None:
    actor = verifier_of(tmp_path, Clock()).verify(development_token(tmp_path))
    assert (actor.subject, actor.name) == ("dev-response_officer-33", "response_officer-33")


def test_a_development_analyst_has_no_force(tmp_path: Path) -> None:
    token = development_token(tmp_path, roles=["national_analyst"], force=None)
    actor = verifier_of(tmp_path, Clock()).verify(token)
    assert (actor.subject, actor.force) == ("dev-national_analyst", None)


def test_a_name_without_latin_letters_still_gives_a_subject(tmp_path: Path) -> None:
    verifier = verifier_of(tmp_path, Clock())
    subjects = [
        verifier.verify(development_token(tmp_path, name=name)).subject for name in ("李", "王")
    ]
    assert subjects[0] != subjects[1]
    assert all(each.startswith("dev-") and len(each) == 16 for each in subjects)


def test_two_development_tokens_have_ids_of_their_own(tmp_path: Path) -> None:
    verifier = verifier_of(tmp_path, Clock())
    ids = {verifier.verify(development_token(tmp_path)).token_id for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("hours", "lasts"), [(12, 43200), (0.5, 1800), (0.001, 3)], ids=["shift", "half", "seconds"]
)
def test_a_development_token_lasts_as_long_as_asked(
    tmp_path: Path, hours: float, lasts: int
) -> None:
    clock = Clock()
    verifier = verifier_of(tmp_path, clock)
    token = development_token(tmp_path, hours=hours)
    clock.move(seconds=lasts - 1)
    verifier.verify(token)
    clock.move(seconds=1)
    assert refusal(verifier, token)[0] == "expired"


def test_a_development_token_of_no_hours_has_expired(tmp_path: Path) -> None:
    token = development_token(tmp_path, hours=0)
    assert refusal(verifier_of(tmp_path, Clock()), token)[0] == "expired"


def test_the_key_is_named_by_its_thumbprint(tmp_path: Path) -> None:
    header = jwt.get_unverified_header(development_token(tmp_path))
    key = jwk(load_or_make_key(tmp_path), None)
    members = f'{{"crv":"P-256","kty":"EC","x":"{key["x"]}","y":"{key["y"]}"}}'
    kid = encoded(hashlib.sha256(members.encode()).digest())
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": kid}
    assert public_keys(tmp_path).find_key(kid) is not None
    assert public_keys(tmp_path).find_key("another") is None


def test_the_key_of_another_data_directory_is_refused(tmp_path: Path) -> None:
    token = development_token(tmp_path / "one")
    assert refusal(verifier_of(tmp_path / "two", Clock()), token)[0] == "forged"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"roles": []}, "at least one role"),
        ({"roles": ["superuser"]}, "at least one role"),
        ({"force": None}, "Give the force"),
        ({"force": "3"}, "two digits"),
        ({"hours": -1}, "hours"),
        ({"hours": float("nan")}, "hours"),
        ({"hours": float("inf")}, "hours"),
    ],
)
def test_a_development_token_nobody_would_accept_is_not_made(
    tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        development_token(tmp_path, **options)


def test_the_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    load_or_make_key(tmp_path / "var")
    folder = tmp_path / "var" / "issuer"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["key.pem"]


def test_many_processes_and_threads_agree_on_one_key(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from offenders.issuer import public_keys; sys.stdin.read();"
        "print(public_keys(pathlib.Path(sys.argv[1])).kid)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with (
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as first,
        subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as second,
        ThreadPoolExecutor(4) as pool,
    ):
        sleep(0.3)
        threads = pool.map(lambda _: public_keys(tmp_path).kid, range(8))
        said = [each.communicate()[0].strip() for each in (first, second)]
        kids = {*threads, *said}
    assert len(kids) == 1
    assert [each.name for each in (tmp_path / "issuer").iterdir()] == ["key.pem"]


def test_the_second_of_two_makers_takes_the_key_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = public_keys(tmp_path).kid
    # The second has looked before the first was done, and so makes a key as well.
    monkeypatch.setattr("pathlib.Path.exists", lambda _: False)
    assert public_keys(tmp_path).kid == first


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_make_key(tmp_path)
    (tmp_path / "issuer" / "key.pem").chmod(0o644)
    with pytest.raises(KeyUnusable, match="Other users may read"):
        load_or_make_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----"])
def test_a_broken_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    load_or_make_key(tmp_path)
    (tmp_path / "issuer" / "key.pem").write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"key\.pem holds no usable key"):
        load_or_make_key(tmp_path)


def test_a_key_file_of_another_kind_is_named(tmp_path: Path) -> None:
    load_or_make_key(tmp_path)
    pem = P384_KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "issuer" / "key.pem").write_bytes(pem)
    with pytest.raises(KeyUnusable, match="another kind"):
        load_or_make_key(tmp_path)


def test_a_data_directory_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(KeyUnusable, match="OFFENDERS_DATA_DIR"):
        load_or_make_key(blocked)
