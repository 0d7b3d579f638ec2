"""Load the starter films and the starter shop."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from recsys.catalogue import AS_OF, CURRENCY, Catalogue, with_popularity
from recsys.customers import Customers
from recsys.schema import HelpAnswer, Item
from recsys.starter import customers as invented
from recsys.starter.profiles import load_profiles
from recsys.starter.simulate import simulate
from recsys.workspace import Workspace

StarterName = Literal["films", "shop"]
_DATA = files("recsys.starter") / "data"
_DATA_HASH = "starter_data_hash"


@dataclass(frozen=True)
class Starter:
    """One of the starter catalogues."""

    name: str
    domain: str
    source: str
    file: str
    help_desk: bool
    notes: tuple[str, ...]


_SIMULATED = (
    "Behaviour is simulated from documented taste profiles with a seed; no real person's ratings are in it."
)
STARTERS: dict[StarterName, Starter] = {
    "films": Starter(
        "Tastegraph starter films",
        "films",
        "starter-films",
        "films.jsonl",
        False,
        (
            _SIMULATED,
            "Films are real; themes, moods and the sentences about them were written for this project.",
        ),
    ),
    "shop": Starter(
        "Fernwick Supply, an invented shop",
        "shop",
        "starter-shop",
        "products.jsonl",
        True,
        (
            _SIMULATED,
            "The shop, its brands, products, prices, help answers, policy, customers and orders are invented.",
        ),
    ),
}


def starter_items(name: StarterName) -> list[Item]:
    """Return the items of a starter catalogue, without popularity; films by year then title."""
    return list(_items(STARTERS[name].file))


def load_starter(name: StarterName, seed: int) -> Catalogue:
    """Return a starter catalogue with behaviour simulated from `seed`; one seed, one behaviour."""
    starter = STARTERS[name]
    items = starter_items(name)
    interactions = simulate(items, load_profiles(name), seed)
    answers = []
    policy = ""
    customers = Customers()
    config: dict[str, Any] = {_DATA_HASH: _data_hash(starter)}
    if starter.help_desk:
        lines = (_DATA / "help.jsonl").read_text(encoding="utf-8").splitlines()
        answers = [HelpAnswer.model_validate_json(line) for line in lines if line]
        policy = (_DATA / "policy.md").read_text(encoding="utf-8")
        customers = invented.invent_customers(items, interactions, seed)
        config |= {AS_OF: invented.AS_OF.isoformat(), CURRENCY: "€"}
    return Catalogue(
        starter.name,
        starter.domain,
        starter.source,
        with_popularity(items, interactions),
        interactions,
        simulated=True,
        help_answers=answers,
        policy=policy,
        notes=list(starter.notes),
        config=config,
        customers=customers,
    )


def is_current(workspace: Workspace, name: str, seed: int) -> bool:
    """Say whether a workspace is a whole build of the starter `name` from today's data and this seed.

    Whole is a build with its triples, its graph and the models, each with its card.
    """
    starter = next((one for key, one in STARTERS.items() if key == name), None)
    if starter is None:
        return False
    cards = list(workspace.models_dir.glob("*.json"))
    return (
        workspace.manifest.config.get(_DATA_HASH) == _data_hash(starter)
        and workspace.manifest.seed == seed
        and (workspace.build_dir / "triples.parquet").is_file()
        and workspace.graph_path.exists()
        and bool(cards)
        and all(card.with_suffix(".safetensors").is_file() for card in cards)
    )


def _data_hash(starter: Starter) -> str:
    """Return the SHA-256 over the files that decide a starter catalogue, the seed apart."""
    helping = ("help.jsonl", "policy.md", invented.FILE) if starter.help_desk else ()
    digest = hashlib.sha256()
    for file in (starter.file, "profiles.toml", *helping):
        digest.update((_DATA / file).read_bytes())
    return digest.hexdigest()


@cache
def _items(file: str) -> tuple[Item, ...]:
    lines = (_DATA / file).read_text(encoding="utf-8").splitlines()
    return tuple(Item.model_validate(json.loads(line)) for line in lines if line)
