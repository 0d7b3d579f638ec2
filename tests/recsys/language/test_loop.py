import itertools

import numpy as np
import pytest
import torch
from torch import nn

from recsys.language.config import TowerError
from recsys.language.loop import Plan, Run, rate_at


def _run(steps=20, patience=50, lr=0.05):
    torch.manual_seed(0)
    layer = nn.Linear(4, 1)
    rng = np.random.default_rng(0)
    inputs = torch.from_numpy(rng.normal(size=(64, 4)).astype(np.float32))
    wanted = inputs.sum(1, keepdim=True)
    drop = nn.Dropout(0.2)

    def backward(step):
        rows = np.random.default_rng(step).choice(64, 8)
        loss = ((layer(drop(inputs[rows])) - wanted[rows]) ** 2).mean()
        loss.backward()
        return float(loss.detach())

    def look():
        with torch.no_grad():
            figure = -float(((layer(inputs) - wanted) ** 2).mean())
        return figure + 100.0, {"figure": figure}

    plan = Plan("head", steps, 5, patience, 0.1, 1.0, 0.01, 0)
    return Run(plan, [(dict(layer.named_parameters()), lr)], lambda _: None), backward, look, layer


def test_the_step_size_rises_and_falls():
    rates = [rate_at(step, 100, 0.1) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * k for k in range(1, 11)])
    assert all(a >= b for a, b in itertools.pairwise(rates[10:]))
    assert rates[-1] < 0.01


def test_the_best_look_is_kept():
    run, backward, look, _ = _run()
    before = look()[0]
    run.go(backward, look, None, "k")
    assert look()[0] == pytest.approx(run.best_figure)
    assert run.best_figure > before


def test_training_stops_when_nothing_gets_better():
    run, backward, _, _ = _run(steps=100, patience=2)
    run.go(backward, lambda: (1.0, {"figure": 1.0}), None, "k")
    assert run.step == 10
    assert run.best_step == 0


def test_an_interrupted_run_ends_as_it_would_have(tmp_path):
    whole, backward, look, layer = _run()
    whole.go(backward, look, None, "k")
    wanted = [p.detach().clone() for p in layer.parameters()]

    run, backward, look, layer = _run()

    def interrupted(step):
        if step == 13:
            raise KeyboardInterrupt
        return backward(step)

    file = tmp_path / "c.safetensors"
    with pytest.raises(KeyboardInterrupt):
        run.go(interrupted, look, file, "k")
    again, backward, look, layer = _run()
    again.go(backward, look, file, "k")
    assert again.step == 20
    for one, other in zip(layer.parameters(), wanted, strict=True):
        assert torch.equal(one, other)


def test_a_checkpoint_of_something_else_is_refused_and_left(tmp_path):
    file = tmp_path / "c.safetensors"
    run, backward, look, _ = _run()
    run.go(backward, look, file, "k")
    other, backward, look, _ = _run()
    with pytest.raises(TowerError, match="other data or settings"):
        other.go(backward, look, file, "another")
    file.write_bytes(b"damaged")
    damaged, backward, look, _ = _run()
    with pytest.raises(TowerError, match="cannot be read"):
        damaged.go(backward, look, file, "k")
    assert file.read_bytes() == b"damaged"


def test_a_loss_that_is_no_number_is_said():
    run, _, look, _ = _run()
    with pytest.raises(TowerError, match="smaller step size"):
        run.go(lambda step: float("nan"), look, None, "k")
