"""The documented taste profiles that the simulated people of the starter catalogues are mixed from."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TasteProfile(_Strict):
    """One way of liking things; a model of a group of people, not of a person."""

    name: str = Field(min_length=1)
    about: str = Field(min_length=20)
    """One sentence of documentation."""
    share: float = Field(default=1.0, gt=0.0)
    """How common the profile is, relative to the others."""
    weights: dict[str, dict[str, float]]
    """Facet to value to weight, from -3 (avoids) to 3 (seeks); `decade` is derived from the year."""
    numbers: dict[str, float] = Field(default_factory=dict)
    """Measured facet to weight on its standardised value: `price = -1` seeks cheap things of their kind."""

    @model_validator(mode="after")
    def _bounded(self) -> TasteProfile:
        weights = [w for values in self.weights.values() for w in values.values()] + list(
            self.numbers.values()
        )
        if not weights or any(not -3 <= w <= 3 for w in weights):
            raise ValueError(f"profile {self.name}: weights go from -3 to 3, and there must be one")
        return self


class Behaviour(_Strict):
    """How the people of one catalogue behave, whatever their taste."""

    people: int = Field(gt=0)
    scene: str
    """Of every interaction: `view` or `buy`."""
    least: int = Field(gt=0)
    most: int
    """Items a person meets: log-normal around `median` with spread `spread`, cut to `least`..`most`."""
    median: float
    spread: float = Field(gt=0)
    fame: float = Field(ge=0)
    """Weight of an item's fame (standardised) for everybody; see `recsys.starter.simulate.fame`."""
    taste: float = Field(gt=0)
    """Weight of the mixed profile against chance."""
    quirks: int = Field(ge=0)
    """Facet values each person likes or avoids for no reason that a profile gives."""
    quirk_weight: float = Field(ge=0)
    """Standard deviation of those."""
    mixing: float = Field(gt=0)
    """Concentration of the shares in which a person mixes one to three profiles."""

    @model_validator(mode="after")
    def _ordered(self) -> Behaviour:
        if not self.least <= self.median <= self.most:
            raise ValueError("least <= median <= most must hold")
        return self


class ProfileSet(_Strict):
    """Everything that decides the simulated behaviour of one catalogue, beside the seed."""

    behaviour: Behaviour
    profiles: tuple[TasteProfile, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> ProfileSet:
        if len({profile.name for profile in self.profiles}) != len(self.profiles):
            raise ValueError("two profiles have the same name")
        return self


def load_profiles(catalogue: str) -> ProfileSet:
    """Return the profiles of the starter catalogue `films` or `shop`."""
    text = (files("recsys.starter") / "data" / "profiles.toml").read_text(encoding="utf-8")
    return ProfileSet.model_validate(tomllib.loads(text)[catalogue])
