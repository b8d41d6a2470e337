"""The keys that verify tokens: a fixed set, or those an issuer publishes (OpenID discovery)."""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

ALGORITHM_BY_KEY_TYPE = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}  # RFC 7518, RFC 8037
RSA_BITS = 2048  # NIST SP 800-131A: the least that may still sign

KEYS_FRESH_FOR = timedelta(minutes=10)
# A worker without traffic asks before it trusts older keys, so that a key the issuer has
# withdrawn ends within this time; where the issuer doesn't answer they serve on.
KEYS_UNASKED_FOR = timedelta(minutes=20)
KEYS_TRUSTED_FOR = timedelta(hours=24)
FETCH_PAUSE = timedelta(seconds=60)
FIRST_FETCH_PAUSE = timedelta(seconds=5)
FETCH_SECONDS = 3
FETCH_LOST_SECONDS = 60
ANSWER_BYTES = 1_000_000

log = structlog.get_logger()


class IssuerUnavailable(Exception):
    """No token can be judged because the issuer's keys can't be had."""

    def __init__(self) -> None:
        """Say when to come back."""
        self.retry_after = int(FIRST_FETCH_PAUSE.total_seconds())
        self.detail = (
            f"The issuer's keys can't be fetched. Try again in {self.retry_after} seconds."
        )
        super().__init__(self.detail)


class KeySource(Protocol):
    """Where the verifier looks up the key that a token names."""

    def find_key(self, kid: str | None) -> PublicKey | None:
        """Give the key of that id; without an id, the key where there is only one."""


class StaticKeys:
    """A set of keys that doesn't change, as pairs of key id and key."""

    def __init__(self, keys: Iterable[tuple[str | None, PublicKey]]) -> None:
        """Keep the pairs; a key without id serves only where it is the only one."""
        self._keys = tuple(keys)
        self._by_kid = {kid: key for kid, key in self._keys if kid is not None}

    def __len__(self) -> int:
        """Count the keys, with and without an id."""
        return len(self._keys)

    def find_key(self, kid: str | None) -> PublicKey | None:
        """Give the key of that id; without an id, the key where there is only one."""
        if kid is not None:
            return self._by_kid.get(kid)
        return self._keys[0][1] if len(self._keys) == 1 else None


@dataclass(frozen=True, slots=True)
class _KeySet:
    keys: StaticKeys
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class _Fetch:
    ended: Event
    began: float

    def is_under_way(self) -> bool:
        # A fetch that hangs, or whose thread a fork has lost, must not bar all others for good.
        return not self.ended.is_set() and monotonic() - self.began < FETCH_LOST_SECONDS

    def wait(self) -> None:
        # Patience is counted from the start of the fetch, so that an issuer that hangs
        # can't hold every worker by a flood of unknown key ids.
        self.ended.wait(max(0.0, self.began + FETCH_SECONDS - monotonic()))


class IssuerKeys:
    """The keys an issuer publishes, kept through its outages and refreshed in the background."""

    def __init__(self, issuer_url: str, now: Callable[[], datetime]) -> None:
        """Check the address; nothing is fetched before the first token comes."""
        if not _is_safe_address(issuer_url):
            message = (
                "OFFENDERS_OIDC_ISSUER must be an https address without user, query or fragment; "
                "plain http is for a loopback host only."
            )
            raise ValueError(message)
        self._issuer = issuer_url
        self._now = now
        self._opener = _make_opener()
        self._lock = Lock()
        self._known: _KeySet | None = None
        self._fetch: _Fetch | None = None
        self._began: dict[str, datetime] = {}

    def find_key(self, kid: str | None) -> PublicKey | None:
        """Give the key of that id, waiting for the issuer only where no known key will do."""
        known = self._known
        if known is None or not self._is_usable(known):
            return self._find_first_key(kid)
        if not self._is_within(known.fetched_at, KEYS_FRESH_FOR):
            known = self._refresh(known)
        key = known.keys.find_key(kid)
        if key is not None:
            return key
        self._wait_for_fetch("unknown key", FETCH_PAUSE)
        return (self._known or known).keys.find_key(kid)

    def _refresh(self, known: _KeySet) -> _KeySet:
        """Fetch in the background; wait for it only where nobody has asked for long."""
        asked_at = self._began.get("stale keys", known.fetched_at)
        was_idle = not any(
            self._is_within(moment, KEYS_UNASKED_FOR) for moment in (asked_at, known.fetched_at)
        )
        fetch = self._begin_fetch("stale keys", FETCH_PAUSE)
        if was_idle and fetch is not None:
            fetch.wait()
        return self._known or known

    def _find_first_key(self, kid: str | None) -> PublicKey | None:
        self._wait_for_fetch("no keys", FIRST_FETCH_PAUSE)
        known = self._known
        if known is None or not self._is_usable(known):
            raise IssuerUnavailable
        key = known.keys.find_key(kid)
        if key is None:
            # These keys are fresh from the issuer, so asking again for this id is no use yet.
            self._began["unknown key"] = known.fetched_at
        return key

    def _is_usable(self, known: _KeySet) -> bool:
        return len(known.keys) > 0 and self._now() - known.fetched_at < KEYS_TRUSTED_FOR

    def _is_within(self, since: datetime | None, span: timedelta) -> bool:
        # A clock set back makes the time since negative, and then the fetch is due.
        return since is not None and timedelta(0) <= self._now() - since < span

    def _wait_for_fetch(self, reason: str, pause: timedelta) -> None:
        fetch = self._begin_fetch(reason, pause)
        if fetch is not None:
            fetch.wait()

    def _begin_fetch(self, reason: str, pause: timedelta) -> _Fetch | None:
        """Join the fetch under way or start one, unless one for this reason was just tried."""
        with self._lock:
            if self._fetch is not None and self._fetch.is_under_way():
                return self._fetch
            if self._is_within(self._began.get(reason), pause):
                return None
            # The moment is read here because a thread doesn't inherit an injected clock.
            began = self._began[reason] = self._now()
            fetch = self._fetch = _Fetch(Event(), monotonic())
        try:
            Thread(target=self._run, args=(fetch, began), daemon=True, name="issuer-keys").start()
        except RuntimeError:
            # There is no thread to spare; the next request after the pause tries again.
            fetch.ended.set()
        return fetch

    def _run(self, fetch: _Fetch, began: datetime) -> None:
        try:
            keys = self._download()
            # A fetch given up as lost must not put older keys over those of its successor.
            if self._fetch is fetch:
                self._known = _KeySet(keys, began)
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as fault:
            problem = f"{type(fault).__name__}: {fault}"[:200]
            log.warning("fetch.issuer_keys", issuer=self._issuer, problem=problem)
        finally:
            fetch.ended.set()

    def _download(self) -> StaticKeys:
        discovery = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if discovery.get("issuer") != self._issuer:
            message = "The discovery document names another issuer than OFFENDERS_OIDC_ISSUER."
            raise ValueError(message)
        address = discovery.get("jwks_uri")
        if not isinstance(address, str) or not _is_safe_address(address, may_query=True):
            message = "The discovery document's jwks_uri is not a safe https address."
            raise ValueError(message)
        return keys_in(self._get(address))

    def _get(self, address: str) -> dict[str, Any]:
        # The scheme and host have been checked by _is_safe_address.
        request = Request(address, headers={"Accept": "application/json"})  # noqa: S310
        with self._opener.open(request, timeout=FETCH_SECONDS) as answer:
            if answer.status != http.client.OK:
                message = f"The issuer answered {answer.status}; redirects are not followed."
                raise ValueError(message)
            document = json.loads(_read_bounded(answer))
        if not isinstance(document, dict):
            message = "The issuer's answer is not a JSON object."
            raise ValueError(message)  # noqa: TRY004 - one kind for every unusable answer
        return document


def _make_opener() -> OpenerDirector:
    """Open http and https and nothing else: no proxy, no redirect, no file."""
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler(context=ssl.create_default_context()))
    return opener


def _is_safe_address(address: str, *, may_query: bool = False) -> bool:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "#" in address:
        return False
    if "?" in address and not may_query:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_bounded(answer: http.client.HTTPResponse) -> bytes:
    # The timeout of the socket counts anew with every packet; this one counts the whole answer.
    gives_up = monotonic() + FETCH_SECONDS
    body = b""
    while chunk := answer.read1(65_536):
        body += chunk
        if len(body) > ANSWER_BYTES or monotonic() > gives_up:
            message = "The issuer's answer is too long or too slow."
            raise ValueError(message)
    return body


def keys_in(document: dict[str, Any]) -> StaticKeys:
    """Read the signing keys of a JSON Web Key Set."""
    members = document.get("keys")
    if not isinstance(members, list):
        message = "The issuer's key set has no list of keys."
        raise ValueError(message)  # noqa: TRY004 - one kind for every unusable answer
    return StaticKeys(pair for member in members if (pair := _signing_key(member)))


def _signing_key(member: object) -> tuple[str | None, PublicKey] | None:
    """Read one JSON Web Key; None for what doesn't verify signatures of our three kinds."""
    if not isinstance(member, dict) or member.get("use", "sig") != "sig":
        return None
    algorithm, kid = ALGORITHM_BY_KEY_TYPE.get(str(member.get("kty"))), member.get("kid")
    if algorithm is None or not isinstance(kid, str | None):
        return None
    if member.get("alg", algorithm) != algorithm or not _may_verify(member):
        return None
    try:
        key = jwt.PyJWK(member, algorithm).key
    except jwt.PyJWTError:
        return None
    return (kid, key) if algorithm_of(key) == algorithm else None


def _may_verify(member: dict[str, Any]) -> bool:
    operations = member.get("key_ops", ["verify"])
    return isinstance(operations, list) and "verify" in operations


def algorithm_of(key: object) -> str | None:
    """Name the one algorithm a key may serve, so that the token can't choose another."""
    if isinstance(key, RSAPublicKey) and key.key_size >= RSA_BITS:
        return "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    return "EdDSA" if isinstance(key, Ed25519PublicKey) else None
