"""The whole service as a process: started, stopped, killed and started again, for real."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest

from offenders.bundled import joined

PROJECT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 90
HELD = []


class Served:
    """One `offenders serve` on a port of its own."""

    def __init__(self, home, *options):
        self.home = home
        self.port = free_port()
        self.process = offenders(home, "serve", "--port", str(self.port), *options)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.strip())
            if "Ctrl-C" in line:
                break

    def ask(self, path, token=None, method="GET", body=None, headers=None):
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        with closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        ) as connection:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def answers(self, token):
        """Tell whether it answers now; a connection to a process that ends is cut."""
        with suppress(OSError, http.client.HTTPException):
            return self.ask("/v1/forces", token)[0] == 200
        return False

    def say(self, content):
        """Send bytes as they are and give all that comes back."""
        with closing(
            socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS)
        ) as connection:
            connection.sendall(content)
            return b"".join(iter(lambda: connection.recv(65536), b""))


def offenders(home, *arguments, **settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFENDERS_")}
    environment |= {"OFFENDERS_DATA_DIR": str(home), **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "offenders.cli", *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if arguments[0] != "serve" else subprocess.DEVNULL,
        text=True,
    )


def run(home, *arguments, **settings):
    process = offenders(home, *arguments, **settings)
    out, error = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, error


def free_port():
    """Give a port that nobody else is given: who is bound and doesn't listen holds it for us."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    HELD.append(probe)
    return probe.getsockname()[1]


def processes(home):
    """Every living process that works for this directory, the database's included."""
    return [int(each.name) for each in Path("/proc").glob("[0-9]*") if works_for(each, home)]


def works_for(process, home):
    with suppress(OSError):
        if f"OFFENDERS_DATA_DIR={home}\0".encode() in (process / "environ").read_bytes():
            return True
        return str(process.joinpath("cwd").readlink()).startswith(str(home))
    return False


def command_line(pid):
    """Give how a process was called, or nothing where it has ended meanwhile."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def named(home, word):
    return [pid for pid in processes(home) if word in command_line(pid)]


def parent(pid):
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def masters(home):
    pids = named(home, "gunicorn")
    return [pid for pid in pids if parent(pid) not in (None, *pids)]


def the_one(find):
    """Wait until there is one and no other, and give it."""
    found = []

    def is_alone():
        found[:] = find()
        return len(found) == 1

    wait_until(is_alone)
    return found[0]


def postmaster(home):
    """Give the process that its file names, or nothing while there is none."""
    with suppress(FileNotFoundError, IndexError):
        return int((home / "postgres/postmaster.pid").read_text().split()[0])
    return None


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def secret(home):
    with joined(home) as urls, closing(psycopg2.connect(urls.app)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT value FROM installation WHERE name = 'secret'")
        return cursor.fetchone()[0]


def end(served):
    served.process.send_signal(signal.SIGTERM)
    status = served.process.wait(timeout=PATIENCE_SECONDS)
    served.process.stdout.close()
    return status


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    yield tmp_path_factory.mktemp("serving")
    for each in HELD:
        each.close()


@pytest.fixture(scope="module")
def served(home):
    running = Served(home)
    yield running
    if running.process.poll() is None:
        end(running)


@pytest.fixture(scope="module")
def token(home):
    return run(home, "token", "--role", "investigator", "--force", "33")[1].strip()


def test_it_prints_where_it_is_and_answers_there(served):
    assert f"service        http://127.0.0.1:{served.port}" in served.lines
    assert f"documentation  http://127.0.0.1:{served.port}/docs" in served.lines
    assert served.ask("/healthz") == (200, b'{"status":"ok"}')


def test_it_becomes_ready_with_database_and_scheduler(served):
    wait_until(lambda: served.ask("/readyz")[0] == 200)


def test_a_token_of_the_command_line_is_taken(served, token):
    status, body = served.ask("/v1/forces?limit=1", token)
    assert status == 200
    assert [each["code"] for each in json.loads(body)["items"]] == ["01"]


def test_a_token_of_no_hours_has_expired(served, home):
    options = ("--role", "investigator", "--force", "33", "--hours", "0")
    status, out, _ = run(home, "token", *options)
    assert status == 0
    assert served.ask("/v1/forces", out.strip())[0] == 401


def test_no_password_stands_in_a_command_line(served, home):
    passwords = json.loads((home / "postgres.json").read_text()).values()
    lines = [command_line(pid) for pid in processes(home)]
    assert any("gunicorn" in line for line in lines)
    assert not [line for line in lines for each in passwords if each in line]


def test_the_children_do_not_know_the_owners_password(served, home):
    owners = json.loads((home / "postgres.json").read_text())["offenders_owner"]
    wait_until(lambda: len(named(home, "gunicorn") + named(home, "scheduler")) == 4)
    children = named(home, "gunicorn") + named(home, "scheduler")
    assert not [pid for pid in children if owners in Path(f"/proc/{pid}/environ").read_text()]


POLICY = "/v1/forces/33/policies/wanted-review"


def test_a_body_of_ten_megabytes_is_answered_with_413(served, token):
    sent = {"Content-Type": "application/json"}
    status, answer = served.ask(POLICY, token, "PUT", b"x" * 10_000_000, sent)
    assert status == 413
    assert json.loads(answer)["type"] == "urn:offenders:problem:too-large"


def test_a_chunked_body_of_ten_megabytes_is_answered_with_413(served, token):
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    head = (
        f"PUT {POLICY} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    answer = served.say(head.encode() + chunk * 160 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(("path", "status"), [(POLICY, 401), ("/healthz", 405), ("/x", 404)])
def test_a_body_that_nobody_reads_never_cuts_the_answer_off(served, path, status):
    assert served.ask(path, method="PUT", body=b"x" * 10_000_000)[0] == status


@pytest.mark.parametrize(
    "target",
    [
        "/v1/forces?cursor=%00",
        "/v1/forces?cursor=%ff%fe",
        "/v1/offences?q=%00",
        "/v1/offences?q=%f0%28%8c%28",
        "/v1/neighbourhoods/%00",
        "/v1/neighbourhoods/%c3%28",
        "/v1/forces/%00/lpas",
        "/v1/forces/%ed%a0%80/lpas",
        "/%00",
        "/v1/%2e%2e/%2e%2e/etc/passwd",
        "//v1//forces",
        "/docs/%2e%2e/%2e%2e/setup.cfg",
        "/docs/%00",
    ],
)
def test_hostile_bytes_in_the_address_get_a_clean_answer(served, token, target):
    status, body = served.ask(target, token)
    assert 200 <= status < 500
    assert b"Traceback" not in body


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\x00\x01\x02\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/9.9\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", b"431"),
        (b"GET /healthz HTTP/1.1\r\n" + b"X: 1\r\n" * 100 + b"\r\n", b"431"),
        (b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_what_is_not_http_is_answered_as_a_problem(served, content, status):
    head, _, body = served.say(content).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == int(status)


def test_a_forged_script_name_header_changes_nothing(served):
    status, _ = served.ask("/healthz", headers={"SCRIPT_NAME": "/x", "X-Forwarded-Proto": "https"})
    assert status == 200


def test_a_busy_port_is_refused_in_one_line(served, home):
    process = subprocess.run(
        [sys.executable, "-m", "offenders.cli", "serve", "--port", str(served.port)],
        cwd=PROJECT,
        env={**os.environ, "OFFENDERS_DATA_DIR": str(home)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert process.returncode == 1
    assert process.stdout == ""
    assert process.stderr == (
        f"offenders: Port {served.port} of 127.0.0.1 is in use."
        " Stop what uses it, or set OFFENDERS_PORT.\n"
    )


def test_a_killed_postmaster_is_started_again_by_itself(served, home, token):
    first = postmaster(home)
    os.kill(first, signal.SIGKILL)
    # Its server processes still answer for a moment after it.
    wait_until(lambda: postmaster(home) not in (None, first))
    wait_until(lambda: served.answers(token))


def test_a_killed_web_server_is_started_again_by_itself(served, home, token):
    master = the_one(lambda: masters(home))
    os.kill(master, signal.SIGKILL)
    wait_until(lambda: master not in named(home, "gunicorn"))
    wait_until(lambda: served.answers(token))


def test_a_killed_scheduler_is_started_again_by_itself(served, home):
    first = the_one(lambda: named(home, "offenders.cli\0scheduler"))
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: named(home, "offenders.cli\0scheduler") not in ([], [first]))


def test_after_kill_9_nothing_stays_and_a_new_start_has_the_data(served, home, token):
    kept = secret(home)
    served.process.kill()
    served.process.wait()
    served.process.stdout.close()
    wait_until(lambda: processes(home) == [])
    again = Served(home)
    assert again.ask("/v1/forces", token)[0] == 200
    assert secret(home) == kept
    assert end(again) == 0
    wait_until(lambda: processes(home) == [])  # the postmaster takes its file away before it ends


def test_a_scheduler_told_to_stop_while_it_still_imports_does_not_stay(home):
    # What a signal's handler raises is lost where nobody can be told, as in a callback of the
    # import system; here by an import of our own.
    begin = (
        "import os, signal, sys\n"
        "class Losing:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'offenders.jobs.scheduler':\n"
        "            try:\n"
        "                os.kill(os.getpid(), signal.SIGTERM)\n"
        "            except BaseException:\n"
        "                pass\n"
        "sys.meta_path.insert(0, Losing())\n"
        "from offenders.cli import main\n"
        "sys.argv = ['offenders', 'scheduler']\n"
        "main()"
    )
    environment = {**os.environ, "OFFENDERS_DATA_DIR": str(home)}
    ended = subprocess.run(
        [sys.executable, "-c", begin],
        cwd=PROJECT,
        env=environment,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0


def test_without_its_keeper_the_database_is_still_ended(home):
    hold = (
        "import pathlib, sys\n"
        "from offenders.bundled import kept\n"
        "with kept(pathlib.Path(sys.argv[1])):\n"
        "    print('up', flush=True)\n"
        "    sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(home)],
        cwd=PROJECT,
        env={**os.environ, "OFFENDERS_DATA_DIR": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout.readline() == b"up\n"
        # What the keeper starts bears its name for a moment.
        keeper = the_one(lambda: set(named(home, "offenders.bundled")) - {holder.pid})
        os.kill(keeper, signal.SIGKILL)
        assert postmaster(home) in processes(home)
    assert holder.returncode == 0
    wait_until(lambda: processes(home) == [])
