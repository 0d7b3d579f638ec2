"""Load and faults: how answers are judged, what counts as lost, how growth is read, and one real small run."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.load import SUITE
from eval.load_figures.faults import Found, _found, _section, _wanted
from eval.load_figures.forwarder import Forwarder
from eval.load_figures.parts import ApplicationKilled, DiskFull, every_fault
from eval.load_figures.people import Look, growth, measure, wanted_pause, wanted_people
from eval.load_figures.plots import plot_latency, plot_memory
from eval.load_figures.talk import Person, Seen, script
from kg.server.ports import free_port
from recsys.errors import TastegraphError

MIB = 2**20


def line(kind, **more):
    return json.dumps({"type": kind, **more}) + "\n"


BEGIN, WORDS = line("turn_started", turn="t", thread="load"), line("text", text="Try Heat.")
END = line("turn_ended", text="Try Heat.", items=[])
ERROR = {"message": "Ask again.", "code": "opening", "request_id": "req-1"}
NOTICE = line("notice", level="warning", text="The graph did not answer.")
FAILED = line("notice", level="error", text="Our conversations are out of reach.")
MIDDLE = json.dumps({"error": ERROR}) + "\n"


class Speaker:
    """An HTTP server that answers as it is told: (status, headers, body), the shapes that an application must not have
    included."""

    def __init__(self):
        self.answers, owner = {}, self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = owner.answers[self.path]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST = answer  # noqa: N815 - names that the library calls

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.person = Person(f"http://127.0.0.1:{self.server.server_port}", "ann", "none")

    def close(self):
        self.person.close()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def speaker():
    made = Speaker()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("answer", "outcome", "kept"),
    [
        ((200, {}, BEGIN + WORDS + END), "whole", True),
        ((200, {}, BEGIN + NOTICE + WORDS + END), "degraded", True),
        ((200, {}, BEGIN + WORDS + FAILED + END), "degraded", False),
        ((200, {}, BEGIN + WORDS + MIDDLE), "refused", False),
        ((200, {}, BEGIN + WORDS), "ugly", False),
        ((200, {}, BEGIN + WORDS + "oops\n"), "ugly", False),
        ((200, {}, BEGIN + line("turn_ended", text=" ", items=[])), "ugly", False),
        ((200, {}, BEGIN + line("text", text="Traceback (most recent call last)") + END), "ugly", False),
        ((503, {"X-Request-ID": "req-1"}, json.dumps({"error": ERROR})), "refused", False),
        ((503, {"X-Request-ID": "another"}, json.dumps({"error": ERROR})), "ugly", False),
        ((503, {}, json.dumps({"error": ERROR})), "ugly", False),
        ((500, {"X-Request-ID": "req-1"}, json.dumps({"error": ERROR})), "ugly", False),
        ((502, {}, "<html>Bad gateway"), "ugly", False),
        ((200, {"Content-Length": "9999"}, BEGIN + WORDS), "broken off", False),
    ],
)
def test_an_answer_is_judged_by_what_a_person_sees(speaker, answer, outcome, kept):
    speaker.answers["/v1/chat"] = answer
    seen = speaker.person.say("hello")
    assert seen.outcome == outcome, seen
    assert bool(seen.why) is (outcome != "whole")
    assert speaker.person.ledger.turns == ([("load", "hello", "Try Heat.")] if kept else [])
    assert (seen.first > 0) is (answer[0] == 200 and '"text", "text"' in answer[2])


def test_nobody_at_the_address_is_away_and_promises_nothing():
    person = Person(f"http://127.0.0.1:{free_port()}", "ann", "none")
    assert (person.say("hello").outcome, person.like("film:heat").outcome) == ("away", "away")
    assert person.ledger.likes == person.ledger.turns == []
    person.close()


def test_each_thing_acknowledged_is_looked_up_by_itself(speaker):
    answer = "Remembered: you like Crime. Try Heat."
    speaker.answers["/v1/chat"] = (200, {}, BEGIN + WORDS + line("turn_ended", text=answer, items=[]))
    speaker.answers["/v1/feedback"] = (200, {}, "{}")
    person = speaker.person
    person.say("I love crime")
    person.say("I love crime")
    assert person.like("film:heat").outcome == "whole"
    assert person.ledger.tastes == ["you like Crime"] * 2

    def stored(turns=2, taste="You like Crime.", liked=True, event=True):
        interests = [{"kind": "stated", "subject_id": None, "statement": taste}]
        interests += [{"kind": "liked", "subject_id": "film:heat", "statement": "You like Heat."}] * liked
        events = [{"kind": "like", "item": "film:heat"}] * event
        told = {"load": [{"said": "I love crime", "answer": answer}] * turns}
        speaker.answers["/v1/profile"] = (200, {}, json.dumps({"interests": interests}))
        kept = {"feedback": {"events": events}, "dialogues": told}
        speaker.answers["/v1/profile/export"] = (200, {}, json.dumps(kept))
        return person.lost()

    assert stored() == []
    assert stored(turns=1) == ["ann: the turn “I love crime” of load"]
    assert len(stored(turns=0, liked=False, event=False)) == 4
    assert stored(taste="You dislike Crime.") == ["ann: the taste “you like Crime”"] * 2
    assert person.lost(tastes=False) == []


def test_a_script_takes_nothing_back():
    steps = script("ann", ["Heat", "Ronin"], ["film:heat", "film:ronin"], ["crime", "war"])
    told = [next(steps) for _ in range(10)]
    assert [words for what, words in told if what == "like"] == ["film:heat", "film:ronin"]
    assert "I love war films" in [words for _, words in told]


def test_growth_is_a_line_that_outliers_do_not_bend():
    draw = np.random.default_rng(0)
    looks = [
        Look(float(t), 3 * t, int(1000 * MIB + 3 * t * 2048 + draw.normal(0, MIB / 50)), 40)
        for t in range(400)
    ]
    looks[5] = Look(5.0, 15, 0, 40)
    looks[200] = Look(200.0, 600, 4000 * MIB, 40)
    grown = growth(looks)
    assert grown.low < 2048 < grown.high
    assert abs(grown.slope - 2048) < 100
    assert grown.first_turn >= 3 * 39
    assert growth(looks[:3]) is None
    assert growth([]) is None
    assert growth([Look(float(t), 7, MIB, 1) for t in range(50)]) is None


def test_pictures_are_written(tmp_path):
    looks = [Look(float(t), t, 100 * MIB + t * 1000, 9) for t in range(50)]
    for file in (
        plot_memory(looks, growth(looks), tmp_path / "memory.svg"),
        plot_latency({"whole turn": np.array([10.0, 30.0]), "none": np.array([])}, tmp_path / "latency.svg"),
    ):
        assert "<svg" in file.read_text()


def test_a_door_lets_bytes_through_and_can_be_slow():
    with socket.create_server(("127.0.0.1", 0)) as listener, Forwarder(listener.getsockname()[1]) as door:

        def echo():
            one, _ = listener.accept()
            while data := one.recv(100):
                one.sendall(data)

        threading.Thread(target=echo, daemon=True).start()
        with socket.create_connection(("127.0.0.1", door.port)) as near:
            for delay in (0.0, 0.3):
                door.delay, began = delay, time.monotonic()
                near.sendall(b"hello")
                assert near.recv(100) == b"hello"
                assert time.monotonic() - began >= delay


def options(tmp_path, **settings):
    return MeasureOptions(data=tmp_path, out=tmp_path / "out", settings=settings)


def test_what_cannot_be_meant_is_said(tmp_path):
    with pytest.raises(TastegraphError, match="Give 1 to 500"):
        wanted_people(options(tmp_path, people="many"), 4)
    with pytest.raises(TastegraphError, match="0 to 600"):
        wanted_pause(options(tmp_path, pause="nan"))
    assert wanted_pause(options(tmp_path, pause="2.5")) == 2.5
    with pytest.raises(TastegraphError, match="the application killed"):
        _wanted(options(tmp_path, faults="an earthquake"))
    chosen = _wanted(options(tmp_path, faults="the disk full; the application killed"))
    assert [type(one) for one in chosen] == [ApplicationKilled, DiskFull]
    assert set(SUITE.settings) == {"people", "pause", "workspace", "faults"}
    names = [one.name for one in every_fault()]
    assert len(names) == len(set(names))


def test_a_fault_is_judged_by_when_a_request_was_sent():
    def seen(began, outcome, seconds=0.1):
        return Seen("ann", "turn", began, outcome, "" if outcome == "whole" else "why", 0.0, seconds)

    told = [seen(1, "whole"), seen(9.95, "broken off"), seen(12, "away"), seen(13, "ugly"), seen(21, "away")]
    killed = _found(every_fault()[0], told, broken=10.0, mended=20.0, back=None)
    assert (killed.before, killed.after) == ({"whole": 1}, {"away": 1})
    assert killed.during == {"broken off": 1, "away": 1, "ugly": 1}
    assert killed.bad_count == 2, "what is away after the mending is bad, and what is ugly at any time"
    graph = _found(every_fault()[1], told, broken=10.0, mended=20.0, back=None)
    assert graph.bad_count == 4, "the application itself was there all the time"


def test_what_was_lost_and_what_was_not_made_are_in_the_report(tmp_path):
    found = [
        Found(name="one", breaks="b", acknowledged=5, lost=("ann: the turn",), back=1.0),
        Found(name="two", breaks="b", skipped="it takes root"),
    ]
    section = _section(found, every_fault()[:3], 4, options(tmp_path))
    figures = {one.name: one for one in section.figures}
    assert figures["acknowledged and lost"].value == 1
    assert "ann: the turn" in figures["acknowledged and lost"].note
    assert "1 faults of 3" in figures["acknowledged and lost"].note
    assert section.tables[0].rows[1][2:3] == ("not made: it takes root",)


@pytest.mark.slow
def test_two_people_talk_to_the_real_application(starter_films, tmp_path, monkeypatch):
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    given = MeasureOptions(
        data=tmp_path,
        out=tmp_path,
        budget_s=4.0,
        settings={"people": "2", "workspace": str(starter_films)},
    )
    section = measure(given, lambda line: None)
    figures = {one.name: one.value for one in section.figures}
    assert figures["turns a second"] > 0
    assert 0 < figures["first words, p50"] <= figures["whole turn, p99"]
    assert figures["acknowledged and lost"] == 0
    assert figures["requests that were not answered in the API's form"] == 0
    assert figures["errors in the log that nobody foresaw"] == 0
    assert figures["memory at the beginning"] > 100
    assert {Path(tmp_path, plot).suffix for plot in section.plots} == {".svg"}
    assert {len(one.values) >= 2 for one in section.samples} == {True}
