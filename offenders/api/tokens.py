"""Verification of bearer tokens: the signature first, then every claim the service relies on."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol

import jwt

from offenders.api.issuer_keys import ALGORITHM_BY_KEY_TYPE, algorithm_of
from offenders.domain.actors import ROLES, Actor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from offenders.api.issuer_keys import KeySource, PublicKey

ALGORITHMS = frozenset(ALGORITHM_BY_KEY_TYPE.values())
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


class InvalidToken(Exception):
    """A request without a usable token; `detail` says what to do and never quotes the token."""

    def __init__(
        self, kind: Literal["missing", "expired", "forged", "revoked"], detail: str
    ) -> None:
        """Keep the kind, by which failed authentication is counted, and the detail."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class RevocationSource(Protocol):
    """Where the verifier asks whether a genuine token still counts."""

    def is_revoked(self, actor: Actor) -> bool:
        """Tell whether the token that the actor brought has been revoked."""


@dataclass(frozen=True, slots=True)
class _Verified:
    actor: Actor
    kid: str | None
    key: PublicKey
    not_before: float
    expires: float


class TokenVerifier:
    """Turn the text of a bearer token into an Actor, or refuse it."""

    def __init__(  # noqa: PLR0913 - one rule of the issuer, one parameter
        self,
        *,
        issuer: str,
        audience: str,
        keys: KeySource,
        token_types: frozenset[str] = frozenset({"at+jwt"}),
        clients: frozenset[str] = frozenset(),
        now: Callable[[], datetime],
        revocations: RevocationSource | None = None,
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
        self._revocations = revocations
        self._jws = jwt.PyJWS(algorithms=sorted(ALGORITHMS))
        self._cache: OrderedDict[bytes, _Verified] = OrderedDict()
        self._lock = Lock()

    def verify(self, token: str) -> Actor:
        """Give the caller the token speaks for; raise InvalidToken or IssuerUnavailable.

        With revocations, also whatever reading them raises where nothing fresh is known.
        """
        if not token.strip():
            detail = "Send an access token as `Authorization: Bearer <token>`."
            raise InvalidToken(kind="missing", detail=detail)
        if len(token) > TOKEN_CHARACTERS or not COMPACT.fullmatch(token):
            _refuse_unproved()
        digest = sha256(token.encode("ascii")).digest()
        verified = self._recall(digest) or self._examine(token)
        self._refuse_untimely(digest, verified)
        self._remember(digest, verified)
        self._refuse_revoked(verified.actor)
        return verified.actor

    def _refuse_revoked(self, actor: Actor) -> None:
        if self._revocations is not None and self._revocations.is_revoked(actor):
            detail = (
                "This token has been revoked. Sign in again for a fresh one; if that is refused"
                " too, ask your force's administrator."
            )
            raise InvalidToken(kind="revoked", detail=detail)

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
        algorithm = algorithm_of(key)
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
