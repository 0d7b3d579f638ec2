"""With which flags is a model served here? Decided before anything is started, so that it can be shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from agent.serving.families import UNKNOWN, family_of
from agent.serving.hardware import Card, Hardware
from agent.serving.weights import SERVED_NAME, ServingError

SMALL = 1_000_000_000
"""Parameters below which a model forgets the tools unless its first answer is held to be a call."""
_BF16, _FLOAT32 = 2, 4
_UTILISATION = 0.9
"""Share of a card that vLLM may take."""
_OVERHEAD = 1.5e9
"""Bytes beside weights and keys: activations, the CUDA context, the graph of captured kernels."""
_CPU_OVERHEAD = 1.2e9
"""Bytes of the process itself: torch, the compiler's caches, the server."""
CPU_CACHE = 2
"""GiB for keys and values on a CPU; vLLM takes 4 unless told."""
_CARDS = (1, 2, 4, 8)


class ModelFiles(BaseModel):
    """What the files of a model say."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Folder or hub name, as given."""
    config: dict[str, Any] | None = None
    """config.json; None for a hub name that is not on this machine."""
    bytes: int | None = None
    """Size of the weights on disk; None when they are not here."""
    tuned: bool = False
    """Whether it is our small model with its adapter, which was taught our tools."""

    @property
    def text(self) -> dict[str, Any]:
        """The part of the configuration that is about the language model."""
        config = self.config or {}
        inner = config.get("text_config")
        return inner if isinstance(inner, dict) else config

    @property
    def quantised(self) -> bool:
        """Whether the weights on disk are held in fewer bits than they were trained in."""
        return bool((self.config or {}).get("quantization_config"))

    @property
    def bytes_a_weight(self) -> int:
        """Bytes of one unquantised weight on disk."""
        config = self.config or {}
        stored = str(config.get("dtype") or config.get("torch_dtype") or self.text.get("dtype") or "")
        return _FLOAT32 if "32" in stored else _BF16

    @property
    def parameters(self) -> int | None:
        """Number of weights; None for quantised ones or where they are not here."""
        return None if self.bytes is None or self.quantised else self.bytes // self.bytes_a_weight

    @property
    def longest(self) -> int | None:
        """Tokens of context that the model was made for."""
        found = self.text.get("max_position_embeddings")
        return int(found) if isinstance(found, int) else None

    def cache_bytes(self, tokens: int, bytes_a_number: int) -> int:
        """Bytes of keys and values for `tokens` tokens; 0 where the configuration does not tell."""
        text = self.text
        layers, heads = text.get("num_hidden_layers"), text.get("num_attention_heads")
        if not isinstance(layers, int) or not isinstance(heads, int):
            return 0
        size = text.get("head_dim") or int(text.get("hidden_size", 0)) // heads
        kept = text.get("num_key_value_heads") or heads
        return 2 * layers * int(kept) * int(size) * tokens * bytes_a_number


class ServePlan(BaseModel):
    """How vLLM is started for one model on this machine."""

    model_config = ConfigDict(frozen=True)

    model: str
    served_name: str = SERVED_NAME
    parser: str = "hermes"
    reasoning: str | None = None
    template_arguments: str | None = None
    max_model_len: int = 4096
    """Tokens, prompt and answer together."""
    gpu: bool = False
    cards: int = 1
    """Cards that share the model."""
    dtype: str | None = None
    """None leaves it to the model."""
    flags: tuple[str, ...] = ()
    tool_choice: Literal["auto", "required"] = "auto"
    """What the agent should be told with TASTEGRAPH_LLM_TOOL_CHOICE."""
    local: bool = False
    """Whether the weights are on this machine, so that no hub is asked."""
    notes: tuple[str, ...] = ()
    """What the person should know before it starts."""

    def arguments(self, port: int) -> list[str]:
        """Return the arguments of vLLM's OpenAI server: loopback only, tool calls on."""
        found = ["--model", self.model, "--served-model-name", self.served_name]
        found += ["--host", "127.0.0.1", "--port", str(port)]
        found += ["--enable-auto-tool-choice", "--tool-call-parser", self.parser]
        found += ["--max-model-len", str(self.max_model_len)]
        if self.reasoning:
            found += ["--reasoning-parser", self.reasoning]
        if self.template_arguments:
            found += ["--default-chat-template-kwargs", self.template_arguments]
        if self.gpu:
            found += ["--gpu-memory-utilization", str(_UTILISATION)]
            if self.cards > 1:
                found += ["--tensor-parallel-size", str(self.cards)]
        else:
            # Compiling takes minutes and wins little on a small model.
            found += ["--enforce-eager"]
        if self.dtype:
            found += ["--dtype", self.dtype]
        return [*found, *self.flags]

    def client(self, port: int) -> dict[str, str]:
        """Return the settings of the agent that fit this server."""
        found = {
            "TASTEGRAPH_CHAT_MODEL": "vllm",
            "TASTEGRAPH_LLM_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "TASTEGRAPH_LLM_CONTEXT": str(self.max_model_len),
        }
        return found | ({"TASTEGRAPH_LLM_TOOL_CHOICE": "required"} if self.tool_choice == "required" else {})


def read_model(name: str) -> ModelFiles:
    """Read config.json and the weights' size of a folder, or of a hub model that was downloaded before.

    Raises `ServingError` for a folder that holds no model.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise ServingError(
                f"{folder} holds no config.json, so it is no model that vLLM can serve. Name the folder with "
                "config.json, the tokenizer and the *.safetensors files in it."
            )
        found = _read(name, folder)
        if not found.bytes:
            raise ServingError(
                f"{folder} has a config.json but no *.safetensors files. Download the weights too; GGUF files are "
                "not served."
            )
        return found
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
        raise ServingError(
            f"There is no folder {name}. Name a folder with a model, or a model of the hub as OWNER/NAME."
        )
    cached = _cached(name)
    return _read(name, cached) if cached else ModelFiles(name=name)


def make_plan(
    files: ModelFiles,
    hardware: Hardware,
    served_name: str | None = None,
    max_model_len: int | None = None,
    parser: str | None = None,
) -> ServePlan:
    """Return the plan for a model on this hardware; what is given by hand wins.

    Raises `ServingError` when the memory cannot hold the model, or the context is longer than the model's.
    """
    family = family_of(Path(files.name).name if Path(files.name).is_dir() else files.name, files.config)
    notes = [family.note] if family.note and not (parser and family is UNKNOWN) else []
    length = _length(files, bool(hardware.cards), max_model_len)
    small = files.parameters is not None and files.parameters < SMALL and not files.tuned
    plan = ServePlan(
        model=files.name,
        served_name=served_name or Path(files.name).name,
        parser=parser or family.parser,
        reasoning=family.reasoning,
        template_arguments=family.template_arguments,
        max_model_len=length,
        flags=family.flags,
        # The tuned one knows when no tool is wanted.
        tool_choice="required" if small and Path(files.name).name != SERVED_NAME else "auto",
        local=files.bytes is not None,
    )
    if files.bytes is None:
        notes.append(
            "The weights are not on this machine yet: vLLM downloads them, and whether they fit shows only then."
        )
    if hardware.cards:
        count = _cards_needed(files, hardware.cards, length)
        old = any(0 < card.capability < 8 for card in hardware.cards)
        changes: dict[str, Any] = {"gpu": True, "cards": count, "dtype": "half" if old else None}
    else:
        _check_memory(files, hardware.memory, length)
        notes.append(
            "No graphics card was found: vLLM's CPU build computes in float32, which suits models of up to about a "
            "billion parameters."
        )
        # bfloat16 is slower on a CPU without AMX.
        changes = {"dtype": None if files.quantised else "float32"}
    return plan.model_copy(update={**changes, "notes": tuple(notes)})


def _length(files: ModelFiles, gpu: bool, wanted: int | None) -> int:
    if wanted is not None and files.longest is not None and wanted > files.longest:
        raise ServingError(
            f"{files.name} was made for {files.longest:,} tokens of context and {wanted:,} were asked for. "
            f"Give --max-model-len {files.longest} or less."
        )
    length = wanted or (8192 if gpu else 4096)
    return min(length, files.longest) if files.longest else length


def _cards_needed(files: ModelFiles, cards: tuple[Card, ...], tokens: int) -> int:
    """Return how many cards share the model: as few as hold it."""
    if files.bytes is None:
        return max(count for count in _CARDS if count <= len(cards))
    needed = _needed_on_cards(files, tokens)
    heads = files.text.get("num_attention_heads")
    least = min(card.memory for card in cards)
    for count in _CARDS:
        divides = not isinstance(heads, int) or heads % count == 0
        if count <= len(cards) and divides and needed <= count * (_UTILISATION * least - _OVERHEAD):
            return count
    raise ServingError(
        f"{files.name} needs about {_gigabytes(needed + _OVERHEAD)} GB with {tokens:,} tokens of context, and the "
        f"{'card has' if len(cards) == 1 else f'{len(cards)} cards have'} "
        f"{_gigabytes(_UTILISATION * sum(card.memory for card in cards))} GB to give. "
        + (
            "Choose a smaller model, or give a smaller --max-model-len."
            if files.quantised
            else f"Choose a smaller model, or a version of it in 4 bits (AWQ, GPTQ), about "
            f"{_gigabytes((files.parameters or 0) * 0.6)} GB."
        )
    )


def _needed_on_cards(files: ModelFiles, tokens: int) -> float:
    weights = files.bytes or 0
    if not files.quantised:
        weights = weights * _BF16 // files.bytes_a_weight
    return weights + files.cache_bytes(tokens, _BF16)


def _check_memory(files: ModelFiles, free: int | None, tokens: int) -> None:
    if files.bytes is None or free is None:
        return
    weights = files.bytes if files.quantised else files.bytes * _FLOAT32 // files.bytes_a_weight
    cache = max(CPU_CACHE * 2**30, files.cache_bytes(tokens, _FLOAT32))
    needed = weights + cache + _CPU_OVERHEAD
    if needed > free:
        raise ServingError(
            f"{files.name} needs about {_gigabytes(needed)} GB of memory on a CPU ({_gigabytes(weights)} GB of weights "
            f"in float32), and {_gigabytes(free)} GB are free. Choose a smaller model, or a machine with a card."
        )


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f}"


def _read(name: str, folder: Path) -> ModelFiles:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ServingError(
            f"{folder / 'config.json'} cannot be read: {error}. Download the model anew."
        ) from error
    if not isinstance(config, dict):
        raise ServingError(f"{folder / 'config.json'} holds no settings. Download the model anew.")
    weights = list(folder.glob("*.safetensors"))
    # Some models come twice, once in the format of their makers.
    plain = [file for file in weights if not file.name.startswith("consolidated")]
    size = sum(file.stat().st_size for file in plain or weights)
    return ModelFiles(name=name, config=config, bytes=size or None, tuned=_is_tuned(folder))


def _is_tuned(folder: Path) -> bool:
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and bool(card.get("adapter"))


def _cached(name: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError as error:
        raise ServingError(f"{name!r} is no name of a model: {error}") from error
    return Path(found).parent if isinstance(found, str) else None
