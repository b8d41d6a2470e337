"""The keys of an issuer over the wire: fetched, kept, rotated, withdrawn and refused."""

from __future__ import annotations

import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed448, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from issuer_given import FakeIssuer, running_issuer
from jwt.algorithms import ECAlgorithm
from tokens_given import (
    AUDIENCE,
    EC_KEY,
    ED_HEADER,
    ED_KEY,
    P384_KEY,
    RSA_KEY,
    SECONDS,
    SIGNERS,
    Clock,
    given_token,
    jwk,
    raw_token,
)

from offenders.api import issuer_keys
from offenders.api.issuer_keys import IssuerKeys, IssuerUnavailable
from offenders.api.tokens import InvalidToken, TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIssuer]:
    """An issuer that is waited for as long as a slow machine takes."""
    monkeypatch.setattr(issuer_keys, "FETCH_SECONDS", PATIENCE_SECONDS)
    with running_issuer(lambda _: "http") as running:
        yield running


def stop(issuer: FakeIssuer) -> None:
    issuer.status = 503


def soon(fact: Callable[[], bool]) -> bool:
    gives_up = monotonic() + PATIENCE_SECONDS
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
    _is_refused(verifier, old)  # it is asked for anew meanwhile, and may have come before
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
    unsigned = raw_token({**ED_HEADER, "alg": "none"})
    for junk in (unsigned, given_token(header={"jku": "https://evil.example/keys"})):
        assert _is_refused(verifier, junk)
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
    assert monotonic() - began < PATIENCE_SECONDS / 2  # who waits for a fetch waits longer
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
    keys = IssuerKeys(issuer.url, Clock())
    issuer.open.clear()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(has_key, keys, "ec")
        assert soon(lambda: issuer.fetches == 1)
        with monkeypatch.context() as patience:
            patience.setattr(issuer_keys, "FETCH_SECONDS", 0.01)
            with pytest.raises(IssuerUnavailable):
                keys.find_key("ec")
        issuer.open.set()
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
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    issuer.pause_seconds = 0.05
    with monkeypatch.context() as patience:
        patience.setattr(issuer_keys, "FETCH_SECONDS", 0.2)
        with pytest.raises(IssuerUnavailable):
            keys.find_key("ec")
        assert keys._fetch is not None
        assert soon(keys._fetch.ended.is_set)
    issuer.pause_seconds = 0
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


def test_a_worker_without_traffic_asks_before_it_trusts_old_keys(issuer: FakeIssuer) -> None:
    clock = Clock()
    verifier = verify_over_the_wire(issuer, clock)
    withdrawn = given_token("ec", iss=issuer.url, exp=SECONDS + 86400)
    verifier.verify(withdrawn)
    issuer.publish(jwk(ED_KEY, "ed"))
    clock.move(minutes=20)
    assert _is_refused(verifier, withdrawn)


def test_a_worker_without_traffic_serves_on_where_the_issuer_is_down(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    stop(issuer)
    clock.move(hours=5)
    assert keys.find_key("ec") is not None
    assert issuer.fetches == 2


def test_traffic_never_waits_through_an_outage_of_the_issuer(issuer: FakeIssuer) -> None:
    clock = Clock()
    keys = IssuerKeys(issuer.url, clock)
    keys.find_key("ec")
    stop(issuer)
    for _ in range(5):
        issuer.open.clear()
        clock.move(minutes=15)
        began = monotonic()
        assert keys.find_key("ec") is not None
        assert monotonic() - began < PATIENCE_SECONDS / 2
        issuer.open.set()
        assert keys._fetch is not None
        assert soon(keys._fetch.ended.is_set)
    assert issuer.fetches == 6
