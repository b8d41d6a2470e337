"""Subscribers of the demonstration force, and a receiver on loopback that checks signatures."""

from __future__ import annotations

import ipaddress
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import orjson
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from offenders.db import Work, transaction
from offenders.domain.subscriptions.telling import deliver_to_subscribers, tell_due
from offenders.outgoing.subscribers import SubscriberTransport

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.server.looked += 1
        self._answer(self.server.look_status)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self._answer(self.server.statuses.pop(0) if self.server.statuses else 204)

    def _answer(self, status):
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        return


class Receiver:
    """A server that keeps what it gets; `statuses` are its next answers."""

    def __init__(self, server):
        self.server = server
        self.url = f"http://127.0.0.1:{server.server_port}/hook"

    def told(self, secret):
        """Give the events that came, each with its signature checked, and forget them."""
        got, self.server.got = self.server.got, []
        checked = Webhook(secret)
        return [
            checked.verify(body, {name.lower(): value for name, value in headers.items()})
            and orjson.loads(body)
            for headers, body in got
        ]


@pytest.fixture
def receive():
    """Start receivers."""
    with ExitStack() as stack:

        def start(look_status=405):
            server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
            server.daemon_threads = True
            server.got, server.statuses, server.looked = [], [], 0
            server.look_status = look_status
            thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return Receiver(server)

        yield start


class Hooks:
    """Subscribes through the API and lets the scheduler's steps run."""

    def __init__(self, client, headers, settings, force="33"):
        self.client, self.force, self._headers = client, force, headers
        self.engine = client.application.extensions["offenders"].engine
        self.send = SubscriberTransport(self.engine, settings)

    def by(self, role, **more):
        return self._headers(role, force=self.force, hours=24 * 365, **more)

    def post(self, receiver, *events, role="supervisor", **more):
        url = receiver if isinstance(receiver, str) else receiver.url
        sent = {name: more.pop(name) for name in ("Idempotency_Key",) if name in more}
        return self.client.post(
            "/v1/subscriptions",
            json={"url": url, "events": list(events)},
            headers=self.by(role, **more) | {n.replace("_", "-"): v for n, v in sent.items()},
        )

    def given(self, receiver, *events, **more):
        answer = self.post(receiver, *events, **more)
        assert answer.status_code == 201, answer.json
        return answer.json

    def read(self, subscription, role="supervisor", **more):
        address = f"/v1/subscriptions/{subscription['id']}"
        answer = self.client.get(address, headers=self.by(role, **more))
        assert answer.status_code == 200, answer.json
        return answer.json

    def act(self, subscription, kind, *, role="supervisor", method="POST", body=None, **more):
        version = self.client.get(
            f"/v1/subscriptions/{subscription['id']}", headers=self.by("supervisor", **more)
        ).json["version"]
        path = f"/v1/subscriptions/{subscription['id']}" + (f"/{kind}" if kind else "")
        sent = self.by(role, **more) | {"If-Match": f'"{version}"'}
        return self.client.open(path, method=method, json=body or {}, headers=sent)

    def sql(self, statement):
        """Ask or change what stands in the database, as the force."""
        with transaction(self.engine, Work(self.force)) as session:
            result = session.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []

    def step(self):
        """Tell and deliver, as the scheduler's leader does every second."""
        return tell_due(self.engine), deliver_to_subscribers(self.engine, self.send)


@pytest.fixture
def networks(app, settings, monkeypatch):
    """Allow loopback, as OFFENDERS_OUTBOX_NETWORKS would."""
    allowed = replace(settings, outbox_networks=LOOPBACK)
    monkeypatch.setattr(app.extensions["offenders"], "settings", allowed)
    return allowed


@pytest.fixture
def hooks(client, headers, networks):
    return Hooks(client, headers, networks)
