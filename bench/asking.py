"""Asking over HTTP from several keep-alive connections, each with one request under way."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TAKEN = 1 << 18  # bytes


@dataclass(frozen=True)
class Reply:
    """What came back for a request, and after how many seconds."""

    status: int
    body: bytes
    seconds: float


class _Client:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = -1
        self._began = 0.0
        self._taken = b""

    def send(self, number: int, request: bytes) -> None:
        self.number, self._taken = number, b""
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
        return Reply(int(head[9:12]), body, time.perf_counter() - self._began)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    message = "The service gave no Content-Length."
    raise ConnectionError(message)


def ask_all(address: tuple[str, int], requests: Sequence[bytes], clients: int) -> list[Reply]:
    """Send every request from so many clients; give the replies in the order of the requests."""
    replies: dict[int, Reply] = {}
    waiting = iter(enumerate(requests))
    selector = selectors.DefaultSelector()
    for _ in range(clients):
        client = _Client(address)
        selector.register(client.socket, selectors.EVENT_READ, client)
        _send_next(selector, client, waiting)
    while selector.get_map():
        for key, _ in selector.select():
            reply = key.data.take()
            if reply is not None:
                replies[key.data.number] = reply
                _send_next(selector, key.data, waiting)
    selector.close()
    return [replies[number] for number in range(len(requests))]


def _send_next(
    selector: selectors.BaseSelector, client: _Client, waiting: Iterator[tuple[int, bytes]]
) -> None:
    following = next(waiting, None)
    if following is None:
        selector.unregister(client.socket)
        client.socket.close()
    else:
        client.send(*following)
