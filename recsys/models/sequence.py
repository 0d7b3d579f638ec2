"""The sequence model: a causal transformer that says what a person meets next.

The architecture is SASRec (Kang and McAuley, 2018) with norms before the layers. It is trained by cross-entropy
over every item, which Klenitskiy and Vasilev (2023) found to lift it far above its published figures, and may
learn an item's vector from its attributes and its text too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import Columns, FloatMatrix, TrainingData, Users
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)

if TYPE_CHECKING:
    from recsys.models.sequence_network import SequenceNetwork
    from recsys.models.sequence_training import NextItems, Outcome

_BLOCK = 512
"""People or items that go through the network at once."""


class SequenceConfig(BaseModel):
    """What the sequence model can be told; the defaults were chosen on the validation of Amazon Beauty."""

    model_config = ConfigDict(frozen=True)

    dim: int = Field(default=64, ge=4)
    """Numbers in the vector of an item."""
    layers: int = Field(default=2, ge=1)
    """Blocks of attention and a position-wise layer."""
    heads: int = Field(default=2, ge=1)
    """Heads of the attention; they divide `dim`."""
    widening: int = Field(default=1, ge=1)
    """How many times wider than `dim` the inside of a position-wise layer is."""
    dropout: float = Field(default=0.5, ge=0.0, lt=1.0)
    """Share of the values that are left out of each layer in training."""
    max_length: int = Field(default=50, ge=2)
    """Items of a history that are read; earlier ones are not."""
    use_attributes: bool = True
    """Add the mean vector of its attributes to each item's vector, where the data has attributes."""
    epochs: int = Field(default=12, ge=1)
    """Passes over the training, at most; the learning rate is planned for all of them."""
    batch: int = Field(default=128, ge=1)
    """Sequences a step, at most; where they are long, so many as have 768 items."""
    learning_rate: float = Field(default=3e-3, gt=0.0)
    """Of Adam at its highest."""
    warmup: float = Field(default=0.05, ge=0.0, lt=1.0)
    """Share of the steps in which the learning rate rises; afterwards it falls along a cosine."""
    weight_decay: float = Field(default=0.0, ge=0.0)
    """Decoupled from the gradient (AdamW)."""
    patience: int = Field(default=4, ge=1)
    """Epochs without a better validation after which the training ends."""
    validation_people: int = Field(default=2_000, ge=0)
    """Most people whose last item is set aside to choose the epoch; never more than a tenth of them all."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes a GPU where there is one; it computes in bfloat16."""
    seed: int = 0
    """Of the first weights, the batches, the dropout and whom the validation asks."""

    @model_validator(mode="after")
    def _heads_divide(self) -> SequenceConfig:
        if self.dim % self.heads:
            raise ValueError(f"dim {self.dim} cannot be divided among {self.heads} heads")
        return self


class SequenceModel:
    """Score what comes next after a sequence; a person who met nothing gets zeros.

    A person whose order is not known is scored by the weighted mean of what would come next after each single
    item of their history, so a dislike (a weight below 0) lowers what usually follows it. In a sequence,
    disliked items are passed over.
    """

    name = "sequence"
    recommends_for_cold = False

    def __init__(
        self,
        config: SequenceConfig | None = None,
        item_vectors: FloatMatrix | None = None,
        validation: NextItems | None = None,
        checkpoints: Path | None = None,
        progress: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Take the configuration, and what only the training needs.

        `item_vectors` (n_items, any) are vectors of the items' texts, added through a learned map.
        `validation` takes the place of the people set aside, so that none of the data is. `checkpoints` is a
        folder from which an interrupted training goes on. `progress` is told a line an epoch.
        """
        self.config = config or SequenceConfig()
        self.item_vectors = item_vectors
        self.validation = validation
        self.checkpoints = checkpoints
        self.progress = progress
        self.outcome: Outcome | None = None
        """How the training went; None for a model that was loaded."""
        self.network: SequenceNetwork | None = None
        """On the CPU, with the table of items as its only parameter of an item."""
        self.card = ModelCard(name=self.name, n_items=0)
        self._after_one: FloatMatrix | None = None

    def fit(self, data: TrainingData) -> None:
        """Train on `data.sequences`, or where there are none on the histories in changing order.

        Takes about 6 * dim * n_items operations for every meeting, an epoch. Raises `WorkspaceError` when
        sequences, vectors or device do not fit.
        """
        import torch

        from recsys.models.sequence_training import Plan, train

        config = self.config
        n_items = data.interactions.shape[1]
        sequences = self._sequences(data)
        if self.item_vectors is not None and len(self.item_vectors) != n_items:
            raise WorkspaceError(
                f"{n_items} items have {len(self.item_vectors)} vectors; each item needs one."
            )
        sequences, validation = self._set_aside(sequences)
        data_hash = hash_training_data(data)
        notes = [] if data.sequences else ["No order was known: histories were read in changing order."]
        notes.append("A person without a sequence is scored by what follows each item of the history alone.")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            network = self._empty(
                n_items, data.attributes if self._takes(data) else None, self.item_vectors
            ).to(self._device())
        if any(len(sequence) > 1 for sequence in sequences):
            plan = Plan(
                epochs=config.epochs,
                batch=config.batch,
                learning_rate=config.learning_rate,
                warmup=config.warmup,
                weight_decay=config.weight_decay,
                patience=config.patience,
                seed=config.seed,
                ordered=bool(data.sequences),
            )
            key = f"{data_hash}/{config.model_dump_json()}/{self._extra_hash()}"
            self.outcome = train(network, sequences, plan, validation, self.checkpoints, key, self.progress)
        else:
            notes.append("Nobody met two items: nothing was learned.")
        self.network = self._frozen(network, n_items)
        self._after_one = None
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            seed=config.seed,
            config=config.model_dump(),
            data_hash=data_hash,
            versions=library_versions(),
            notes=notes,
        )

    def score(self, users: Users) -> FloatMatrix:
        """Return the logits of the next item, shape (n, n_items); memory beyond it stays at a few hundred people."""
        import torch

        n, n_items = users.history.shape
        if n_items != self.card.n_items or self.network is None:
            raise WorkspaceError(
                f"History has {n_items} items; the model was trained for {self.card.n_items}."
            )
        if users.sequences and len(users.sequences) != n:
            raise WorkspaceError(f"{n} people have {len(users.sequences)} sequences; each needs one.")
        scores = np.zeros((n, n_items), dtype=np.float32)
        history = users.history.tocsr().astype(np.float32)
        known = _liked(users.sequences, history, self.config.max_length)
        ordered = np.array([row for row, sequence in enumerate(known) if len(sequence)], dtype=np.int64)
        with torch.inference_mode():
            table = self.network.table()
            for start in range(0, len(ordered), _BLOCK):
                rows = ordered[start : start + _BLOCK]
                states = self.network(table, [known[row] for row in rows], last_only=True)
                scores[rows] = (states @ table.T).numpy()
        loose = np.setdiff1d(np.flatnonzero(np.diff(history.indptr)), ordered)
        if len(loose):
            scores[loose] = self._without_order(history[loose])
        return scores

    def save(self, folder: Path) -> None:
        """Write `sequence.safetensors` and `sequence.json`."""
        if self.network is None:
            raise WorkspaceError("The model sequence has not been trained. Fit it before it is saved.")
        tensors: dict[str, NDArray[Any]] = {
            name: value.numpy() for name, value in self.network.state_dict().items()
        }
        save_model(folder, self.card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        import torch

        card, tensors = load_model(folder, self.name)
        config = SequenceConfig.model_validate(card.config)
        previous, self.config = self.config, config
        network = self._empty(card.n_items, None, None)
        expected = network.state_dict()
        try:
            for name, value in expected.items():
                check_shape(self.name, tensors.get(name, np.zeros(0)), tuple(value.shape))
        except WorkspaceError:
            self.config = previous
            raise
        network.load_state_dict({name: torch.from_numpy(tensors[name].copy()) for name in expected})
        network.eval()
        self.network, self.card = network, card
        self._after_one = self.outcome = None

    def _sequences(self, data: TrainingData) -> list[Columns]:
        n_users, n_items = data.interactions.shape
        if not data.sequences:
            met = data.interactions.tocsr()
            return [columns.astype(np.int64) for columns in np.split(met.indices, met.indptr[1:-1])]
        if len(data.sequences) != n_users:
            raise WorkspaceError(f"{n_users} people have {len(data.sequences)} sequences; each needs one.")
        sequences = [np.asarray(sequence, dtype=np.int64) for sequence in data.sequences]
        largest = max((int(sequence.max()) for sequence in sequences if len(sequence)), default=-1)
        if largest >= n_items:
            raise WorkspaceError(f"A sequence names item {largest}; there are {n_items}.")
        return sequences

    def _set_aside(self, sequences: list[Columns]) -> tuple[list[Columns], NextItems | None]:
        """Take the last item of some people out of the training, for the validation."""
        from recsys.models.sequence_training import NextItems

        if self.validation is not None:
            return sequences, self.validation
        able = np.array([row for row, sequence in enumerate(sequences) if len(sequence) > 2], dtype=np.int64)
        count = min(self.config.validation_people, len(able) // 10)
        if not count:
            return sequences, None
        chosen = np.sort(np.random.default_rng(self.config.seed).permutation(able)[:count])
        kept = list(sequences)
        for row in chosen:
            kept[row] = sequences[row][:-1]
        targets = np.array([sequences[row][-1] for row in chosen], dtype=np.int64)
        return kept, NextItems([kept[row] for row in chosen], targets)

    def _takes(self, data: TrainingData) -> bool:
        return self.config.use_attributes and data.attributes.shape[0] > 0

    def _extra_hash(self) -> str:
        """Name what the training depends on beside the data and the configuration."""
        import hashlib

        digest = hashlib.sha256()
        if self.item_vectors is not None:
            digest.update(np.ascontiguousarray(self.item_vectors).tobytes())
        if self.validation is not None:
            digest.update(np.concatenate([*self.validation.histories, self.validation.targets]).tobytes())
        return digest.hexdigest()

    def _device(self) -> str:
        import torch

        if self.config.device == "auto":
            return "cuda" if torch.cuda.is_available() else "cpu"
        if self.config.device == "cuda" and not torch.cuda.is_available():
            raise WorkspaceError("There is no GPU here that torch can use. Set the device to auto or cpu.")
        return self.config.device

    def _empty(
        self, n_items: int, attributes: csr_array | None, vectors: FloatMatrix | None
    ) -> SequenceNetwork:
        from recsys.models.sequence_network import SequenceNetwork

        config = self.config
        return SequenceNetwork(
            n_items,
            config.dim,
            config.layers,
            config.heads,
            config.widening,
            config.dropout,
            config.max_length,
            attributes,
            vectors,
        )

    def _frozen(self, trained: SequenceNetwork, n_items: int) -> SequenceNetwork:
        """Return the same network on the CPU with the table worked out: what is saved, and what scores."""
        import torch

        with torch.inference_mode():
            table = trained.table().float().cpu()
        state = {name: value.cpu() for name, value in trained.state_dict().items()}
        network = self._empty(n_items, None, None)
        with torch.no_grad():
            network.load_state_dict({name: state[name] for name in network.state_dict()})
            network.own.copy_(table)
        network.eval()
        return network

    def _without_order(self, history: csr_array) -> FloatMatrix:
        import torch

        assert self.network is not None
        if self._after_one is None:
            with torch.inference_mode():
                table = self.network.table()
                items = np.arange(len(table), dtype=np.int64)[:, None]
                parts = [
                    self.network(table, list(items[start : start + _BLOCK]), last_only=True).numpy()
                    for start in range(0, len(items), _BLOCK)
                ]
            self._after_one = np.concatenate(parts)
        weight = np.asarray(abs(history).sum(axis=1)).ravel()
        mean = (history @ self._after_one) / np.maximum(weight, 1e-9)[:, None]
        return cast(FloatMatrix, np.asarray(mean @ self.network.own.detach().numpy().T, dtype=np.float32))


def _liked(sequences: Sequence[Columns], history: csr_array, most: int) -> list[Columns]:
    """Return the end of each sequence without what its person dislikes."""
    found = []
    for row, sequence in enumerate(sequences):
        cells = slice(history.indptr[row], history.indptr[row + 1])
        disliked = history.indices[cells][history.data[cells] < 0]
        items = np.asarray(sequence, dtype=np.int64)
        if len(items) and (items.min() < 0 or items.max() >= history.shape[1]):
            raise WorkspaceError(f"A sequence names an item that is none of the {history.shape[1]}.")
        found.append((items[~np.isin(items, disliked)] if len(disliked) else items)[-most:])
    return found
