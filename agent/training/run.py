"""From catalogues and dialogues to an adapter with its card: what `tastegraph llm train` does."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from agent.context import Services
from agent.settings import Settings
from agent.tools import tools_for
from agent.training.packing import Packed, Tokens, pack, tokens_of
from agent.training.transcripts import Example, answered_examples, redial_examples, written_examples
from agent.training.tune import Progress, TuneConfig, adapted, best_adapter, tune
from kg.files import write_text
from recsys.errors import TastegraphError
from recsys.models.persist import library_versions

Say = Callable[[str], None]
_EXAMPLES = "examples.jsonl"
_MOST_ANSWER, _MOST_REPLY = 60.0, 12.0
"""What the tokens of an answer from results, and of a reply without any, count together at most."""
_SOURCES = {
    "written": "phrases written for this project, filled from its starter catalogues (Apache-2.0)",
    "answered": "answers of the builtin model over the starter catalogues (Apache-2.0)",
    "redial": "turns of ReDial's training dialogues, labelled by the builtin model (ReDial: CC BY 4.0, Li et al. 2018)",
}


class RunConfig(BaseModel):
    """What is learned from, and how."""

    model_config = ConfigDict(frozen=True)

    films: int = Field(default=130, ge=0)
    """Written requests over the films."""
    shop: int = Field(default=24, ge=0)
    """Written requests over the shop."""
    redial: int = Field(default=420, ge=0)
    """Turns of ReDial."""
    film_answers: int = Field(default=16, ge=0)
    """Answers over the films."""
    shop_answers: int = Field(default=4, ge=0)
    """Answers over the shop."""
    sequence: int = Field(default=1024, ge=64)
    """Tokens of a packed sequence."""
    held_out: float = Field(default=0.02, gt=0.0, lt=1.0)
    """Share of the examples that training stops by."""
    tune: TuneConfig = TuneConfig()


def train_adapter(
    out: Path,
    workspaces: dict[str, Path],
    redial: Path | None,
    config: RunConfig,
    command: str,
    say: Say = lambda _: None,
    progress: Callable[[Progress, int], None] = lambda *_: None,
) -> Path | None:
    """Train and write `out/adapter`; returns it, or None where its minutes ended before it did.

    Args:
        out: folder of the run; what is there already is gone on from.
        workspaces: the starter workspaces, `films` and `shop`.
        redial: ReDial's training dialogues; None leaves them out.
        config: settings.
        command: how the run was started, for the card.
        say: takes a line to show.
        progress: takes where the training is, and of how many steps.

    Raises `TastegraphError` when `out` holds a run with other settings, and `ServingError` when the base model is
    missing.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from agent.serving.weights import prepare_weights

    _check_same(out, config)
    examples = _examples(out, workspaces, redial, config, say)
    base = prepare_weights(progress=say, adapter=None)
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokens = {
        has_help: [_tokens(tokenizer, one) for one in examples if one.has_help is has_help]
        for has_help in (False, True)
    }
    train, valid = _packs(tokens, config)
    total = sum(len(p.ids) for p in train)
    say(f"{len(examples):,} examples in {len(train)} sequences of {total:,} tokens; {len(valid)} held out")
    model = adapted(AutoModelForCausalLM.from_pretrained(base, dtype="float32"), config.tune)
    if _has_gpu():
        model.to("cuda")
    at = tune(model, train, valid, config.tune, out / "state", progress)
    if not at.done:
        return None
    adapter = out / "adapter"
    beside = adapter.with_name(f".{adapter.name}.{uuid.uuid4().hex[:6]}")
    try:
        _write_adapter(model, beside, out / "state", _card(examples, config, at, command, total))
        if adapter.exists():
            shutil.rmtree(adapter)
        beside.replace(adapter)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return adapter


def _check_same(out: Path, config: RunConfig) -> None:
    out.mkdir(parents=True, exist_ok=True)
    file = out / "run.json"
    told = config.model_dump(mode="json")
    told["tune"].pop("minutes")
    if file.is_file() and json.loads(file.read_text(encoding="utf-8")) != told:
        raise TastegraphError(f"{out} holds a run with other settings. Name another folder with --out.")
    write_text(file, json.dumps(told, indent=2) + "\n")


def _examples(
    out: Path, workspaces: dict[str, Path], redial: Path | None, config: RunConfig, say: Say
) -> list[Example]:
    file = out / _EXAMPLES
    if file.is_file():
        say(f"Going on with the examples in {file}")
        rows = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
        return [Example(**{**row, "messages": tuple(row["messages"])}) for row in rows]
    seed = config.tune.seed
    found: list[Example] = []
    counts = {"films": (config.films, config.film_answers), "shop": (config.shop, config.shop_answers)}
    with TemporaryDirectory(prefix="tastegraph-transcripts-") as folder:
        for name, path in workspaces.items():
            written, answered = counts[name]
            say(f"Writing requests over {name}")
            copy = Path(folder) / name
            # What people of the workspace told is no business of a training run.
            shutil.copytree(path, copy, ignore=shutil.ignore_patterns("people", "neo4j", ".*"))
            services = Services.open(copy, Settings(chat_model="builtin", graph="embedded"))
            try:
                found += written_examples(services, written, np.random.default_rng([seed, written]))
                if name == "films" and redial is not None:
                    say("Labelling turns of ReDial")
                    found += redial_examples(
                        services, redial, config.redial, np.random.default_rng([seed, config.redial])
                    )
            finally:
                services.graph.close()
            say(f"Answering requests over {name}")
            found += answered_examples(path, answered, np.random.default_rng([seed, answered, 1]))
    lines = "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in found)
    write_text(file, lines)
    return found


def _tokens(tokenizer: Any, one: Example) -> Tokens:  # noqa: ANN401 - a transformers tokenizer
    from langchain_core.utils.function_calling import convert_to_openai_tool

    tools = [convert_to_openai_tool(tool) for tool in tools_for(one.has_help)]

    def render(messages: Sequence[dict[str, Any]]) -> str:
        text: str = tokenizer.apply_chat_template(
            list(messages), tools=tools, tokenize=False, add_generation_prompt=True
        )
        return text

    def encode(text: str) -> list[int]:
        ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    return tokens_of(encode, render, one, _MOST_ANSWER if one.source == "answered" else _MOST_REPLY)


def _packs(tokens: dict[bool, list[Tokens]], config: RunConfig) -> tuple[list[Packed], list[Packed]]:
    train: list[Packed] = []
    valid: list[Packed] = []
    for has_help, examples in tokens.items():
        if not examples:
            continue
        order = np.random.default_rng([config.tune.seed, has_help]).permutation(len(examples))
        held = max(1, round(config.held_out * len(examples)))
        valid += pack([examples[int(k)] for k in order[:held]], config.sequence)
        train += pack([examples[int(k)] for k in order[held:]], config.sequence)
    return train, valid


def _card(
    examples: Sequence[Example], config: RunConfig, at: Progress, command: str, total: int
) -> dict[str, Any]:
    digest = hashlib.sha256()
    for one in examples:
        digest.update(json.dumps(asdict(one), sort_keys=True, ensure_ascii=False).encode())
    counts = Counter(one.source for one in examples)
    return {
        "base": "SmolLM2-135M-Instruct (Apache-2.0)",
        "sources": {
            name: f"{counts[name]:,} examples: {told}" for name, told in _SOURCES.items() if counts[name]
        },
        "data_hash": digest.hexdigest(),
        "command": command,
        "seed": config.tune.seed,
        "config": config.model_dump(mode="json"),
        "validation_loss": round(at.best, 4),
        "validation_losses": [(step, round(loss, 4)) for step, loss in at.losses],
        "steps": at.step,
        "tokens_a_pass": total,
        "tokens_a_second": round(at.tokens / max(at.seconds, 1e-9), 1),
        "minutes": round(at.seconds / 60.0, 1),
        "versions": library_versions(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _write_adapter(model: Any, folder: Path, state: Path, card: dict[str, Any]) -> None:  # noqa: ANN401 - a peft model
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    # Half precision: the merged weights differ by less than their 4-bit origin is off.
    tensors = {name: tensor.to(torch.float16).contiguous() for name, tensor in best_adapter(state).items()}
    save_file(tensors, folder / "adapter_model.safetensors")
    lora = model.peft_config["default"].to_dict()
    lora["base_model_name_or_path"] = "SmolLM2-135M-Instruct"
    lora["target_modules"] = sorted(lora["target_modules"])
    lora["inference_mode"] = True
    plain = {
        name: value for name, value in lora.items() if isinstance(value, str | int | float | list | None)
    }
    write_text(folder / "adapter_config.json", json.dumps(plain, indent=2, sort_keys=True) + "\n")
    write_text(folder / "card.json", json.dumps(card, indent=2) + "\n")


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()
