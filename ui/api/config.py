"""How is the API set up? One class, read from the environment with the prefix TASTEGRAPH_API_."""

from __future__ import annotations

from limits import parse
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiConfig(BaseSettings):
    """Settings of the API. `TASTEGRAPH_API_RATE=30/minute` sets `rate`, and so on."""

    model_config = SettingsConfigDict(env_prefix="TASTEGRAPH_API_", extra="ignore", frozen=True)

    rate: str = "120/minute"
    """Requests that a key may make where it was made without a rate of its own, such as `10/second` or `1000/hour`."""
    max_body: int = Field(default=262_144, ge=1024)
    """Largest body of a request in bytes; more is refused before it was read whole."""
    max_turns: int = Field(default=8, ge=1)
    """Turns that are answered at once; each takes a thread."""
    max_waiting: int = Field(default=64, ge=0)
    """Turns that may wait for one of those threads; more are refused with 503."""
    keep_alive: float = Field(default=15.0, gt=0)
    """Seconds of silence after which a stream sends a comment, so that nothing between closes it."""
    dialogues: int = Field(default=10_000, ge=1)
    """Dialogues in OpenAI's form, which name no thread, whose thread is remembered while the server runs."""

    @field_validator("rate")
    @classmethod
    def _rate(cls, value: str) -> str:
        parse(value)
        return value
