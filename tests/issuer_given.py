"""An issuer on 127.0.0.1: a discovery document and keys that the test sets, over real HTTP."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import sleep
from typing import TYPE_CHECKING, Any

from tokens_given import EC_KEY, jwk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class FakeIssuer:
    """An issuer on 127.0.0.1 whose answers the test sets and whose requests it counts."""

    def __init__(self, server: ThreadingHTTPServer, scheme: str = "http") -> None:
        self.server = server
        self.url = f"{scheme}://127.0.0.1:{server.server_port}"
        self.documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
            },
        }
        self.publish(jwk(EC_KEY, "ec"))
        self.status = 200
        self.headers: dict[str, str] = {}
        self.pause_seconds = 0.0
        self.requests: list[str] = []
        self.open = Event()
        self.open.set()

    def publish(self, *members: Any) -> None:
        self.documents["/keys"] = {"keys": list(members)}

    def discover(self, **members: Any) -> None:
        self.documents["/.well-known/openid-configuration"].update(members)

    def answer(self, path: str) -> bytes:
        self.requests.append(path)
        self.open.wait(120)
        document = self.documents.get(path.partition("?")[0])
        return document if isinstance(document, bytes) else json.dumps(document).encode()

    @property
    def fetches(self) -> int:
        return self.requests.count("/.well-known/openid-configuration")


class IssuerHandler(BaseHTTPRequestHandler):
    issuer: FakeIssuer

    def do_GET(self) -> None:
        body = self.issuer.answer(self.path)
        try:
            self.send_response(self.issuer.status)
            for name, value in self.issuer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.write(body)
        except OSError:
            return

    def write(self, body: bytes) -> None:
        pause = self.issuer.pause_seconds
        for part in [bytes([each]) for each in body] if pause else [body]:
            self.wfile.write(part)
            sleep(pause)

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def running_issuer(prepare: Callable[[ThreadingHTTPServer], str]) -> Iterator[FakeIssuer]:
    class Handler(IssuerHandler):
        """A class of its own, because the server makes the handlers and they need the issuer."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.issuer = FakeIssuer(server, prepare(server))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Handler.issuer
    finally:
        Handler.issuer.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
