"""A model that failed is left alone for a while; a probe in the background finds out when it is back."""

from agent.circuit import Circuit


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def circuit(probe, cooldown=10.0, held=None):
    clock = Clock()
    start = (lambda work: work()) if held is None else held.append
    return Circuit(cooldown, probe, clock, start), clock


def refuses():
    raise OSError("away")


def test_a_failure_keeps_turns_away_until_a_probe_succeeds():
    probes = []
    breaker, clock = circuit(lambda: probes.append(clock.now))
    assert breaker.admits()
    breaker.failed()
    clock.now = 9.9
    assert not breaker.admits()
    assert breaker.is_open
    assert probes == []
    clock.now = 10.0
    assert breaker.admits()
    assert not breaker.is_open
    assert probes == [10.0]


def test_only_one_probe_runs_and_no_turn_waits_for_it():
    held, probes = [], []
    breaker, clock = circuit(lambda: probes.append(1), held=held)
    breaker.failed()
    clock.now = 11.0
    assert [breaker.admits() for _ in range(5)] == [False] * 5
    assert len(held) == 1
    held[0]()
    assert breaker.admits()


def test_the_rest_doubles_with_each_failure_in_a_row_and_starts_anew_after_an_answer():
    breaker, clock = circuit(refuses)
    rests = []
    breaker.failed()
    for _ in range(6):
        before = clock.now
        while True:
            clock.now += 1.0
            reopened = breaker._open_until
            breaker.admits()
            if breaker._open_until != reopened:
                break
        rests.append(clock.now - before)
    assert rests == [10.0, 20.0, 40.0, 80.0, 80.0, 80.0]
    breaker.worked()
    assert breaker.admits()
    breaker.failed()
    clock.now += 10.0
    assert not breaker.admits()
    assert breaker._open_until == clock.now + 20.0


def test_a_cool_down_of_zero_tries_every_time():
    breaker, _ = circuit(refuses, cooldown=0)
    breaker.failed()
    assert breaker.admits()
