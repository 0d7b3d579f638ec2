"""How the agent is set up: one class, read from the environment with the prefix TASTEGRAPH_."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the agent. `TASTEGRAPH_CHAT_MODEL=vllm` sets `chat_model`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="TASTEGRAPH_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    chat_model: Literal["builtin", "vllm", "local"] = "builtin"
    """`builtin` needs no server and no download; `vllm` is any server that speaks OpenAI's protocol; `local` is our
    small tuned model in this process."""
    llm_base_url: str = "http://127.0.0.1:8000/v1"
    """Where the server answers, with its `/v1`."""
    llm_model: str = ""
    """Name under which the server serves the model; empty: the first one that it lists."""
    llm_api_key: SecretStr = SecretStr("none")
    """Sent as a bearer token; a server on this machine usually wants none."""
    llm_timeout: float = Field(default=30.0, gt=0)
    """Seconds that one answer of the model may take before the builtin model finishes the turn."""
    llm_cooldown: float = Field(default=20.0, ge=0)
    """Seconds in which no turn asks a model that has just failed; then a probe in the background finds out whether
    it is back. Doubles with each failure in a row, up to eight times; 0: every turn tries again."""
    llm_max_tokens: int = Field(default=512, ge=16)
    """Longest answer of the model, in tokens."""
    llm_context: int = Field(default=4096, ge=1024)
    """Tokens that the server must take, prompt and answer together; the start-up probe compares."""
    llm_tool_choice: Literal["auto", "required"] = "auto"
    """`required`: the first answer of a turn must be a tool call, by guided decoding. For small models."""
    llm_seed: int = 7
    """Sent with every request, so that a server which honours it answers the same again."""
    max_rewrites: int = Field(default=2, ge=0)
    """Sentences a turn that a language model may write again after a claim was not supported."""

    graph: str = "embedded"
    """`embedded`, or the address of a Neo4j server: `bolt://localhost:7687`."""
    neo4j_user: str = "neo4j"
    """User of the Neo4j server."""
    neo4j_password: SecretStr = SecretStr("")
    """Password of the Neo4j server."""
    neo4j_database: str = "neo4j"
    """Database of the Neo4j server."""
    graph_seconds: float = Field(default=5.0, gt=0)
    """Seconds that one question to the Neo4j server may take before the answer goes on without it."""
    chroma_url: str = ""
    """Address of a Chroma server for the interests; empty: embedded in the workspace."""
    dialogues_url: SecretStr = SecretStr("")
    """`postgresql://user:password@host:port/database` for the dialogues; empty: a SQLite file in the workspace."""

    diversity: float = Field(default=0.2, ge=0.0, le=1.0)
    """0: the best scores, however alike; 1: the items least like each other."""
    calibration: float = Field(default=0.0, ge=0.0, le=1.0)
    """0: proportions do not count; 1: the list nearest to the genres or categories of what the person likes."""
    lesser_known: float = Field(default=0.0, ge=0.0, le=1.0)
    """0: the score alone; 1: of those that fit, the least known first."""
    personal_weights: Literal["off", "likely", "drawn"] = "off"
    """Whether a person's reactions move how much each part of the score counts for them: the likeliest weights, or
    drawn ones, which try what is not known yet. What they like and dislike counts in any case."""

    max_input_characters: int = Field(default=4000, ge=100, le=20_000)
    """Longest message of a person; a longer one is answered at once and not stored."""
    max_steps: int = Field(default=6, ge=1, le=20)
    """Tool calls a turn."""
    tool_seconds: float = Field(default=60.0, gt=0)
    """Seconds that one tool call may take; the first one of a process may load a model."""
    turn_seconds: float = Field(default=90.0, gt=0)
    """Seconds after which a language model gets no more calls in a turn."""
    dialogue_turns: int = Field(default=12, ge=1)
    """Turns of the dialogue that the chat model sees; older ones stay stored."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.graph != "embedded" and "://" not in self.graph:
            raise ValueError("graph must be `embedded` or an address such as bolt://localhost:7687")
        if (
            not self.dialogues_url.get_secret_value().startswith(("postgresql://", "postgres://"))
            and self.dialogues_url
        ):
            raise ValueError("dialogues_url must start with postgresql://, or be empty for the workspace")
        if not self.llm_base_url.startswith(("http://", "https://")):
            raise ValueError("llm_base_url must start with http:// or https://")
        if self.llm_max_tokens >= self.llm_context:
            raise ValueError("llm_max_tokens must be smaller than llm_context")
        return self
