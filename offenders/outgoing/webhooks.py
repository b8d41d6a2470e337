"""Sends a message as a signed POST, after the Standard Webhooks specification.

The receiver checks `webhook-signature` over `<webhook-id>.<webhook-timestamp>.<body>`, refuses old
timestamps and repeats by `webhook-id`. 2xx takes the message for good; 208 says that it was there
before; anything else is tried again. Redirects are not followed.
"""

from __future__ import annotations

import base64
import hmac
import http.client
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from offenders import __version__, clock
from offenders.domain.outbox.port import NotDelivered, Receipt, Unanswered
from offenders.outgoing.addresses import Target, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offenders.domain.outbox.port import Parcel
    from offenders.outgoing.addresses import Network

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0  # for the whole of it, however it drips
ANSWER_BYTES: Final = 64 * 1024
_ALREADY_REPORTED: Final = 208  # RFC 5842, taken here for a message known by its id
# Who fails after taking it, or stands before one that may have, answers like this.
_PERHAPS_TAKEN: Final = frozenset({500, 502, 504})
_LONGEST_RETRY_AFTER: Final = 5  # digits


@dataclass(frozen=True)
class WebhookTransport:
    """Posts to one address; signs with each of `secrets`, so that a receiver can change over."""

    target: Target
    secrets: Sequence[bytes] = field(repr=False)
    networks: Sequence[Network] = ()

    def __call__(self, parcel: Parcel) -> Receipt:
        """Post it, and give what the answer says."""
        connection = connect(self.target, self.networks, CONNECT_SECONDS)
        timer = threading.Timer(ANSWER_SECONDS, _cut, [connection.sock])
        timer.start()
        try:
            answer = self._ask(connection, parcel)
        except (OSError, ValueError, http.client.HTTPException) as error:
            fault = f"no-answer-{type(error).__name__}"
            raise Unanswered(fault) from error
        finally:
            timer.cancel()
            connection.close()
        return _read(*answer)

    def _ask(
        self, connection: http.client.HTTPConnection, parcel: Parcel
    ) -> tuple[int, str | None]:
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.request("POST", self.target.path, parcel.body, self._headers(parcel))
        answer = connection.getresponse()
        answer.read(ANSWER_BYTES)
        return answer.status, answer.getheader("Retry-After")

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        stamp = str(int(clock.now().timestamp()))
        signed = b".".join([str(parcel.id).encode(), stamp.encode(), parcel.body])
        return {
            "Content-Type": "application/json",
            "User-Agent": f"offenders/{__version__}",
            "webhook-id": str(parcel.id),
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(_signature(secret, signed) for secret in self.secrets),
            "webhook-attempt": str(parcel.number),
            "webhook-repeat": "true" if parcel.is_repeat else "false",
        }


def connect(
    target: Target, networks: Sequence[Network], seconds: float
) -> http.client.HTTPConnection:
    """Connect to the very address that was looked at; nothing has been said by then."""
    address = resolve(target, networks)
    connection = http.client.HTTPConnection(target.host, target.port)
    try:
        plain = socket.create_connection((address, target.port), seconds)
        connection.sock = _secure(target, plain)
    except OSError as error:
        fault = "certificate" if isinstance(error, ssl.SSLError) else "not-reached"
        raise NotDelivered(fault, is_away=True) from error
    return connection


def _secure(target: Target, plain: socket.socket) -> socket.socket:
    if target.scheme == "http":
        return plain
    try:
        return _tls().wrap_socket(plain, server_hostname=target.host)
    except OSError:
        plain.close()
        raise


def _signature(secret: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _cut(sock: socket.socket) -> None:
    """End a connection whose other side says a little now and then."""
    try:
        # TLS is left out of it: its own shutdown would change the state that another thread reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return


def _read(status: int, retry_after: str | None) -> Receipt:
    if 200 <= status < 300:  # noqa: PLR2004 - a success
        return Receipt(had_it=status == _ALREADY_REPORTED)
    fault = f"http-{status}"
    if status in _PERHAPS_TAKEN:
        raise Unanswered(fault)
    is_away = status in {429, 503}
    raise NotDelivered(fault, pause=_pause(retry_after), is_away=is_away)


def _pause(retry_after: str | None) -> timedelta:
    written = (retry_after or "").strip()
    if written.isascii() and written.isdigit() and len(written) <= _LONGEST_RETRY_AFTER:
        return timedelta(seconds=int(written))
    return timedelta(0)
