"""Packed examples give the loss that they give one by one; a run that was cut off ends as one that was not."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from agent.training.packing import Tokens, common_prefix, pack, tokens_of

PREFIX = (5, 6, 7, 8, 9, 10, 11)
EXAMPLES = [
    Tokens((*PREFIX, 12, 13, 14), (20, 21), (3.0, 1.0)),
    Tokens((*PREFIX, 15), (22, 23, 24, 25), (3.0, 0.5, 0.5, 0.5)),
    Tokens((*PREFIX, 16, 17), (26,), (1.0,)),
    Tokens((*PREFIX, 12, 18, 19, 30), (27, 28, 29), (1.0, 1.0, 1.0)),
]


@pytest.fixture(scope="module")
def model():
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=128,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def test_prefix_is_what_all_prompts_share_and_never_the_whole_of_one():
    assert common_prefix(EXAMPLES) == len(PREFIX)
    assert common_prefix([Tokens((1, 2, 3), (4,), (1.0,)), Tokens((1, 2, 3), (5,), (1.0,))]) == 2


def test_packed_loss_equals_the_sum_of_the_losses_one_by_one(model):
    from agent.training.tune import loss_of

    (packed,) = pack(EXAMPLES, 100)
    with torch.no_grad():
        together, weight = loss_of(model, packed)
        alone = 0.0
        for one in EXAMPLES:
            ids = torch.tensor([[*one.prompt, *one.answer]])
            logits = model(input_ids=ids).logits[0, len(one.prompt) - 1 : -1]
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(one.answer), reduction="none")
            alone += float(loss @ torch.tensor(one.weights))
    assert float(together) == pytest.approx(alone, rel=1e-5)
    assert weight == pytest.approx(sum(sum(one.weights) for one in EXAMPLES))


def _tokens(answer, **kwargs):
    words = {}

    def encode(text):
        return [words.setdefault(word, len(words)) for word in text.split()]

    one = SimpleNamespace(messages=(), answer=answer)
    return tokens_of(encode, lambda _: "a prompt", one, **kwargs)


def test_what_decides_counts_most_and_a_text_no_more_than_it_may():
    call = _tokens('<tool_call> a b c d e f g h i j name "arguments" x </tool_call>')
    assert call.weights[:12] == (3.0,) * 12
    assert set(call.weights[12:]) == {1.0}
    text = _tokens("one two three four five six seven eight nine", most_weight=5.0)
    assert text.weights[0] == 3.0
    assert sum(text.weights[1:]) < 5.0
    assert len(text.weights) == len(text.answer)


def test_no_example_sees_another_one():
    (packed,) = pack(EXAMPLES, 100)
    seen = packed.visible()
    for row, group in enumerate(packed.group):
        others = {int(g) for g in packed.group[seen[row]]} - {0, int(group)}
        assert not others
    assert packed.examples == len(EXAMPLES)


def test_long_sequences_are_split_and_nothing_is_lost():
    packs = pack(EXAMPLES, 16)
    assert sum(one.examples for one in packs) == len(EXAMPLES)
    assert max(len(one.ids) for one in packs) <= 16
    learned = np.concatenate([one.targets for one in packs]).tolist()
    assert learned == [token for one in EXAMPLES for token in one.answer]


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(model, tmp_path):
    import copy

    from agent.training.tune import TuneConfig, adapted, best_adapter, tune

    packs = pack(EXAMPLES, 16)
    config = TuneConfig(rank=2, alpha=4, first_layer=1, epochs=3, validate_every=2)

    def run(folder, stops):
        for most in stops:
            steps = []

            def stop(at, _, most=most, steps=steps):
                steps.append(at.step)
                if len(steps) == most:
                    raise KeyboardInterrupt

            tuned = adapted(copy.deepcopy(model), config)
            try:
                tune(tuned, packs, packs, config, folder, stop)
            except KeyboardInterrupt:
                continue
        return best_adapter(folder)

    whole = run(tmp_path / "whole", [10_000])
    parts = run(tmp_path / "parts", [2, 2, 10_000])
    assert set(whole) == set(parts)
    assert not any(".layers.0." in name for name in whole)
    for name, tensor in whole.items():
        assert torch.allclose(tensor, parts[name], atol=1e-6), name
