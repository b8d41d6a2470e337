"""Keep-alive clients over plain sockets: cheap enough to share two cores with what they measure."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAKEN = 1 << 18


@dataclass
class Load:
    """What the clients of one stretch saw: seconds of each answer, and the statuses."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Give the latency, in milliseconds, that this share of the answers kept."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Client:
    """One connection with at most one request under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.taken = bytearray()

    def send(self, request: bytes) -> None:
        self.taken.clear()
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> tuple[int, bytes] | None:
        """Take what has come; give status and body once the answer is whole."""
        content = self.socket.recv(_TAKEN)
        if not content:
            message = "The service closed the connection."
            raise ConnectionError(message)
        self.taken += content
        head, found, body = self.taken.partition(b"\r\n\r\n")
        if not found:
            return None
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return None
        return int(head[9:12]), bytes(body)


def drive(
    address: tuple[str, int],
    requests: Iterator[bytes],
    *,
    clients: int,
    seconds: float,
    keeps_bodies: bool = False,
) -> Load:
    """Send requests from so many clients until the time or the requests are over."""
    load = Load()
    selector = selectors.DefaultSelector()
    began = time.perf_counter()
    for _ in range(clients):
        client = _Client(address)
        request = next(requests, None)
        if request is None:
            break
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send(request)
    while selector.get_map():
        for key, _ in selector.select():
            client = key.data
            answer = client.take()
            if answer is None:
                continue
            now = time.perf_counter()
            load.latencies.append(now - client.began)
            load.statuses[answer[0]] = load.statuses.get(answer[0], 0) + 1
            if keeps_bodies:
                load.bodies.append(answer[1])
            request = next(requests, None) if now - began < seconds else None
            if request is None:
                selector.unregister(client.socket)
                client.socket.close()
            else:
                client.send(request)
    load.seconds = time.perf_counter() - began
    selector.close()
    return load
