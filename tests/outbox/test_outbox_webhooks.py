"""The webhook transport: where it may go, how it signs, and how long it listens."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import ssl
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from offenders import clock
from offenders.domain.outbox.port import NotDelivered, Parcel, Unanswered
from offenders.ids import new_id
from offenders.outgoing import addresses, webhooks
from offenders.outgoing.addresses import Target, is_allowed, read_target, resolve
from offenders.outgoing.transports import make_transport
from offenders.outgoing.webhooks import WebhookTransport
from offenders.settings import SettingsError, read_settings

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
SECRET = b"s" * 32
WRITTEN = "whsec_" + base64.b64encode(SECRET).decode()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((self.path, self.headers, body))
        server.answer(self)

    def log_message(self, *_args):
        return


def plain(status, **headers):
    def answer(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    return answer


@contextmanager
def serving(answer, certificate=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.got, server.answer = [], answer
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def parcel():
    return Parcel(new_id("33"), "33", "acro.request", b'{"id": 1}', number=2, is_repeat=True)


def transport(server, *secrets, networks=LOOPBACK, scheme="http", host="127.0.0.1"):
    target = Target(scheme, host, server.server_port, "/acro?force=33")
    return WebhookTransport(target, secrets or (SECRET,), networks)


def test_a_message_is_posted_signed_and_named(parcel):
    with serving(plain(202)) as server:
        moment = datetime(2026, 3, 2, 9, 0, 7, tzinfo=UTC)
        with clock.as_if_at(moment):
            receipt = transport(server, SECRET, b"t" * 32)(parcel)
    [(path, headers, body)] = server.got
    assert (path, body, receipt.had_it) == ("/acro?force=33", parcel.body, False)
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == str(parcel.id)
    assert headers["webhook-timestamp"] == str(int(moment.timestamp()))
    assert (headers["webhook-attempt"], headers["webhook-repeat"]) == ("2", "true")
    signed = f"{parcel.id}.{int(moment.timestamp())}.".encode() + body
    expected = [
        "v1," + base64.b64encode(hmac.new(secret, signed, "sha256").digest()).decode()
        for secret in (SECRET, b"t" * 32)
    ]
    assert headers["webhook-signature"].split() == expected


def test_a_signature_is_that_of_the_published_example():
    # The example of the Standard Webhooks specification and its libraries.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    assert webhooks._signature(secret, signed) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_may_say_that_it_had_it_before(parcel):
    with serving(plain(208)) as server:
        assert transport(server)(parcel).had_it is True


@pytest.mark.parametrize(
    ("status", "is_away"),
    [
        (301, False),
        (302, False),
        (307, False),
        (400, False),
        (410, False),
        (429, True),
        (503, True),
    ],
)
def test_anything_but_success_is_tried_again_and_no_redirect_is_followed(parcel, status, is_away):
    with (
        serving(plain(200)) as elsewhere,
        serving(plain(status, Location=f"http://127.0.0.1:{elsewhere.server_port}/")) as server,
        pytest.raises(NotDelivered, match=f"http-{status}") as refused,
    ):
        transport(server)(parcel)
    assert refused.value.is_away is is_away
    assert (len(server.got), elsewhere.got) == (1, [])


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_receiver_that_fails_may_have_taken_it(parcel, status):
    with serving(plain(status)) as server, pytest.raises(Unanswered, match=f"http-{status}"):
        transport(server)(parcel)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("120", 120), (" 7 ", 7), ("-1", 0), ("1e9", 0), ("9999999", 0), ("soon", 0), ("", 0)],
)
def test_a_pause_that_the_receiver_asks_for_is_heard(parcel, written, seconds):
    with (
        serving(plain(503, Retry_After=written)) as server,
        pytest.raises(NotDelivered) as refused,
    ):
        transport(server)(parcel)
    assert refused.value.pause == timedelta(seconds=seconds)


def drop(handler):
    handler.connection.close()


def garble(handler):
    handler.wfile.write(b"this is not HTTP\r\n\r\n")
    handler.connection.close()


@pytest.mark.parametrize("answer", [drop, garble])
def test_what_was_sent_and_not_answered_may_have_arrived(parcel, answer):
    with serving(answer) as server, pytest.raises(Unanswered, match="no-answer-"):
        transport(server)(parcel)
    assert len(server.got) == 1


DRIPPING_SECONDS = 60


def drip(handler):
    try:
        for _ in range(DRIPPING_SECONDS * 50):
            handler.wfile.write(b"H")
            time.sleep(0.02)
    except OSError:
        return


def test_a_receiver_that_drips_is_cut_off(parcel, monkeypatch):
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0.3)
    began = time.monotonic()
    with serving(drip) as server:
        with pytest.raises(Unanswered):
            transport(server)(parcel)
        assert time.monotonic() - began < DRIPPING_SECONDS / 2


def pour(handler):
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(100):
            handler.wfile.write(b"x" * 65_536)
    except OSError:
        return


def test_a_long_answer_is_not_read_to_its_end(parcel):
    with serving(pour) as server:
        assert transport(server)(parcel).had_it is False


def test_a_receiver_that_is_not_there_is_told_apart_from_silence(parcel):
    with serving(plain(200)) as server:
        send = transport(server)
    with pytest.raises(NotDelivered, match="not-reached") as refused:
        send(parcel)
    assert refused.value.is_away


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Give a file with a key and its certificate for the name gateway.test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("gateway.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "gateway.pem"
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def at_loopback(monkeypatch):
    """Let every name be looked up as 127.0.0.1."""

    def look_up(_host, port, *_args, **_more):
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("host", "is_trusted", "fault"),
    [
        ("gateway.test", True, None),
        ("gateway.test", False, "certificate"),
        ("other.test", True, "certificate"),
    ],
)
def test_over_tls_the_receiver_must_be_who_it_is_named(
    parcel, certificate, at_loopback, monkeypatch, host, is_trusted, fault
):
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(plain(200), certificate) as server:
        send = transport(server, scheme="https", host=host)
        if fault is None:
            assert send(parcel).had_it is False
            assert server.got[0][1]["Host"] == f"gateway.test:{server.server_port}"
            return
        with pytest.raises(NotDelivered, match=fault):
            send(parcel)
    assert server.got == []


# Addresses, and whether one may connect there with 10.0.0.0/8 and 127.0.0.0/8 allowed.
ADDRESSES = [
    ("93.184.216.34", True),
    ("2606:2800:220:1:248:1893:25c8:1946", True),
    ("10.1.2.3", True),
    ("127.0.0.1", True),
    ("127.9.9.9", True),
    ("::ffff:127.0.0.1", True),
    ("::ffff:10.1.2.3", True),
    ("64:ff9b::5db8:d822", True),
    ("172.16.0.1", False),
    ("172.31.255.255", False),
    ("192.168.1.1", False),
    ("::ffff:192.168.1.1", False),
    ("::1", False),
    ("0.0.0.0", False),
    ("0.1.2.3", False),
    ("::", False),
    ("169.254.169.254", False),
    ("169.254.0.1", False),
    ("::ffff:169.254.169.254", False),
    ("2002:a9fe:a9fe::", False),
    ("64:ff9b::a9fe:a9fe", False),
    ("64:ff9b::c0a8:0101", False),
    ("2002:c0a8:0101::1", False),
    ("fe80::1", False),
    ("fd00:ec2::254", False),
    ("fc00::1", False),
    ("fd12:3456:789a::1", False),
    ("168.63.129.16", False),
    ("100.64.0.1", False),
    ("100.127.255.254", False),
    ("192.0.0.1", False),
    ("192.0.0.192", False),
    ("::ffff:192.0.0.192", False),
    ("fec0::1", False),
    ("3fff::1", False),
    ("192.0.2.1", False),
    ("198.18.0.1", False),
    ("198.51.100.7", False),
    ("203.0.113.9", False),
    ("224.0.0.1", False),
    ("239.255.255.255", False),
    ("240.0.0.1", False),
    ("255.255.255.255", False),
    ("ff02::1", False),
    ("2001:db8::1", False),
]
ALLOWED = tuple(ipaddress.ip_network(each) for each in ("10.0.0.0/8", "127.0.0.0/8"))


@pytest.mark.parametrize(("address", "may"), ADDRESSES)
def test_private_addresses_are_closed_unless_allowed(address, may):
    assert is_allowed(ipaddress.ip_address(address), ALLOWED) is may


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "192.168.1.1"])
def test_nothing_private_is_allowed_by_itself(address):
    assert is_allowed(ipaddress.ip_address(address), ()) is False


def test_where_clouds_keep_their_keys_is_closed_even_if_allowed():
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    for address in ("169.254.169.254", "192.0.0.192", "100.100.100.200"):
        assert not is_allowed(ipaddress.ip_address(address), everything)
    assert not is_allowed(ipaddress.ip_address("fd00:ec2::254"), everything)


def found_as(monkeypatch, *groups):
    """Let each look-up give the next group of addresses."""
    answers = iter(groups)

    def look_up(*_args, **_more):
        return [(2, 1, 6, "", (each, 443)) for each in next(answers)]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)


def test_a_name_that_leads_inside_as_well_is_refused(monkeypatch):
    found_as(monkeypatch, ["93.184.216.34", "192.168.1.1"])
    with pytest.raises(NotDelivered, match="address-not-allowed"):
        resolve(Target("https", "rebind.test", 443, "/"), ())


def test_a_name_is_looked_up_once_so_that_it_can_not_change_its_mind(monkeypatch, parcel):
    connected = []

    def connect(address, *_args):
        connected.append(address)
        raise ConnectionRefusedError

    found_as(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    monkeypatch.setattr(webhooks.socket, "create_connection", connect)
    with pytest.raises(NotDelivered):
        WebhookTransport(Target("https", "rebind.test", 443, "/"), (SECRET,))(parcel)
    assert connected == [("93.184.216.34", 443)]


def test_plain_http_goes_to_loopback_only(monkeypatch):
    found_as(monkeypatch, ["10.1.2.3"], ["93.184.216.34"])
    for _ in range(2):
        with pytest.raises(NotDelivered, match="address-not-allowed"):
            resolve(Target("http", "gateway.test", 80, "/"), ALLOWED)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://gateway.example/acro", Target("https", "gateway.example", 443, "/acro")),
        ("https://gateway.example:8443", Target("https", "gateway.example", 8443, "/")),
        ("http://127.0.0.1:9000/a?b=c", Target("http", "127.0.0.1", 9000, "/a?b=c")),
        ("https://[2606:2800::1]/", Target("https", "2606:2800::1", 443, "/")),
    ],
)
def test_an_address_is_read(url, target):
    assert read_target(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "ftp://gateway.example/",
        "file:///etc/passwd",
        "gateway.example",
        "https://",
        "https://user:secret@gateway.example/",
        "https://gateway.example/#part",
        "https://gateway.example/a b",
        "https://gateway.example/\r\nHost: x",
        "https://gateway.example:99999/",
        "https://[::1/",
    ],
)
def test_an_address_that_can_not_be_used_is_refused_at_the_start(url):
    with pytest.raises(SettingsError, match="OFFENDERS_OUTBOX_URL"):
        read_settings({"OFFENDERS_OUTBOX_URL": url, "OFFENDERS_OUTBOX_SECRETS": WRITTEN})


def test_settings_choose_the_transport(tmp_path):
    hook = read_settings(
        {
            "OFFENDERS_OUTBOX_URL": "https://gateway.example/acro",
            "OFFENDERS_OUTBOX_SECRETS": WRITTEN,
            "OFFENDERS_OUTBOX_NETWORKS": "10.1.2.0/24, fd12::/16",
        }
    )
    made = make_transport(hook)
    assert made.target == Target("https", "gateway.example", 443, "/acro")
    assert made.secrets == (SECRET,)
    assert [str(each) for each in made.networks] == ["10.1.2.0/24", "fd12::/16"]
    assert "ssss" not in repr(hook) + repr(made)
    own = read_settings({"OFFENDERS_DATA_DIR": str(tmp_path)})
    assert make_transport(own).directory == tmp_path / "outbox"
    named = read_settings({"OFFENDERS_OUTBOX_DIR": str(tmp_path / "else")})
    assert make_transport(named).directory == tmp_path / "else"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"OFFENDERS_OUTBOX_URL": "https://a.example/"}, "OFFENDERS_OUTBOX_SECRETS"),
        ({"OFFENDERS_OUTBOX_SECRETS": "whsec_short"}, "OFFENDERS_OUTBOX_SECRETS"),
        ({"OFFENDERS_OUTBOX_SECRETS": WRITTEN[6:]}, "OFFENDERS_OUTBOX_SECRETS"),
        ({"OFFENDERS_OUTBOX_NETWORKS": "10.0.0.1/8"}, "OFFENDERS_OUTBOX_NETWORKS"),
        (
            {"OFFENDERS_OUTBOX_URL": "https://a.example/", "OFFENDERS_OUTBOX_DIR": "/srv"},
            "OFFENDERS_OUTBOX_DIR",
        ),
    ],
)
def test_an_unusable_setting_is_named(values, name):
    with pytest.raises(SettingsError, match=name):
        read_settings(values)
