"""Where subscribers are told: their secrets, a first look at their address, and the transport.

A secret is worked out from the installation's key, the subscription and a number: the database
holds none. The key is OFFENDERS_SUBSCRIPTION_KEY or, without it, a file of the data directory.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import os
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from offenders import __version__, clock
from offenders.db import Work, transaction
from offenders.domain.outbox.port import NotDelivered
from offenders.domain.subscriptions.service import find_endpoint
from offenders.outgoing.addresses import read_target
from offenders.outgoing.webhooks import WebhookTransport, connect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Connection, Engine

    from offenders.domain.outbox.port import Parcel, Receipt
    from offenders.outgoing.addresses import Network
    from offenders.settings import Settings

KEY_BYTES: Final = 32
LOOK_SECONDS: Final = 5.0
_KEY_FILE: Final = "subscriptions.key"


class AddressRefused(ValueError):
    """An address that no subscription may have; the message says why and what to do."""


def load_key(settings: Settings) -> bytes:
    """Give the installation's key; made at first use where the settings name none."""
    if settings.subscription_key is not None:
        return settings.subscription_key
    path = settings.data_dir / _KEY_FILE
    try:
        return _read_key(path)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    number = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)))
    try:
        os.link(aside, path)  # whoever comes first makes it; nobody writes over it
    except FileExistsError:
        pass
    finally:
        aside.unlink()
    return _read_key(path)


def _read_key(path: Path) -> bytes:
    return base64.b64decode(path.read_bytes(), validate=True)


def secret_bytes(key: bytes, force: str, subscription: UUID, number: int) -> bytes:
    """Give the bytes of one of a subscription's secrets."""
    return hmac.digest(key, f"webhook {force} {subscription} {number}".encode(), "sha256")


def written_secret(key: bytes, force: str, subscription: UUID, number: int) -> str:
    """Give a secret as the Standard Webhooks write it."""
    raw = secret_bytes(key, force, subscription, number)
    return "whsec_" + base64.b64encode(raw).decode()


def look_at(url: str, networks: Sequence[Network]) -> None:
    """Refuse an address that is private, can't be reached or leads elsewhere.

    It is connected to, asked with HEAD and never followed; what it says otherwise doesn't matter.
    """
    try:
        target = read_target(url)
        connection = connect(target, networks, LOOK_SECONDS)
    except NotDelivered as error:
        raise AddressRefused(_WHY.get(error.fault, _WHY["not-reached"])) from error
    except ValueError as error:
        message = f"This address can't be used: {error}."
        raise AddressRefused(message) from error
    timer = threading.Timer(LOOK_SECONDS, connection.close)
    timer.start()
    try:
        connection.sock.settimeout(LOOK_SECONDS)
        connection.request("HEAD", target.path, headers={"User-Agent": f"offenders/{__version__}"})
        status = connection.getresponse().status
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise AddressRefused(_WHY["silent"]) from error
    finally:
        timer.cancel()
        connection.close()
    if 300 <= status < 400:  # noqa: PLR2004 - a redirect
        raise AddressRefused(_WHY["redirect"])


_WHY: Final = {
    "address-not-allowed": "This address is private or not public. Name a public https:// address,"
    " or have its network allowed (OFFENDERS_OUTBOX_NETWORKS).",
    "host-not-found": "The host of this address is not known. Check the spelling.",
    "certificate": "The certificate of this address is not trusted or is for another name.",
    "not-reached": "Nobody answers at this address. Start the receiver, then subscribe.",
    "silent": "The receiver gives no HTTP answer. Start it, then subscribe.",
    "redirect": "This address leads to another one. Name the address that takes the messages.",
}


@dataclass(frozen=True)
class SubscriberTransport:
    """Posts each message to the address of the subscription it is for, signed with its secrets."""

    engine: Engine | Connection
    settings: Settings

    def __call__(self, parcel: Parcel) -> Receipt:
        """Post it; what has been paused or has ended meanwhile is not told."""
        if parcel.recipient is None:
            fault = "no-recipient"
            raise NotDelivered(fault)
        with transaction(self.engine, Work(parcel.force, writes=False)) as session:
            endpoint = find_endpoint(session, parcel.recipient, clock.now())
        if endpoint is None:
            fault = "subscription-stopped"
            raise NotDelivered(fault)
        try:
            key = load_key(self.settings)
        except (OSError, ValueError) as error:
            fault = "no-key"
            raise NotDelivered(fault, is_away=True) from error
        numbers = [endpoint.secret_number, endpoint.secret_number - 1][: 1 + endpoint.has_old]
        signing = [secret_bytes(key, parcel.force, parcel.recipient, each) for each in numbers]
        target = read_target(endpoint.url)
        return WebhookTransport(target, signing, self.settings.outbox_networks)(parcel)
