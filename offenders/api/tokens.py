"""Verification of bearer tokens: the signature first, then every claim the service relies on."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import ssl
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, TypeAlias
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from offenders.domain.actors import ROLES, Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

ALGORITHM_BY_KEY_TYPE = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}  # RFC 7518, RFC 8037
ALGORITHMS = frozenset(ALGORITHM_BY_KEY_TYPE.values())
RSA_BITS = 2048  # NIST SP 800-131A: the least that may still sign
# Headers by which a token would bring its own key, or ask for rules we don't know.
REFUSED_HEADERS = frozenset({"crit", "jku", "jwk", "x5u", "x5c"})

TOKEN_CHARACTERS = 8192
SUBJECT_CHARACTERS = 200
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
TWO_DIGITS = re.compile(r"[0-9]{2}")
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
# An early clock at the issuer must not lock people out, so `nbf` and `iat` have this leeway.
# `exp` has none: leeway there only lengthens the life of a stolen token.
CLOCK_SKEW_SECONDS = 60
LATEST_SECONDS = 253_402_300_799  # the end of the year 9999, the last moment a datetime holds
CACHED_TOKENS = 4096

KEYS_FRESH_FOR = timedelta(minutes=10)
KEYS_TRUSTED_FOR = timedelta(hours=24)
FETCH_PAUSE = timedelta(seconds=60)
FIRST_FETCH_PAUSE = timedelta(seconds=5)
FETCH_SECONDS = 3
FETCH_LOST_SECONDS = 60
ANSWER_BYTES = 1_000_000

log = structlog.get_logger()


class InvalidToken(Exception):
    """A request without a usable token; `detail` says what to do and never quotes the token."""

    def __init__(self, kind: Literal["missing", "expired", "forged"], detail: str) -> None:
        """Keep the kind, by which failed authentication is counted, and the detail."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


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
            self._begin_fetch("stale keys", FETCH_PAUSE)
        key = known.keys.find_key(kid)
        if key is not None:
            return key
        self._wait_for_fetch("unknown key", FETCH_PAUSE)
        return (self._known or known).keys.find_key(kid)

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
        return _keys_in(self._get(address))

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


def _keys_in(document: dict[str, Any]) -> StaticKeys:
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
    return (kid, key) if _algorithm_of(key) == algorithm else None


def _may_verify(member: dict[str, Any]) -> bool:
    operations = member.get("key_ops", ["verify"])
    return isinstance(operations, list) and "verify" in operations


def _algorithm_of(key: object) -> str | None:
    """Name the one algorithm a key may serve, so that the token can't choose another."""
    if isinstance(key, RSAPublicKey) and key.key_size >= RSA_BITS:
        return "RS256"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return "ES256"
    return "EdDSA" if isinstance(key, Ed25519PublicKey) else None


@dataclass(frozen=True, slots=True)
class _Verified:
    actor: Actor
    kid: str | None
    key: PublicKey
    not_before: float
    expires: float


class TokenVerifier:
    """Turn the text of a bearer token into an Actor, or refuse it."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        keys: KeySource,
        token_types: frozenset[str] = frozenset({"at+jwt"}),
        clients: frozenset[str] = frozenset(),
        now: Callable[[], datetime],
    ) -> None:
        """Refuse settings under which an ID token or another service's token would pass."""
        self._token_types = frozenset(_media_type(each) for each in token_types)
        if not issuer or not audience or not self._token_types:
            message = (
                "Set OFFENDERS_OIDC_ISSUER, OFFENDERS_OIDC_AUDIENCE and OFFENDERS_OIDC_TOKEN_TYPES."
            )
            raise ValueError(message)
        if "jwt" in self._token_types and not clients:
            message = (
                "OFFENDERS_OIDC_TOKEN_TYPES allows JWT, which ID tokens bear too: list the "
                "allowed clients in OFFENDERS_OIDC_CLIENTS."
            )
            raise ValueError(message)
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._clients = clients
        self._now = now
        self._jws = jwt.PyJWS(algorithms=sorted(ALGORITHMS))
        self._cache: OrderedDict[bytes, _Verified] = OrderedDict()
        self._lock = Lock()

    def verify(self, token: str) -> Actor:
        """Give the caller the token speaks for; raise InvalidToken or IssuerUnavailable."""
        if not token.strip():
            detail = "Send an access token as `Authorization: Bearer <token>`."
            raise InvalidToken(kind="missing", detail=detail)
        if len(token) > TOKEN_CHARACTERS or not COMPACT.fullmatch(token):
            _refuse_unproved()
        digest = sha256(token.encode("ascii")).digest()
        verified = self._recall(digest) or self._examine(token)
        self._refuse_untimely(digest, verified)
        self._remember(digest, verified)
        return verified.actor

    def _recall(self, digest: bytes) -> _Verified | None:
        with self._lock:
            verified = self._cache.get(digest)
        if verified is None:
            return None
        # A token outlives neither its key's withdrawal nor the trust in the issuer's keys.
        return verified if self._keys.find_key(verified.kid) is verified.key else None

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        with self._lock:
            self._cache[digest] = verified
            self._cache.move_to_end(digest)
            if len(self._cache) > CACHED_TOKENS:
                self._cache.popitem(last=False)

    def _refuse_untimely(self, digest: bytes, verified: _Verified) -> None:
        now = self._now().timestamp()
        if verified.not_before > now + CLOCK_SKEW_SECONDS:
            _refuse("The token is not valid yet. Check the clocks of the issuer and this service.")
        if verified.expires <= now:
            with self._lock:
                self._cache.pop(digest, None)
            detail = "The token has expired. Get a fresh one from the issuer and repeat."
            raise InvalidToken(kind="expired", detail=detail)

    def _examine(self, token: str) -> _Verified:
        header = self._read_header(token)
        kid = header.get("kid")
        key = self._keys.find_key(kid)
        algorithm = _algorithm_of(key)
        if key is None or algorithm is None:
            _refuse_unproved()
        try:
            proved = self._jws.decode_complete(token, key, algorithms=[algorithm])
            claims = json.loads(proved["payload"])
        except (jwt.PyJWTError, ValueError, RecursionError):
            _refuse_unproved()
        if not isinstance(claims, dict):
            _refuse("Ask the issuer for a token whose claims are a JSON object.")
        self._refuse_foreign(claims, _media_type(header["typ"]))
        issued = _moment(claims, "iat")
        starts = [each for each in (issued, _moment(claims, "nbf")) if each is not None]
        return _Verified(
            actor=_actor(claims, issued),
            kid=kid,
            key=key,
            not_before=max(starts, default=0),
            expires=_expiry(claims),
        )

    def _read_header(self, token: str) -> dict[str, Any]:
        try:
            header = self._jws.get_unverified_header(token)
        except jwt.PyJWTError:
            _refuse_unproved()
        token_type, algorithm = header.get("typ"), header.get("alg")
        if not isinstance(token_type, str) or _media_type(token_type) not in self._token_types:
            _refuse_unproved()
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            _refuse_unproved()
        if REFUSED_HEADERS & header.keys():
            _refuse_unproved()
        return header

    def _refuse_foreign(self, claims: Mapping[str, Any], media_type: str) -> None:
        if claims.get("iss") != self._issuer:
            _refuse("Send a token of the issuer this service is set to.")
        if claims.get("aud") != self._audience:
            _refuse("Ask for a token whose `aud` is this service's audience, as a plain string.")
        if not self._clients:
            return
        named = [claims[claim] for claim in ("azp", "client_id") if claim in claims]
        if not named or not all(isinstance(each, str) and each in self._clients for each in named):
            _refuse("Use a client that OFFENDERS_OIDC_CLIENTS lists: `azp` or `client_id`.")
        if media_type == "jwt" and self._audience in named:
            # An ID token is made for the client itself, so there the two are the same.
            _refuse("This looks like an ID token. Send the access token.")


def _media_type(token_type: str) -> str:
    """Fold a `typ` as RFC 7515 section 4.1.9 has it: any case, `application/` may be left out."""
    return token_type.lower().removeprefix("application/")


def _refuse_unproved() -> NoReturn:
    # One text for whatever is wrong before the signature holds: a forger learns nothing.
    _refuse("Send an access token that the configured issuer made for this service, unaltered.")


def _refuse(detail: str) -> NoReturn:
    # The fault of the library is cut off, because its text may quote the token.
    raise InvalidToken(kind="forged", detail=detail) from None


def _actor(claims: Mapping[str, Any], issued: float | None) -> Actor:
    roles = _roles(claims)
    return Actor(
        subject=_subject(claims),
        name=_optional_text(claims, "name") or "",
        roles=roles,
        force=_force(claims, roles),
        lpas=_codes(claims, "lpas"),
        neighbourhoods=_codes(claims, "neighbourhoods"),
        agency=_optional_text(claims, "agency"),
        token_id=_optional_text(claims, "jti"),
        issued_at=None if issued is None else datetime.fromtimestamp(issued, UTC),
    )


def _moment(claims: Mapping[str, Any], claim: str) -> float | None:
    if claim not in claims:
        return None
    value = claims[claim]
    # Infinity, NaN and whole numbers too large for a float all fail the comparison.
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(f"Ask the issuer for a token whose `{claim}` is a number of seconds.")
    if not 0 <= value <= LATEST_SECONDS:
        _refuse(f"Ask the issuer for a token whose `{claim}` is a real moment.")
    return float(value)


def _expiry(claims: Mapping[str, Any]) -> float:
    expires = _moment(claims, "exp")
    if expires is None:
        _refuse("Ask the issuer for a token that expires: `exp` is missing.")
    return expires


def _is_text(value: object) -> bool:
    """Tell what PostgreSQL can store: no NUL and no half of a surrogate pair."""
    return isinstance(value, str) and not UNSTORABLE.search(value)


def _optional_text(claims: Mapping[str, Any], claim: str) -> str | None:
    if claim not in claims:
        return None
    value = claims[claim]
    if not _is_text(value):
        _refuse(f"Ask the issuer for a token whose `{claim}` is text, or leaves it out.")
    return str(value)


def _subject(claims: Mapping[str, Any]) -> str:
    subject = _optional_text(claims, "sub")
    if not subject or len(subject) > SUBJECT_CHARACTERS:
        _refuse(f"Ask the issuer for a token with a `sub` of 1 to {SUBJECT_CHARACTERS} characters.")
    return subject


def _roles(claims: Mapping[str, Any]) -> frozenset[str]:
    known = ROLES & _codes(claims, "roles")
    if not known:
        _refuse("Ask the issuer for a token whose `roles` names at least one role of this service.")
    return known


def _codes(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    values = claims.get(claim, [])
    if not isinstance(values, list) or not all(each and _is_text(each) for each in values):
        _refuse(f"Ask the issuer for a token whose `{claim}` is a list of codes, or leaves it out.")
    return frozenset(values)


def _force(claims: Mapping[str, Any], roles: frozenset[str]) -> str | None:
    force = _optional_text(claims, "force")
    if force is None and roles == {"national_analyst"}:
        return None
    if force is None or not TWO_DIGITS.fullmatch(force):
        _refuse("Ask the issuer for a token whose `force` is the two digits of the force.")
    return force
