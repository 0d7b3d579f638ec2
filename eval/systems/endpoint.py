"""Any model behind OpenAI's protocol: it is asked for titles, one a line, which are linked to the items."""

from __future__ import annotations

import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ConfigDict, Field

from eval.systems.material import Material
from eval.systems.protocol import Dialogue, Response
from eval.systems.titles import TitleLinker
from recsys.errors import TastegraphError

_OPENER = "Hello! What would you recommend?"


class EndpointConfig(BaseModel):
    """Which model is asked, and for how long."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    """Such as `http://127.0.0.1:8000/v1`."""
    model: str
    api_key: str = Field(default="", repr=False)
    """Empty where the server asks for none."""
    titles: int = Field(default=50, ge=1)
    """How many titles are asked for: Recall@50 needs fifty."""
    seconds: float = Field(default=60.0, gt=0.0)
    """After so long an answer counts as not given."""
    retries: int = Field(default=2, ge=0)
    """How often a call that failed is made again, with growing pauses; the time counts for each."""
    max_tokens: int = Field(default=1_500, ge=1)
    seed: int = 0
    noun: str = "film"
    """What is recommended."""
    most_failures: int = Field(default=5, ge=1)
    """After so many turns in a row without an answer the server is taken to be away, and measuring stops."""


class ServedModel:
    """Asks for a sentence and a list. Titles that are no item are counted as invented and left out of the ranking."""

    def __init__(self, material: Material, config: EndpointConfig) -> None:
        self.name = f"{config.model} (served)"
        self._config = config
        self._titles = TitleLinker(material.items, material.recommended)
        self._client = openai.OpenAI(
            base_url=config.base_url,
            api_key=config.api_key or "none",
            timeout=config.seconds,
            max_retries=config.retries,
        )
        self._failures = 0

    def respond(self, dialogue: Dialogue) -> Response:
        """Ask once. Raises `TastegraphError` when the server has not answered several turns in a row."""
        try:
            answer = self._client.chat.completions.create(
                model=self._config.model,
                messages=self._messages(dialogue),
                temperature=0.0,
                seed=self._config.seed,
                max_tokens=self._config.max_tokens,
            )
            text = answer.choices[0].message.content or ""
        except (openai.OpenAIError, ValueError, AttributeError, IndexError, TypeError) as error:
            return self._failed(f"{type(error).__name__}: {error}")
        self._failures = 0
        items, invented = self._titles.listed(text)
        return Response(items, text, invented=invented)

    def _messages(self, dialogue: Dialogue) -> list[ChatCompletionMessageParam]:
        noun = self._config.noun
        asked = (
            f"You recommend {noun}s to a person in a conversation. Answer with one sentence to the person, then with a "
            f"list of {self._config.titles} {noun}s, the best first, one a line, each line as `- Title (year)`. Name "
            f"no {noun} twice."
        )
        messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": asked}]
        for said in dialogue.utterances:
            if said.speaker == "seeker":
                messages.append({"role": "user", "content": said.text})
            else:
                messages.append({"role": "assistant", "content": said.text})
        if not dialogue.utterances or dialogue.utterances[-1].speaker != "seeker":
            messages.append({"role": "user", "content": _OPENER})
        return messages

    def _failed(self, why: str) -> Response:
        self._failures += 1
        if self._failures >= self._config.most_failures:
            raise TastegraphError(
                f"{self._config.base_url} has not answered {self._failures} turns in a row ({why}). "
                "Is the server up, and does it serve this model? What was measured before is kept; go on with --resume."
            )
        return Response((), "", failed=why)
