"""Retail Rocket: one shop, three behaviours, one held-out purchase a person, and a graph of its items."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from recsys.errors import SourceError
from recsys.models.base import TrainingData, Users
from recsys.sparse import ones_at

SCENES = ("view", "cart", "buy")
ASKED = "buy"


@dataclass(frozen=True)
class Shop:
    """What was met in each scene, (n_users, n_items) each, and the purchases to foretell."""

    scenes: dict[str, csr_array]
    truth: csr_array
    relations: dict[str, csr_array]
    """Relation of the graph to (n_entities, n_items)."""
    data_hash: str

    @property
    def met(self) -> csr_array:
        """What was met in any scene, 0/1."""
        together = csr_array(sum(self.scenes.values(), csr_array(self.truth.shape, dtype=np.float32)))
        together.data[:] = 1.0
        return together

    @property
    def people(self) -> np.ndarray:
        """Rows with a purchase to foretell, ascending."""
        return np.flatnonzero(np.diff(self.truth.indptr))

    def training(self, scenes: tuple[str, ...] = SCENES) -> TrainingData:
        """Return what a model learns from that is given these scenes alone."""
        kept = {scene: self.scenes[scene] for scene in scenes}
        nothing = ones_at((), (), (0, self.truth.shape[1]))
        return TrainingData(self.scenes[ASKED], nothing, scenes=kept, relations=self.relations)

    def asking(self, scenes: tuple[str, ...] = SCENES) -> Users:
        """Return the people with a purchase to foretell, as known in these scenes."""
        rows = self.people
        kept = {scene: self.scenes[scene][rows] for scene in scenes}
        return Users(self.scenes[ASKED][rows], scenes=kept, scene=ASKED)


def read_shop(folder: Path) -> Shop:
    """Read the folder; raises `SourceError` when a file is missing or a line is not whole numbers.

    A purchase of test is in none of its person's scenes of train, so views and carts hold no trace of it.
    """
    files = [*(folder / f"train_{scene}.tsv" for scene in SCENES), folder / "test.tsv", folder / "kg.txt"]
    for file in files:
        if not file.is_file():
            raise SourceError(f"{file} is missing; the folder has train_*.tsv, test.tsv and kg.txt.")
    *pairs, graph = [_numbers(file) for file in files]
    n_users = 1 + max(int(part[:, 0].max()) for part in pairs)
    n_items = 1 + max(int(part[:, 1].max()) for part in pairs)
    *met, truth = [ones_at(part[:, 0], part[:, 1], (n_users, n_items)) for part in pairs]
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    relations = {str(kind): _tied(graph[graph[:, 1] == kind], n_items) for kind in np.unique(graph[:, 1])}
    return Shop(dict(zip(SCENES, met, strict=True)), truth, relations, digest.hexdigest())


def for_validation(shop: Shop, seed: int) -> Shop:
    """Hold one purchase out of every person with two or more, made as the test part was: out of all scenes."""
    bought = shop.scenes[ASKED]
    rng = np.random.default_rng(seed)
    count = np.diff(bought.indptr)
    rows = np.flatnonzero(count > 1)
    held = bought.indptr[rows] + np.floor(rng.random(len(rows)) * count[rows]).astype(np.int64)
    truth = ones_at(rows, bought.indices[held], bought.shape)
    kept = {}
    for scene, met in shop.scenes.items():
        without = csr_array(met - met.multiply(truth))
        without.eliminate_zeros()
        kept[scene] = without
    return Shop(kept, truth, shop.relations, shop.data_hash)


def first_people(shop: Shop, most: int) -> Shop:
    """Return the first people alone, for a quick look."""
    kept = {scene: met[:most] for scene, met in shop.scenes.items()}
    return Shop(kept, shop.truth[:most], shop.relations, shop.data_hash)


def _numbers(file: Path) -> np.ndarray:
    try:
        with file.open(encoding="utf-8") as stream:
            first = stream.readline().split()
            head = 0 if all(word.lstrip("-").isdigit() for word in first) else 1
        found = np.loadtxt(file, dtype=np.int64, skiprows=head, ndmin=2)
    except ValueError as error:
        raise SourceError(f"{file}: every line but a heading has whole numbers.") from error
    if found.size and found.min() < 0:
        raise SourceError(f"{file}: a number is below 0.")
    return np.unique(found, axis=0)


def _tied(edges: np.ndarray, n_items: int) -> csr_array:
    """Return one row for each set of items that an entity ties together; entities that tie the same are one."""
    heads, rows = np.unique(edges[:, 0], return_inverse=True)
    tied = ones_at(rows, edges[:, 2], (len(heads), n_items))
    groups: dict[bytes, int] = {}
    for row in range(len(heads)):
        columns = tied.indices[tied.indptr[row] : tied.indptr[row + 1]]
        if len(columns) > 1:
            groups.setdefault(columns.tobytes(), row)
    return csr_array(tied[sorted(groups.values())])
