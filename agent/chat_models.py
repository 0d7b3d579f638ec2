"""Which chat model answers: the builtin one, our small tuned one, or one on a server that speaks OpenAI's protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatResult

from agent.errors import ChatModelUnavailable
from agent.knowledge import Knowledge
from agent.settings import Settings
from agent.vllm import discover

_LOCAL_TOKENS = 320
"""Longest answer of the small model in this process: at some 15 tokens a second nobody waits for more."""


def make_builtin(knowledge: Knowledge) -> BaseChatModel:
    """Make the chat model that needs no server."""
    from agent.builtin.model import BuiltinChatModel

    return BuiltinChatModel(knowledge)


def make_served(settings: Settings, http_client: httpx.Client | None = None) -> BaseChatModel:
    """Make a client of the server; its model's name is asked for when it is not set.

    A given `http_client` carries the requests. Raises `ChatModelUnavailable` when the server is away.
    """
    from langchain_openai import ChatOpenAI

    from agent.serving.weights import SERVED_NAME
    from agent.small_model import SmallChatModel

    name, _ = discover(settings)
    client = ChatOpenAI(
        model=name,
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key,
        timeout=settings.llm_timeout,
        max_retries=0,
        streaming=True,
        temperature=0.0,
        seed=settings.llm_seed,
        max_completion_tokens=settings.llm_max_tokens,
        stream_usage=False,
        use_responses_api=False,
        http_client=http_client,
    )
    return SmallChatModel(inner=client) if name == SERVED_NAME else client


def make_local(settings: Settings) -> BaseChatModel:
    """Make our small tuned model in this process; its weights are prepared when they are not yet.

    Raises `ServingError` when their package is missing.
    """
    from agent.local_model import LocalChatModel
    from agent.serving.weights import prepare_weights
    from agent.small_model import SmallChatModel

    most = min(settings.llm_max_tokens, _LOCAL_TOKENS)
    return SmallChatModel(
        inner=LocalChatModel(folder=prepare_weights(), max_tokens=most, wait=settings.llm_timeout)
    )


class UncalledModel(BaseChatModel):
    """Stands where the agent loop wants a model; the middleware chooses the one that answers."""

    @property
    def _llm_type(self) -> str:
        return "uncalled"

    def _generate(self, *arguments: Any, **options: Any) -> ChatResult:  # noqa: ANN401 - as in the base
        raise ChatModelUnavailable("No chat model was chosen for this call.")


class ModelSource:
    """Gives a turn its chat model, and another when that one fails. Keeps nothing of a turn."""

    def __init__(
        self,
        name: str,
        make_first: Callable[[], BaseChatModel],
        make_second: Callable[[], BaseChatModel] | None,
        is_language_model: bool,
    ) -> None:
        self.name = name
        """What the answer says it was written by."""
        self.is_language_model = is_language_model
        """Whether the first model can write a sentence again."""
        self._makers = {"first": make_first, "second": make_second}
        self._made: dict[str, BaseChatModel] = {}
        self._lock = threading.Lock()

    @property
    def has_fallback(self) -> bool:
        """Whether another model can finish a turn."""
        return self._makers["second"] is not None

    def first(self) -> BaseChatModel:
        """Return the chosen model, made when first asked for.

        Raises `ChatModelUnavailable` when its server is away; the next call tries again.
        """
        return self._get("first")

    def second(self) -> BaseChatModel:
        """Return the model that finishes a turn. Raises `ChatModelUnavailable` when there is none."""
        return self._get("second")

    def forget_first(self) -> None:
        """Make the chosen model anew next time: its server may come back with another model."""
        with self._lock:
            self._made.pop("first", None)

    def _get(self, which: str) -> BaseChatModel:
        made = self._made.get(which)
        if made is not None:
            return made
        maker = self._makers[which]
        if maker is None:
            raise ChatModelUnavailable("There is no other chat model to finish this turn.")
        # Made outside the lock: a server that is away must not make other turns wait for each other.
        model = maker()
        with self._lock:
            return self._made.setdefault(which, model)


def model_source(settings: Settings, knowledge: Knowledge, model: BaseChatModel | None = None) -> ModelSource:
    """Return the source for these settings; `model`, when given, takes the place of the chosen one."""
    if model is not None:
        name = getattr(model, "_llm_type", type(model).__name__)
        return ModelSource(name, lambda: model, None, bool(getattr(model, "is_language_model", True)))
    if settings.chat_model == "builtin":
        return ModelSource("builtin", lambda: make_builtin(knowledge), None, False)
    if settings.chat_model == "local":
        return ModelSource("local", lambda: make_local(settings), lambda: make_builtin(knowledge), True)
    return ModelSource("vllm", lambda: make_served(settings), lambda: make_builtin(knowledge), True)
