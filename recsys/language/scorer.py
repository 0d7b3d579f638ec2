"""The language tower as a model that scores items: for histories, for words, and for items that nobody met."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.language.batches import history_sums, weighed
from recsys.language.config import LanguageTowerConfig
from recsys.language.looks import unit_rows
from recsys.models.base import Columns, FloatMatrix, TrainingData, Users
from recsys.models.persist import ModelCard, check_shape, load_model, save_model
from recsys.schema import Item

if TYPE_CHECKING:
    from recsys.language.encoding import TunedEncoder

NAME = "language_tower"


class LanguageTower:
    """Score items by the cosine of their tuned vectors to a person's words and to a person's history.

    A history is the sum of its items' vectors times a learned map; a dislike counts against. A person without
    history is scored by words, and without words all scores are 0. An item that nobody met has a vector like any
    other. Without words no language model is loaded.
    """

    name = NAME
    recommends_for_cold = True

    def __init__(self, config: LanguageTowerConfig | None = None, items: Sequence[Item] = ()) -> None:
        """Take the configuration and, to learn wishes from, the items in the order of the columns."""
        self.config = config or LanguageTowerConfig()
        self.items = items
        self.vectors: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """Shape (n_items, dim), rows of length 1."""
        self.history_map: FloatMatrix = np.zeros((0, 0), dtype=np.float32)
        """Shape (dim, dim)."""
        self.encoder: TunedEncoder | None = None
        self.card = ModelCard(name=self.name, n_items=0)
        self.tensors: dict[str, NDArray[Any]] = {}
        """What `save` writes, by name."""

    def fit(self, data: TrainingData) -> None:
        """Train in a folder that is removed again; `recsys.language.training.train_tower` keeps one and can go on.

        Raises `TowerError` when there is nothing to learn from or the base cannot be loaded.
        """
        from recsys.language.training import train_tower

        with TemporaryDirectory() as folder:
            trained = train_tower(data, self.items, Path(folder), self.config).tower
        self.set_up(trained.card, trained.tensors)
        self.encoder = trained.encoder

    def set_up(self, card: ModelCard, tensors: dict[str, NDArray[Any]]) -> None:
        """Become what the card and the tensors say; the language model is loaded when words are first read."""
        self.card, self.tensors = card, tensors
        self.config = LanguageTowerConfig.model_validate(card.config["tower"])
        self.vectors = as_floats(tensors, "vectors")
        self.history_map = tensors["head.history.weight"].astype(np.float32, copy=False)
        self.encoder = None

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return a vector of length 1 a text, shape (n, dim). Raises `TowerError` when the base cannot be loaded or is
        another than the one trained on."""
        if self.encoder is None:
            from recsys.language.encoding import TunedEncoder

            self.encoder = TunedEncoder.of(self.card, self.tensors)
        return self.encoder.encode(texts)

    def score(self, users: Users) -> FloatMatrix:
        """Return the mean of the cosines to a person's words and to their history, shape (n, n_items); either may be
        missing."""
        n, n_items = users.history.shape
        if n_items != self.card.n_items:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        histories = self.of_histories(users)
        scores: FloatMatrix = histories @ self.vectors.T
        if users.texts:
            if len(users.texts) != n:
                raise WorkspaceError(
                    f"{n} people have {len(users.texts)} texts; each needs one, or none has any."
                )
            said = np.array([bool(text.strip()) for text in users.texts])
            words = np.zeros((n, self.vectors.shape[1]), dtype=np.float32)
            if said.any():
                words[said] = self.encode([text for text in users.texts if text.strip()])
            both = 1.0 + (said & (np.abs(histories).sum(axis=1) > 0))
            scores = (scores + words @ self.vectors.T) / both[:, None]
        return scores.astype(np.float32, copy=False)

    def of_histories(self, users: Users) -> FloatMatrix:
        """Return a vector of length 1 a person, shape (n, dim); of nothing, a row of zeros."""
        history = users.history.tocsr()
        if self.config.half_life is not None and users.sequences:
            history = self._by_age(history, users.sequences)
        sums = unit_rows(history_sums(history, self.vectors))
        return unit_rows(sums @ self.history_map.T)

    def _by_age(self, history: csr_array, sequences: Sequence[Columns]) -> csr_array:
        """Weigh what was met by how long ago it was met; what is not in the sequence keeps its weight."""
        aged = history.copy().astype(np.float32)
        for row, sequence in enumerate(sequences):
            columns, weights = weighed(np.asarray(sequence, dtype=np.int64), self.config.half_life)
            factor = dict(zip(columns.tolist(), weights.tolist(), strict=True))
            cells = slice(aged.indptr[row], aged.indptr[row + 1])
            aged.data[cells] *= [factor.get(int(c), 1.0) for c in aged.indices[cells]]
        return aged

    def save(self, folder: Path) -> None:
        """Write `language_tower.safetensors` and `language_tower.json`: vectors, head and what training changed in the
        language model, not the model itself."""
        save_model(folder, self.card, self.tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        scale = tensors.get("vectors.scale")
        vectors = tensors.get("vectors", np.zeros(0))
        dim = int(card.config.get("dim", 0))
        check_shape(self.name, vectors, (card.n_items, dim))
        check_shape(self.name, tensors.get("head.history.weight", np.zeros(0)), (dim, dim))
        if scale is not None:
            check_shape(self.name, scale, (card.n_items, 1))
        self.set_up(card, tensors)


def as_floats(tensors: dict[str, NDArray[Any]], name: str) -> FloatMatrix:
    """Return a matrix that is kept as it is, or as int8 with one scale a row."""
    matrix = tensors[name].astype(np.float32)
    scale = tensors.get(f"{name}.scale")
    return matrix if scale is None else (matrix * scale.astype(np.float32)).astype(np.float32)
