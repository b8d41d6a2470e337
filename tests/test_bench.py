"""What measures: queries that can be repeated and are wrong in one way, clients and clocks."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread

import pytest

from bench import slips
from bench.asking import ask, ask_all, percentile
from bench.machine import seconds_of
from bench.queries import KINDS, make_queries
from bench.report import Score, as_data, as_page
from bench.scorecard import Marks
from bench.targets import Bearers, Target, plain_words

PEOPLE = [
    Target("1", "33", "Smith", "John", date(1985, 3, 4), births={date(1985, 3, 4)}),
    Target("2", "33", "Smith", "John Paul", date(1990, 1, 2), births={date(1990, 1, 2)}),
    Target("3", "33", "O'Brien-Jones", "Kathryn", None),
    Target("4", "33", "Wiśniewski", "Łukasz", date(1970, 5, 6), [("Nowak", "Adam")]),
    Target("5", "33", "McDonald", "William", date(1960, 7, 8)),
]


def test_the_same_people_and_seed_make_the_same_queries():
    first = list(make_queries(PEOPLE, 60, "1"))
    assert first == list(make_queries(PEOPLE, 60, "1"))
    assert first != list(make_queries(PEOPLE, 60, "2"))
    assert {query.kind for query in first} <= set(KINDS)


def test_others_are_counted_who_bear_exactly_what_was_meant():
    bearers = Bearers(PEOPLE)
    assert bearers.count(["john", "smith"], None) == 2
    assert bearers.count(["john", "paul", "smith"], None) == 1
    assert bearers.count(["j", "smith"], None) == 2
    assert bearers.count(["john", "smith"], date(1985, 3, 4)) == 1
    assert bearers.count(["nowak"], None) == 1
    assert bearers.count(["adam", "wisniewski"], None) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O'Brien-Jones", ["obrien", "jones"]),
        ("Łukasz Wiśniewski", ["lukasz", "wisniewski"]),
        ("van der Berg", ["van", "der", "berg"]),
    ],
)
def test_plain_words_are_what_is_on_a_keyboard(name, words):
    assert plain_words(name) == words


@pytest.mark.parametrize(
    ("slip", "longer"),
    [(slips.insertion, 1), (slips.deletion, -1), (slips.substitution, 0), (slips.transposition, 0)],
)
def test_a_slip_is_one_error(slip, longer):
    for seed in range(200):
        wrong = slip(Random(seed), "Robinson")
        assert len(wrong) == len("Robinson") + longer
        assert wrong.lower() != "robinson"


def test_a_wrong_date_is_a_real_other_date():
    for seed in range(100):
        wrong = slips.wrong_date(Random(seed), date(1985, 3, 4))
        assert wrong is not None
        assert wrong != date(1985, 3, 4)


def test_the_card_counts_what_is_ambiguous_apart_and_fails_below_a_mark():
    queries = list(make_queries(PEOPLE, 50, "1"))
    score = Score(people=5, forces=1)
    score.conditions = {"date": "d", "machine": "m", "clients": 8, "load_average": 1, "seed": "1"}
    for number, query in enumerate(queries):
        score.add(query, 0.01, found=number > 0)
    assert as_data(score)["kinds"]["all"]["recall_percent"] == 98.0
    assert score.passes(Marks())
    assert not score.passes(Marks(recall=98.5))
    assert not score.passes(Marks(median=9))
    assert "98.0 %" in as_page(score, Marks())


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server.server_address
        server.shutdown()


def sent(path):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def test_replies_stand_in_the_order_of_their_requests(address):
    paths = [f"/{number}" for number in range(40)] + ["/missing"]
    replies = ask_all(address, [sent(path) for path in paths], clients=4)
    assert [reply.body.decode() for reply in replies] == paths
    assert [reply.status for reply in replies] == [200] * 40 + [404]
    assert min(reply.seconds for reply in replies) > 0


def test_asking_ends_with_the_time(address):
    began = time.monotonic()
    requests = (sent(f"/{number}") for number in itertools.count())
    numbers = [number for number, _ in ask(address, requests, clients=4, seconds=0.2)]
    assert 0.2 <= time.monotonic() - began < 60
    assert sorted(numbers) == list(range(len(numbers)))


def test_a_percentile_is_the_latency_that_so_many_kept():
    assert percentile([0.003, 0.001, 0.002, 0.004], 0.5) == 3.0
    assert percentile([0.003, 0.001, 0.002, 0.004], 0.99) == 4.0


def test_processor_time_counts_children_that_have_ended():
    before = seconds_of(os.getpid())
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-c", busy], check=True)
    assert seconds_of(os.getpid()) - before >= 0.18
