"""The one settings object, read from the environment once and handed down."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from offenders.outgoing.addresses import read_target

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(ValueError):
    """A setting that can't be used; the message says which and what to put there."""


@dataclass(frozen=True)
class Settings:
    """Everything the environment decides. Defaults are those of docs/runbook.md."""

    database_url: str | None = None
    database_owner_url: str | None = None
    data_dir: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8000
    oidc_issuer: str | None = None
    oidc_audience: str = "offenders"
    oidc_token_types: frozenset[str] = frozenset({"at+jwt"})
    oidc_clients: frozenset[str] = frozenset()
    log_format: str = "json"
    outbox_dir: Path | None = None
    outbox_url: str | None = None
    outbox_secrets: tuple[bytes, ...] = field(default=(), repr=False)
    subscription_key: bytes | None = field(default=None, repr=False)
    outbox_networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    @property
    def owner_url(self) -> str | None:
        """The URL that migrates: the owner's, or the only one given."""
        return self.database_owner_url or self.database_url


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings; raise SettingsError with what to do."""
    values = os.environ if environment is None else environment
    issuer = _text(values, "OFFENDERS_OIDC_ISSUER")
    audience = _text(values, "OFFENDERS_OIDC_AUDIENCE")
    if issuer and not audience:
        message = "Set OFFENDERS_OIDC_AUDIENCE to the audience your issuer writes for us."
        raise SettingsError(message)
    token_types = _words(values, "OFFENDERS_OIDC_TOKEN_TYPES") or frozenset({"at+jwt"})
    clients = _words(values, "OFFENDERS_OIDC_CLIENTS")
    if "jwt" in {each.lower() for each in token_types} and not clients:
        message = (
            "OFFENDERS_OIDC_TOKEN_TYPES names JWT: list the clients in OFFENDERS_OIDC_CLIENTS."
        )
        raise SettingsError(message)
    return Settings(
        database_url=_database(values, "OFFENDERS_DATABASE_URL"),
        database_owner_url=_database(values, "OFFENDERS_DATABASE_OWNER_URL"),
        data_dir=Path(_text(values, "OFFENDERS_DATA_DIR") or "var").absolute(),
        host=_text(values, "OFFENDERS_HOST") or "127.0.0.1",
        port=_port(_text(values, "OFFENDERS_PORT") or "8000"),
        oidc_issuer=issuer,
        oidc_audience=audience or "offenders",
        oidc_token_types=token_types,
        oidc_clients=clients,
        log_format=_log_format(_text(values, "OFFENDERS_LOG_FORMAT") or "json"),
        subscription_key=_subscription_key(values),
        **_outbox(values),
    )


def _outbox(values: Mapping[str, str]) -> dict[str, Any]:
    """Read where messages go: files in a directory, or a signed POST to an address."""
    directory = _text(values, "OFFENDERS_OUTBOX_DIR")
    url = _text(values, "OFFENDERS_OUTBOX_URL")
    if directory and url:
        message = "Set OFFENDERS_OUTBOX_DIR or OFFENDERS_OUTBOX_URL, not both."
        raise SettingsError(message)
    secrets = tuple(_secret(each) for each in sorted(_words(values, "OFFENDERS_OUTBOX_SECRETS")))
    if url:
        _check_outbox_url(url, has_secret=bool(secrets))
    return {
        "outbox_dir": Path(directory).absolute() if directory else None,
        "outbox_url": url,
        "outbox_secrets": secrets,
        "outbox_networks": _networks(values, "OFFENDERS_OUTBOX_NETWORKS"),
    }


def _check_outbox_url(url: str, *, has_secret: bool) -> None:
    try:
        read_target(url)
    except ValueError as error:
        message = f"OFFENDERS_OUTBOX_URL can't be used: {error}."
        raise SettingsError(message) from error
    if not has_secret:
        message = "Set OFFENDERS_OUTBOX_SECRETS: messages to OFFENDERS_OUTBOX_URL are signed."
        raise SettingsError(message)


def _subscription_key(values: Mapping[str, str]) -> bytes | None:
    """Read the key from which the secrets of subscriptions are worked out."""
    written = _text(values, "OFFENDERS_SUBSCRIPTION_KEY")
    if written is None:
        return None
    try:
        key = base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) >= 32:  # noqa: PLR2004 - bytes, as many as the hash has
        return key
    message = (
        "OFFENDERS_SUBSCRIPTION_KEY must be 32 bytes or more in base 64: openssl rand -base64 32."
    )
    raise SettingsError(message)


def _secret(written: str) -> bytes:
    """Read a secret of the Standard Webhooks: whsec_ and 24 to 64 bytes in base 64."""
    try:
        secret = base64.b64decode(written.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if written.startswith("whsec_") and 24 <= len(secret) <= 64:  # noqa: PLR2004 - as above
        return secret
    message = "OFFENDERS_OUTBOX_SECRETS: each must be whsec_ and 24 to 64 bytes in base 64."
    raise SettingsError(message)


def _networks(
    values: Mapping[str, str], name: str
) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each) for each in sorted(_words(values, name)))
    except ValueError as error:
        message = f"{name} must list networks, e.g. 10.1.2.0/24."
        raise SettingsError(message) from error


def _text(values: Mapping[str, str], name: str) -> str | None:
    return values.get(name, "").strip() or None


def _words(values: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset((_text(values, name) or "").replace(",", " ").split())


def _database(values: Mapping[str, str], name: str) -> str | None:
    url = _text(values, name)
    if url is None:
        return None
    if urlsplit(url).scheme not in {"postgresql", "postgres", "postgresql+psycopg2"}:
        message = f"{name} must be a postgresql:// address."
        raise SettingsError(message)
    return url


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:  # noqa: PLR2004 - TCP ports are 16 bits
        return int(text)
    message = "OFFENDERS_PORT must be a number from 1 to 65535."
    raise SettingsError(message)


def _log_format(text: str) -> str:
    if text in {"json", "console"}:
        return text
    message = "OFFENDERS_LOG_FORMAT must be json or console."
    raise SettingsError(message)
