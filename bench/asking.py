"""Asking over plain sockets: cheap enough to share two cores with what is measured."""

from __future__ import annotations

import math
import selectors
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TAKEN = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for a request, and after how many seconds."""

    status: int
    body: bytes
    seconds: float


class _Client:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = -1
        self._began = 0.0
        self._taken = bytearray()

    def send(self, number: int, request: bytes) -> None:
        self.number = number
        self._taken.clear()
        self._began = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> Reply | None:
        """Take what has come; give the reply once it is whole."""
        content = self.socket.recv(_TAKEN)
        if not content:
            message = "The service closed the connection."
            raise ConnectionError(message)
        self._taken += content
        head, found, body = self._taken.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        return Reply(int(head[9:12]), bytes(body), time.perf_counter() - self._began)


def _length(head: bytearray) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    if not found:
        message = "The service gave no Content-Length."
        raise ConnectionError(message)
    return int(rest.partition(b"\r\n")[0])


def ask(
    address: tuple[str, int],
    requests: Iterable[bytes],
    *,
    clients: int,
    seconds: float = math.inf,
) -> Iterator[tuple[int, Reply]]:
    """Send requests from so many clients until they or the seconds are over.

    Gives each reply with the number of its request, as they come.
    """
    waiting = enumerate(requests)
    ends = time.perf_counter() + seconds
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            client = _Client(address)
            selector.register(client.socket, selectors.EVENT_READ, client)
            _send_next(selector, client, waiting)
        while selector.get_map():
            for key, _ in selector.select():
                client, reply = key.data, key.data.take()
                if reply is not None:
                    answered = client.number
                    is_over = time.perf_counter() >= ends
                    _send_next(selector, client, iter(()) if is_over else waiting)
                    yield answered, reply


def _send_next(
    selector: selectors.BaseSelector, client: _Client, waiting: Iterator[tuple[int, bytes]]
) -> None:
    following = next(waiting, None)
    if following is None:
        selector.unregister(client.socket)
        client.socket.close()
    else:
        client.send(*following)


def ask_all(address: tuple[str, int], requests: Sequence[bytes], clients: int) -> list[Reply]:
    """Send every request from so many clients; give the replies in the order of the requests."""
    replies = dict(ask(address, requests, clients=clients))
    return [replies[number] for number in range(len(requests))]


def percentile(seconds: Sequence[float], share: float) -> float:
    """Give the latency, in milliseconds, that this share of the answers kept."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000
