"""Bearer tokens: what is let in, what is refused and how."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm
from tokens_given import (
    AUDIENCE,
    CLAIMS,
    EC_KEY,
    ED_HEADER,
    ED_KEY,
    ISSUER,
    NOW,
    OTHER_EC_KEY,
    P384_KEY,
    RSA_KEY,
    SECONDS,
    SIGNERS,
    THREE_KEYS,
    Clock,
    encoded,
    given_token,
    given_verifier,
    raw_token,
    refusal,
    sign_with_ed,
)

from offenders.api import issuer_keys, tokens
from offenders.api.issuer_keys import StaticKeys
from offenders.api.tokens import InvalidToken, TokenVerifier
from offenders.domain.actors import ROLES, Actor

if TYPE_CHECKING:
    from collections.abc import Callable

HS_HEADER = {"typ": "at+jwt", "alg": "HS256", "kid": "ec"}


def hmac_with_public_key(signed: bytes) -> bytes:
    pem = EC_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hmac.new(pem, signed, hashlib.sha256).digest()


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
