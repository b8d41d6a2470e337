"""Keys, tokens good and bad, a clock that is moved, and a verifier of what they make."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from offenders.api.issuer_keys import KeySource, StaticKeys
from offenders.api.tokens import InvalidToken, TokenVerifier

if TYPE_CHECKING:
    from collections.abc import Callable

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
ED_HEADER = {"typ": "at+jwt", "alg": "EdDSA", "kid": "ed"}


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


def refusal(verifier: TokenVerifier, token: str) -> tuple[str, str]:
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(token)
    return refused.value.kind, refused.value.detail


def jwk(key: Any, kid: str | None, **members: Any) -> dict[str, Any]:
    public = key.public_key()
    makers: dict[type, Any] = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
    }
    maker = next((each for kind, each in makers.items() if isinstance(key, kind)), OKPAlgorithm)
    named = {} if kid is None else {"kid": kid}
    return {**maker.to_jwk(public, as_dict=True), **named, **members}
