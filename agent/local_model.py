"""The small instruction model in this process, through transformers: no server, and a few seconds a call."""

from __future__ import annotations

import copy
import threading
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk, BaseMessage, SystemMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field, PrivateAttr

from agent.brief import RULES
from agent.errors import ChatModelUnavailable
from agent.model_base import StreamedModel

_PREFIXES = 4
"""Sets of tools whose prefix is kept."""


class LocalChatModel(StreamedModel):
    """Writes greedily with a model from a folder, one answer at a time: people wait their turn.

    The rules and tools that open every prompt are read once; their keys and values are kept between calls. A call is
    given back as the text that the model wrote, in tags.
    """

    folder: Path
    """A model with its tokenizer and our chat template."""
    max_tokens: int = Field(default=256, ge=1)
    """Longest answer."""
    context: int = Field(default=2048, ge=256)
    """Tokens of prompt and answer together."""
    wait: float = Field(default=30.0, gt=0)
    """Seconds to wait for the answers of others."""
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _loaded: tuple[Any, Any] | None = PrivateAttr(default=None)
    _prefixes: dict[tuple[int, ...], Any] = PrivateAttr(default_factory=dict)

    @property
    def _llm_type(self) -> str:
        return "local"

    def prompt_tokens(
        self, messages: Sequence[BaseMessage], tools: Sequence[dict[str, Any]] | None
    ) -> list[int]:
        """Return the prompt as tokens. Raises `ChatModelUnavailable` when the model cannot be loaded."""
        tokenizer, _ = self.loaded()
        text = tokenizer.apply_chat_template(
            convert_to_openai_messages(list(messages)),
            tools=list(tools) if tools else None,
            tokenize=False,
            add_generation_prompt=True,
        )
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    def write(self, prompt: Sequence[int], prefix: int, begin: str = "") -> Iterator[tuple[str, int]]:
        """Yield the whole text so far and its tokens, each time it grew.

        Args:
            prompt: the tokens to go on from.
            prefix: how many of them open every prompt.
            begin: how the answer is made to begin.
        """
        import torch

        tokenizer, model = self.loaded()
        start = list(tokenizer(begin, add_special_tokens=False)["input_ids"]) if begin else []
        room = self.context - self.max_tokens
        # What is cut is the middle: the rules stay, and so does the newest.
        kept = [*prompt[:prefix], *prompt[prefix:][-max(room - prefix, 1) :]]
        device = next(model.parameters()).device
        with torch.inference_mode():
            cache = copy.deepcopy(self._prefix(tuple(kept[:prefix])))
            rest = torch.tensor([[*kept[prefix:], *start]], device=device)
            written = list(start)
            end = self.ends()
            for _ in range(self.max_tokens):
                out = model(input_ids=rest, past_key_values=cache, use_cache=True, logits_to_keep=1)
                token = int(out.logits[0, -1].argmax())
                if token in end:
                    break
                written.append(token)
                rest = torch.tensor([[token]], device=device)
                text = tokenizer.decode(written, skip_special_tokens=True)
                # An unfinished character waits for its other bytes.
                if not text.endswith("\ufffd"):
                    yield text, len(written)

    def ends(self) -> set[int]:
        """Return the tokens that end an answer."""
        tokenizer, _ = self.loaded()
        return {tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids("<|im_end|>")}

    def loaded(self) -> tuple[Any, Any]:
        """Return the tokenizer and the model, loaded when first asked for. Raises `ChatModelUnavailable`."""
        if self._loaded is None:
            try:
                from transformers import AutoModelForCausalLM, AutoTokenizer

                tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
                model = AutoModelForCausalLM.from_pretrained(
                    self.folder, dtype="float32", local_files_only=True
                )
            except (ImportError, OSError, ValueError) as error:
                raise ChatModelUnavailable(
                    f"The model in {self.folder} cannot be loaded ({error}). Prepare it with `tastegraph llm prepare`."
                ) from error
            self._loaded = tokenizer, model.eval()
        return self._loaded

    def _prefix(self, tokens: tuple[int, ...]) -> Any:  # noqa: ANN401 - a transformers cache
        import torch
        from transformers import DynamicCache

        _, model = self.loaded()
        if tokens not in self._prefixes:
            cache = DynamicCache(config=model.config)
            if tokens:
                model(
                    input_ids=torch.tensor([tokens], device=next(model.parameters()).device),
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
            while len(self._prefixes) >= _PREFIXES:
                self._prefixes.pop(next(iter(self._prefixes)))
            self._prefixes[tokens] = cache
        return self._prefixes[tokens]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> Iterator[ChatGenerationChunk]:
        tools = kwargs.get("tools")
        begin = _beginning(kwargs.get("tool_choice")) if tools else ""
        if not self._lock.acquire(timeout=self.wait):
            raise ChatModelUnavailable("The language model took too long: it is answering other people.")
        try:
            prompt = self.prompt_tokens(messages, tools)
            opening = self.prompt_tokens([SystemMessage(RULES)], tools)
            same = (a == b for a, b in zip(prompt[:-1], opening, strict=False))
            prefix = next((k for k, equal in enumerate(same) if not equal), len(opening))
            told, count = "", 0
            for text, number in self.write(prompt, min(prefix, len(prompt) - 1), begin):
                count = number
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=text[len(told) :]))
                told = text
                if run_manager:
                    run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
                yield chunk
        finally:
            self._lock.release()
        reason = "length" if count >= self.max_tokens else "stop"
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                id=f"local-{uuid.uuid4().hex[:12]}",
                response_metadata={"finish_reason": reason},
                usage_metadata={
                    "input_tokens": len(prompt),
                    "output_tokens": count,
                    "total_tokens": len(prompt) + count,
                },
            )
        )


def _beginning(choice: str | None) -> str:
    if not choice or choice in ("auto", "none"):
        return ""
    return '<tool_call>{"name": "' + ("" if choice in ("required", "any") else f'{choice}", "arguments": ')
