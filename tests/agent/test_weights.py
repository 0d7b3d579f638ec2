"""The packaged weights: where they are prepared, what is merged into them, and what is said when a part is missing."""

import json
from pathlib import Path

import pytest

from agent.serving import weights
from agent.serving.weights import ADAPTER, BASE_NAME, SERVED_NAME, ServingError, prepare_weights

MOST = 12_000_000


def made(folder: Path, adapter: str | None) -> Path:
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps({"adapter": adapter}), encoding="utf-8")
    (folder / "chat_template.jinja").write_bytes(weights.CHAT_TEMPLATE.read_bytes())
    return folder


def test_a_missing_package_names_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "no-such-package-of-weights")
    with pytest.raises(ServingError, match="make vllm-env"):
        prepare_weights(tmp_path / "weights")
    assert list(tmp_path.iterdir()) == []


def test_prepared_weights_are_found_in_a_cache_named_from_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TASTEGRAPH_CACHE", "~/cache")
    models = Path(tmp_path) / "cache" / "models"
    tuned = made(models / SERVED_NAME, weights.fingerprint(ADAPTER))
    plain = made(models / BASE_NAME, None)
    assert prepare_weights() == tuned
    assert prepare_weights(adapter=None) == plain


def test_weights_with_another_adapter_are_prepared_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "no-such-package-of-weights")
    stale = made(tmp_path / "weights", "another")
    with pytest.raises(ServingError, match="make vllm-env"):
        prepare_weights(stale)


def test_a_missing_adapter_says_what_makes_one(tmp_path):
    with pytest.raises(ServingError, match="llm train"):
        prepare_weights(tmp_path / "weights", adapter=tmp_path / "none")


def test_the_shipped_adapter_is_small_loads_without_pickle_and_says_what_made_it():
    from safetensors import safe_open

    file = ADAPTER / "adapter_model.safetensors"
    assert file.stat().st_size <= MOST
    with safe_open(file, framework="numpy") as tensors:
        names = list(tensors.keys())
    assert any("lora_A" in name for name in names)
    assert any("lora_B" in name for name in names)
    card = json.loads((ADAPTER / "card.json").read_text(encoding="utf-8"))
    assert {"base", "sources", "seed", "command", "versions", "data_hash", "validation_loss"} <= set(card)
    assert "CC BY 4.0" in card["sources"]["redial"]


@pytest.mark.slow
def test_merging_adds_the_adapter_to_the_weights(tmp_path):
    """On a tiny model: what is saved after the merge answers as the model with its adapter beside it does."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=40, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2,
    )  # fmt: skip
    plain = LlamaForCausalLM(config).eval()
    ids = torch.tensor([[1, 2, 3, 4]])
    before = plain(input_ids=ids).logits.detach().clone()
    tuned = get_peft_model(
        plain, LoraConfig(r=2, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM")
    )
    for name, tensor in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(tensor, std=0.5)
    beside = tuned.eval()(input_ids=ids).logits.detach()
    tuned.save_pretrained(tmp_path / "adapter")
    torch.manual_seed(0)
    merged = weights.merged(LlamaForCausalLM(config), tmp_path / "adapter").eval()
    assert torch.allclose(merged(input_ids=ids).logits, beside, atol=1e-5)
    assert not torch.allclose(before, beside, atol=1e-3)
