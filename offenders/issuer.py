"""The development issuer: signs tokens for a service that has no issuer of its own yet."""

from __future__ import annotations

import json
import os
import re
import secrets
import tempfile
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from offenders.domain.actors import ROLES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

DEVELOPMENT_ISSUER = "urn:offenders:development"
TOKEN_HOURS = 12  # one long shift
MAX_TOKEN_HOURS = 87_600  # ten years, so that a slip of the keyboard stays a date
SUBJECT_CHARACTERS = 100
READABLE_BY_OTHERS = 0o077


class KeyUnusable(Exception):
    """The development key can't be read or made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DevelopmentKey:
    """The public half of the development key, as a source of keys for the verifier."""

    kid: str
    public: ec.EllipticCurvePublicKey

    def find_key(self, kid: str | None) -> ec.EllipticCurvePublicKey | None:
        """Give the key to a token that names it, or that names none."""
        return self.public if kid in {None, self.kid} else None


def load_or_make_key(data_dir: Path) -> ec.EllipticCurvePrivateKey:
    """Give the one development key of this data directory, making it at first use."""
    path = data_dir / "issuer" / "key.pem"
    try:
        if not path.exists():
            _make_key_file(path)
        return _read_key_file(path)
    except OSError as fault:
        message = (
            f"The development key {path} can't be read or made ({fault.strerror}). Set "
            "OFFENDERS_DATA_DIR to a directory that this user may write."
        )
        raise KeyUnusable(message) from fault


def public_keys(data_dir: Path) -> DevelopmentKey:
    """Give what verifies the tokens signed with the key of this data directory."""
    public = load_or_make_key(data_dir).public_key()
    return DevelopmentKey(_thumbprint(public), public)


def issue_token(  # noqa: PLR0913 - one claim, one parameter
    key: ec.EllipticCurvePrivateKey,
    *,
    roles: Sequence[str],
    force: str | None,
    lpas: Collection[str] = (),
    neighbourhoods: Collection[str] = (),
    agency: str | None = None,
    name: str | None = None,
    hours: float = TOKEN_HOURS,
    audience: str,
    now: datetime,
) -> str:
    """Sign an access token; with `hours=0` it has expired when it is made."""
    _refuse_unusable(roles, force, hours)
    called = name or "-".join(filter(None, (roles[0], force)))
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": audience,
        "sub": f"dev-{_slug(called)}",
        "name": called,
        "roles": list(roles),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp() + hours * 3600),
        "jti": secrets.token_urlsafe(16),
    }
    optional = {
        "force": force,
        "lpas": sorted(lpas),
        "neighbourhoods": sorted(neighbourhoods),
        "agency": agency,
    }
    claims |= {claim: value for claim, value in optional.items() if value}
    headers = {"typ": "at+jwt", "kid": _thumbprint(key.public_key())}
    return jwt.encode(claims, key, algorithm="ES256", headers=headers)


def _refuse_unusable(roles: Sequence[str], force: str | None, hours: float) -> None:
    if not roles or not ROLES.issuperset(roles):
        message = f"Give at least one role, each of: {', '.join(sorted(ROLES))}."
        raise ValueError(message)
    if force is None and set(roles) != {"national_analyst"}:
        message = "Give the force: only a national_analyst has none."
        raise ValueError(message)
    if force is not None and not re.fullmatch(r"[0-9]{2}", force):
        message = "Give the force as its two digits, e.g. 33."
        raise ValueError(message)
    if not 0 <= hours <= MAX_TOKEN_HOURS:
        message = f"Give the hours as a number from 0 to {MAX_TOKEN_HOURS}."
        raise ValueError(message)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9_]+", "-", plain).strip("-")[:SUBJECT_CHARACTERS]
    # A name without any Latin letter still needs a subject of its own.
    return slug or sha256(name.encode()).hexdigest()[:12]


def _thumbprint(public: ec.EllipticCurvePublicKey) -> str:
    """Name the key by RFC 7638: the digest of its required members in their fixed order."""
    members = ECAlgorithm.to_jwk(public, as_dict=True)
    required = {member: members[member] for member in ("crv", "kty", "x", "y")}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def _read_key_file(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.stat().st_mode & READABLE_BY_OTHERS:
        message = f"Other users may read {path}. Remove it, and a fresh key is made."
        raise KeyUnusable(message)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as fault:
        message = f"{path} holds no usable key. Remove it, and a fresh key is made."
        raise KeyUnusable(message) from fault
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    message = f"{path} holds a key of another kind. Remove it, and a fresh key is made."
    raise KeyUnusable(message)


def _make_key_file(path: Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.parent.chmod(0o700)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # mkstemp makes the file 0600 whatever the umask is.
    descriptor, draft = tempfile.mkstemp(prefix=".key-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        _put_in_place(Path(draft), path)
    finally:
        Path(draft).unlink()


def _put_in_place(draft: Path, path: Path) -> None:
    # A hard link never replaces a file, so of two processes the first to finish gives the key.
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
