"""The transport that the settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.outgoing.addresses import read_target
from offenders.outgoing.files import FileTransport
from offenders.outgoing.webhooks import WebhookTransport

if TYPE_CHECKING:
    from offenders.domain.outbox.port import Transport
    from offenders.settings import Settings


def make_transport(settings: Settings) -> Transport:
    """Post to the address if one is set, else put files into a directory."""
    if settings.outbox_url is not None:
        target = read_target(settings.outbox_url)
        return WebhookTransport(target, settings.outbox_secrets, settings.outbox_networks)
    return FileTransport(settings.outbox_dir or settings.data_dir / "outbox")
