"""Simulate behaviour: people mixed from taste profiles meet items. Nothing here was observed.

For a person p and an item i the utility is

    taste * standardised(sum over p's profiles of share * weight of i's facets, plus p's quirks) + fame *
    fame(i) + noise

with Gumbel noise, and p meets the n items of greatest utility. That is a draw without replacement in which an
item's chance grows with the exponential of its utility. n is log-normal: few people meet very many items.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.attributes import attribute_matrix
from recsys.catalogue import INTERACTION_SCHEMA
from recsys.schema import Item
from recsys.starter.profiles import ProfileSet

Floats = NDArray[np.float64]

FIRST_DAY = 1_704_067_200
"""2024-01-01 00:00 UTC, in seconds; simulated times are in the two years that follow."""
_SPAN = 2 * 365 * 86_400
LAST_DAY = FIRST_DAY + _SPAN
"""Where the simulated times end, in seconds."""
_FAME_FACETS = frozenset({"director", "cast", "brand"})
_MOST_PROFILES = 3


def simulate(items: Sequence[Item], profiles: ProfileSet, seed: int) -> pl.DataFrame:
    """Return simulated interactions, columns as in `INTERACTION_SCHEMA`, by user then time.

    Deterministic: the same items, profiles and seed give the same table. Users are `sim-0001` and so on,
    values are 1.
    """
    rng = np.random.default_rng(seed)
    how = profiles.behaviour
    facets, names = attribute_matrix(items, min_items=1)
    taste = _profile_scores(items, profiles, facets.toarray().astype(np.float64), names)
    known = np.array([facet not in ("director", "cast", "writer") for facet, _ in names])
    quirky = facets[np.flatnonzero(known)].toarray().astype(np.float64)
    famous = how.fame * fame(items)
    share = np.array([profile.share for profile in profiles.profiles])
    users, rows, times = [], [], []
    for person in range(how.people):
        mixed = int(rng.integers(1, _MOST_PROFILES + 1))
        chosen = rng.choice(len(share), size=min(mixed, len(share)), replace=False, p=share / share.sum())
        shares = rng.dirichlet(np.full(len(chosen), how.mixing))
        liking = shares @ taste[chosen]
        if how.quirks:
            likes = rng.choice(len(quirky), size=min(how.quirks, len(quirky)), replace=False)
            liking = liking + rng.normal(0.0, how.quirk_weight, len(likes)) @ quirky[likes]
        utility = how.taste * _standardised(liking) + famous + rng.gumbel(size=len(items))
        wanted = int(np.clip(round(rng.lognormal(np.log(how.median), how.spread)), how.least, how.most))
        wanted = min(wanted, len(items))
        met = np.argsort(-utility, kind="stable")[:wanted]
        when = np.sort(rng.integers(FIRST_DAY, FIRST_DAY + _SPAN, size=wanted))
        users.append(np.full(wanted, person))
        rows.append(rng.permutation(met))
        times.append(when)
    table = pl.DataFrame(
        {"user": np.concatenate(users), "item": np.concatenate(rows), "time": np.concatenate(times)}
    )
    ids = pl.Series([item.id for item in items], dtype=pl.String)
    return table.select(
        user=pl.format("sim-{}", (pl.col("user") + 1).cast(pl.String).str.zfill(4)),
        item=ids.gather(table["item"]),
        value=pl.lit(1.0),
        time=pl.col("time").cast(INTERACTION_SCHEMA["time"]),
        scene=pl.lit(how.scene),
    )


def fame(items: Sequence[Item]) -> Floats:
    """Return how well known each item is assumed to be, with mean 0 and variance 1; shape (n_items,).

    An assumption, not a measurement: an item is the better known, the more other items of the catalogue its
    directors and leading players (or its brand) are in. It is the mean over them of log(number of their
    items).
    """
    counts: dict[tuple[str, str], int] = {}
    for item in items:
        for key in _known_for(item):
            counts[key] = counts.get(key, 0) + 1
    means = [
        float(np.mean([np.log(counts[key]) for key in keys])) if (keys := _known_for(item)) else 0.0
        for item in items
    ]
    return _standardised(np.array(means, dtype=np.float64))


def _known_for(item: Item) -> list[tuple[str, str]]:
    people = {
        ("brand" if facet == "brand" else "person", value)
        for facet in _FAME_FACETS
        for value in item.attributes.get(facet, ())
    }
    return sorted(people)


def _profile_scores(
    items: Sequence[Item], profiles: ProfileSet, facets: Floats, names: list[tuple[str, str]]
) -> Floats:
    """Return what each profile thinks of each item; shape (n_profiles, n_items), each row standardised.

    Raises `ValueError` when a profile weighs a facet value that no item has.
    """
    row = {name: k for k, name in enumerate(names)}
    numbers = {
        facet: _number(items, facet) for profile in profiles.profiles for facet in sorted(profile.numbers)
    }
    scores = np.zeros((len(profiles.profiles), len(items)))
    for k, profile in enumerate(profiles.profiles):
        for facet, values in profile.weights.items():
            for value, weight in values.items():
                if (facet, value.casefold()) not in row:
                    raise ValueError(f"profile {profile.name}: no item has {facet} {value!r}")
                scores[k] += weight * facets[row[facet, value.casefold()]]
        for facet, weight in profile.numbers.items():
            scores[k] += weight * numbers[facet]
        scores[k] = _standardised(scores[k])
    return scores


def _number(items: Sequence[Item], facet: str) -> Floats:
    """Return a measured facet, standardised within items of the same kind of thing; 0 where an item lacks it.

    A price says something only beside the prices of the same kind of product, so it is compared as a
    logarithm there.
    """
    groups: dict[str, list[int]] = {}
    for k, item in enumerate(items):
        if facet in item.numbers:
            groups.setdefault(item.attributes.get("kind", (item.kind,))[0], []).append(k)
    result = np.zeros(len(items))
    for places in groups.values():
        values = np.array([items[k].numbers[facet] for k in places], dtype=np.float64)
        result[places] = _standardised(np.log(values) if facet == "price" else values)
    return result


def _standardised(values: Floats) -> Floats:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
