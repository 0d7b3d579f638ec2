"""Which flags a model gets on which machine, without starting a server."""

import ast
import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from agent.serving.families import FAMILIES, UNKNOWN, family_of
from agent.serving.hardware import Card, Hardware, find_hardware
from agent.serving.plan import ModelFiles, make_plan, read_model
from agent.serving.weights import ServingError
from tests.parts import ROOT, need

LAPTOP = Hardware(memory=16 * 10**9)
LLAMA_8B = {
    "model_type": "llama",
    "dtype": "bfloat16",
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "hidden_size": 4096,
    "max_position_embeddings": 131072,
}


def cards(count: int, gigabytes: int, capability: float = 8.9) -> Hardware:
    card = Card(name="card", memory=gigabytes * 10**9, capability=capability)
    return Hardware(cards=(card,) * count, memory=64 * 10**9)


@pytest.mark.parametrize(
    ("name", "config", "parser", "reasoning"),
    [
        ("tastegraph-smollm2-135m", {"model_type": "llama"}, "hermes", None),
        ("Qwen/Qwen2.5-7B-Instruct", None, "hermes", None),
        ("Qwen/Qwen3-8B", None, "hermes", "qwen3"),
        ("Qwen/Qwen3-4B-Instruct-2507", None, "hermes", None),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507", None, "hermes", "qwen3"),
        ("Qwen/Qwen3-Coder-30B-A3B-Instruct", None, "qwen3_xml", None),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", None, "hermes", None),
        ("Qwen/Qwen3.5-9B", None, "qwen3_coder", "qwen3"),
        ("meta-llama/Llama-3.1-8B-Instruct", None, "llama3_json", None),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", None, "llama4_pythonic", None),
        ("NousResearch/Hermes-3-Llama-3.1-8B", None, "hermes", None),
        ("mistralai/Mistral-7B-Instruct-v0.3", None, "mistral", None),
        ("mistralai/Ministral-3-8B-Instruct-2512", None, "mistral", None),
        ("ibm-granite/granite-4.0-h-tiny", None, "granite4", None),
        ("ibm-granite/granite-3.1-8b-instruct", None, "granite", None),
        ("deepseek-ai/DeepSeek-V3-0324", None, "deepseek_v3", None),
        ("deepseek-ai/DeepSeek-V3.1", None, "deepseek_v31", None),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", {"model_type": "qwen2"}, "hermes", "deepseek_r1"),
        ("openai/gpt-oss-20b", None, "openai", None),
        ("microsoft/Phi-4-mini-instruct", {"model_type": "phi3"}, "phi4_mini_json", None),
        ("zai-org/GLM-4.7-Flash", None, "glm47", "glm47"),
        ("allenai/Olmo-3-7B-Instruct", None, "olmo3", None),
        ("my-folder", {"model_type": "qwen3"}, "hermes", "qwen3"),
        ("my-folder", {"model_type": "mistral"}, "mistral", None),
        (
            "my-folder",
            {"model_type": "qwen3", "_name_or_path": "Qwen/Qwen3-4B-Instruct-2507"},
            "hermes",
            None,
        ),
    ],
)
def test_each_family_gets_its_parsers(name, config, parser, reasoning):
    family = family_of(name, config)
    assert (family.parser, family.reasoning) == (parser, reasoning)
    assert family is not UNKNOWN


def test_an_unknown_model_is_said_to_be_guessed_unless_a_parser_is_given():
    plan = make_plan(ModelFiles(name="somebody/something"), cards(1, 24))
    assert plan.parser == "hermes"
    assert any("--parser" in note for note in plan.notes)
    chosen = make_plan(ModelFiles(name="somebody/something"), cards(1, 24), parser="pythonic")
    assert chosen.parser == "pythonic"
    assert not any("assumed" in note for note in chosen.notes)


def test_the_installed_vllm_knows_every_parser_named():
    found = list((ROOT / ".venv-vllm").glob("lib/python3*/site-packages/vllm"))
    need(bool(found), "vLLM", "make vllm-env")
    known = [registered(found[0] / package / "__init__.py") for package in ("tool_parsers", "reasoning")]
    assert {family.parser for family in (*FAMILIES, UNKNOWN)} <= known[0]
    assert {family.reasoning for family in FAMILIES if family.reasoning} <= known[1]


def registered(file) -> set[str]:
    """Read the names from the one dictionary of the package, without importing vLLM."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    tables = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
    ]
    return {key.value for table in tables for key in table.keys if isinstance(key, ast.Constant)}


def test_as_few_cards_as_hold_the_model_and_half_precision_on_an_old_card():
    files = ModelFiles(name="x/Llama-3.1-8B", config=LLAMA_8B, bytes=16 * 10**9)
    assert make_plan(files, cards(4, 24)).cards == 1
    assert make_plan(files, cards(4, 12)).cards == 2
    arguments = make_plan(files, cards(4, 12)).arguments(8000)
    assert arguments[arguments.index("--tensor-parallel-size") + 1] == "2"
    assert "--dtype" not in arguments
    assert make_plan(files, cards(4, 12, 7.5)).dtype == "half"
    assert make_plan(files, cards(1, 24)).tool_choice == "auto"


def test_too_little_memory_is_said_before_anything_starts():
    files = ModelFiles(name="x/Llama-3.1-8B", config=LLAMA_8B, bytes=16 * 10**9)
    with pytest.raises(ServingError, match="4 bits"):
        make_plan(files, cards(1, 8))
    with pytest.raises(ServingError, match="float32"):
        make_plan(files, LAPTOP)
    packed = ModelFiles(name="x", config=LLAMA_8B | {"quantization_config": {"bits": 4}}, bytes=6 * 10**9)
    assert make_plan(packed, cards(1, 12)).cards == 1
    with pytest.raises(ServingError, match="smaller --max-model-len"):
        make_plan(packed, cards(1, 12), max_model_len=131072)


def test_keys_and_values_count_for_the_context():
    files = ModelFiles(name="x", config=LLAMA_8B, bytes=16 * 10**9)
    # 2 (keys, values) x 32 layers x 8 heads x 128 numbers x 2 bytes.
    assert files.cache_bytes(1, 2) == 131072


def test_a_context_longer_than_the_model_s_is_refused():
    files = ModelFiles(name="x", config=LLAMA_8B | {"max_position_embeddings": 2048}, bytes=10**9)
    with pytest.raises(ServingError, match="--max-model-len 2048"):
        make_plan(files, cards(1, 24), max_model_len=4096)
    assert make_plan(files, cards(1, 24)).max_model_len == 2048


def test_a_folder_is_read(tmp_path):
    with pytest.raises(ServingError, match=r"config\.json"):
        read_model(str(tmp_path))
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_8B | {"dtype": "float32"}), encoding="utf-8")
    with pytest.raises(ServingError, match="safetensors"):
        read_model(str(tmp_path))
    for name in ("model", "consolidated"):
        save_file({"weight": np.zeros(1000, dtype=np.float32)}, tmp_path / f"{name}.safetensors")
    files = read_model(str(tmp_path))
    assert 4000 <= files.bytes < 4200
    assert files.parameters < 1100
    plan = make_plan(files, LAPTOP)
    assert plan.tool_choice == "required"
    assert plan.client(8001)["TASTEGRAPH_LLM_TOOL_CHOICE"] == "required"
    assert plan.local
    (tmp_path / "card.json").write_text('{"adapter": "sha256"}', encoding="utf-8")
    assert make_plan(read_model(str(tmp_path)), LAPTOP).tool_choice == "auto"
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ServingError, match="Download the model anew"):
        read_model(str(tmp_path))


@pytest.mark.parametrize("name", ["nowhere", "./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_model_that_is_not_there_is_said(name):
    with pytest.raises(ServingError, match="OWNER/NAME"):
        read_model(name)


def test_this_machine_can_be_asked():
    hardware = find_hardware()
    assert hardware.memory is None or hardware.memory > 0
    assert all(card.memory > 10**8 for card in hardware.cards)


def test_cards_are_those_that_cuda_shows(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(
        '#!/bin/sh\necho "0, NVIDIA A, 24564, 8.9"\necho "1, NVIDIA B, 81559, 9.0"\n', encoding="ascii"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert [card.memory for card in find_hardware().cards] == [24564 * 2**20, 81559 * 2**20]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    (card,) = find_hardware().cards
    assert (card.name, card.capability) == ("NVIDIA B", 9.0)
