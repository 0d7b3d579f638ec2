"""Cold start: new items and new people placed in the space of what people do, without training again.

Behaviour is a matrix factorisation (iALS, `recsys.models.ials`). From what is known of an item, the vector of its
text and its attributes, a ridge regression foretells its factors; it is learned on the items that people met, in the
spirit of regression-based latent factors (Agarwal and Chen, 2009). From a person's words, their vector and the
attributes that they name, a second regression foretells the person's factors. A new item or person then costs one
product of a vector with a matrix.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array, eye_array

from recsys.encoder import DIMENSIONS, Encoder
from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.feature_ridge import FeatureRidge, Features
from recsys.models.ials import Ials, IalsConfig
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.sparse import ones_at

_WORD = re.compile(r"\w+")
_LONGEST_NAME = 6
"""Words of the longest attribute that is looked for in what a person says."""


class ColdStartConfig(BaseModel):
    """What the cold-start model can be told."""

    model_config = ConfigDict(frozen=True)

    factors: IalsConfig = IalsConfig()
    """The behaviour model whose space items and people are placed in."""
    min_met: int = Field(default=1, ge=1)
    """An item that fewer people met is placed by its features alone, and is no part of the factorisation."""
    item_text: float = Field(default=1.0, ge=0.0)
    """Weight of the text's vector among an item's features; 0 leaves texts out."""
    item_attributes: float = Field(default=1.0, ge=0.0)
    """Weight of the attributes among an item's features; 0 leaves them out."""
    item_ridge: float = Field(default=1.0, gt=0.0)
    """Ridge of the regression from an item's features."""
    trust: float = Field(default=20.0, ge=0.0)
    """An item that n people met counts n / (n + trust) in the regressions."""
    person_text: float = Field(default=1.0, ge=0.0)
    """Weight of the words' vector among a person's features."""
    person_attributes: float = Field(default=1.0, ge=0.0)
    """Weight of the attributes that a person names."""
    person_ridge: float = Field(default=1.0, gt=0.0)
    """Ridge of the regression from a person's words."""
    patience: float = Field(default=3.0, ge=0.0)
    """After so many items met, a person's words count half as much as before the first."""


class ColdStart:
    """Score by factors; what is cold gets them from its features. Without words and history: the mean person's.

    A person's factors are those of their history plus, times `patience / (patience + items met)`, those that their
    words foretell. `attribute_names` gives the value of each row of the attributes, so that a name in somebody's
    words counts; without it only the words' vector does.
    """

    name = "cold-start"
    recommends_for_cold = True

    def __init__(
        self,
        config: ColdStartConfig | None = None,
        encoder: Encoder | None = None,
        attribute_names: Sequence[str] = (),
    ) -> None:
        self.config = config or ColdStartConfig()
        self.encoder = encoder or Encoder()
        self.items: FloatMatrix = np.zeros((0, self.config.factors.dim), dtype=np.float32)
        """Shape (n_items, dim); foretold where an item is cold."""
        self.of_item, self.of_person = FeatureRidge(), FeatureRidge()
        self._set_names(attribute_names)
        self.card = ModelCard(name=self.name, n_items=0)

    def fit(self, data: TrainingData) -> None:
        """Factorise what was met and learn both regressions; as long as iALS, plus the encoding of the texts.

        What words say of a person is learned from the items' own texts, as if somebody who met that item alone
        had said them; give real words to `learn_from_words` afterwards. Raises `WorkspaceError` when there are
        texts or names, but not one for each.
        """
        config, n_items = self.config, data.interactions.shape[1]
        for what, found, of in (
            ("items have", len(data.texts), n_items),
            ("attributes have", len(self.names), data.attributes.shape[0]),
        ):
            if found not in (0, of):
                raise WorkspaceError(f"{of} {what} {found} texts or names; each needs one, or none has any.")
        met = np.diff(data.interactions.tocsc().indptr)
        warm = np.flatnonzero(met >= config.min_met)
        base = self._factorise(csr_array(data.interactions.tocsr()[:, warm]))
        texts = self._vectors(data.texts, n_items)
        having = csr_array(data.attributes.T.tocsr().astype(np.float32))
        trusted = met[warm] / (met[warm] + max(config.trust, 1e-9))
        self.of_item = FeatureRidge(config.item_text, config.item_attributes, config.item_ridge)
        self.of_item.fit(Features(texts[warm], having[warm]), base.items, trusted, config.factors.seed)
        self.items = self.of_item.foretell(Features(texts, having))
        self.items[warm] = base.items
        alone = base.solve(csr_array(eye_array(len(warm), format="csr", dtype=np.float32)), base.items)
        self._learn_people(Features(texts[warm], having[warm]), alone, trusted)
        self.card = ModelCard(
            name=self.name,
            n_items=n_items,
            seed=config.factors.seed,
            config={**config.model_dump(), "attribute_names": list(self.names)},
            data_hash=hash_training_data(data),
            versions=library_versions(),
            notes=[
                f"Texts were encoded with {self.encoder.name}.",
                f"{n_items - len(warm):,} of {n_items:,} items are placed by their features.",
            ],
        )

    def learn_from_words(self, texts: Sequence[str], history: csr_array) -> None:
        """Learn anew what words say of a person, from people of whom both words and history are known.

        `texts` has one text a person, `history` is (n, n_items). Takes one inverse of at most 6,000 rows. Raises
        `WorkspaceError` for another number of texts or items.
        """
        self._check(history)
        if len(texts) != history.shape[0]:
            raise WorkspaceError(f"{history.shape[0]} people have {len(texts)} texts; each needs one.")
        met = np.diff(history.tocsr().indptr)
        trusted = met / (met + max(self.config.trust, 1e-9))
        self._learn_people(self._words(texts), self._fold_in(history), trusted)
        self.card.notes.append(f"What words say of a person was learned from {len(texts):,} people.")

    def place(self, texts: Sequence[str], attributes: csr_array) -> FloatMatrix:
        """Return the factors of new items, shape (m, dim); nothing is trained.

        `texts` has one text an item or is empty; `attributes` is (n_attributes, m), its rows those of training.
        """
        if attributes.shape[0] != self.of_item.n_attributes:
            raise WorkspaceError(
                f"New items have {attributes.shape[0]} attributes; the model was trained for "
                f"{self.of_item.n_attributes}."
            )
        having = csr_array(attributes.T.tocsr().astype(np.float32))
        return self.of_item.foretell(Features(self._vectors(texts, having.shape[0]), having))

    def people(self, users: Users) -> FloatMatrix:
        """Return the factors of people, shape (n, dim); their product with those of items is the score."""
        self._check(users.history)
        n = users.history.shape[0]
        if users.texts and len(users.texts) != n:
            raise WorkspaceError(
                f"{n} people have {len(users.texts)} texts; each needs one, or none has any."
            )
        met = np.diff(users.history.tocsr().indptr)
        patience = self.config.patience
        left = np.divide(patience, patience + met, out=(met == 0).astype(float), where=patience + met > 0)
        said = np.tile(self.of_person.mean, (n, 1))
        if users.texts:
            spoke = np.array([bool(text.strip()) for text in users.texts])
            said[spoke] = self.of_person.foretell(self._words([t for t in users.texts if t.strip()]))
        factors: FloatMatrix = self._fold_in(users.history) + left[:, None].astype(np.float32) * said
        return factors

    def score(self, users: Users) -> FloatMatrix:
        """Return the products of people and items, shape (n, n_items)."""
        return self.people(users) @ self.items.T

    def save(self, folder: Path) -> None:
        """Write `cold-start.safetensors` and `cold-start.json`."""
        save_model(
            folder,
            self.card,
            {"items": self.items, **self.of_item.tensors("item"), **self.of_person.tensors("person")},
        )

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        said = dict(card.config)
        names = said.pop("attribute_names", [])
        config = ColdStartConfig.model_validate(said)
        items = tensors.get("items", np.zeros(0))
        check_shape(self.name, items, (card.n_items, config.factors.dim))
        of_item = FeatureRidge(config.item_text, config.item_attributes, config.item_ridge)
        of_person = FeatureRidge(config.person_text, config.person_attributes, config.person_ridge)
        of_item.read(self.name, tensors, "item", config.factors.dim)
        of_person.read(self.name, tensors, "person", config.factors.dim)
        self.config, self.card, self.items = config, card, items.astype(np.float32, copy=False)
        self.of_item, self.of_person = of_item, of_person
        self._set_names(names)

    def _factorise(self, met: csr_array) -> Ials:
        """Return the behaviour model of the warm items, (n_users, warm items)."""
        base = Ials(self.config.factors)
        base.fit(TrainingData(met, ones_at((), (), (0, met.shape[1]))))
        return base

    def _check(self, history: csr_array) -> None:
        if history.shape[1] != self.card.n_items:
            raise WorkspaceError(
                f"History has {history.shape[1]} items; the model was trained for {self.card.n_items}."
            )

    def _fold_in(self, history: csr_array) -> FloatMatrix:
        base = Ials(self.config.factors)
        return base.solve(history.tocsr().astype(np.float32), self.items)

    def _learn_people(self, features: Features, factors: FloatMatrix, trusted: NDArray[Any]) -> None:
        config = self.config
        self.of_person = FeatureRidge(config.person_text, config.person_attributes, config.person_ridge)
        self.of_person.fit(features, factors, trusted, config.factors.seed)

    def _vectors(self, texts: Sequence[str], n: int) -> FloatMatrix:
        return self.encoder.encode(list(texts)) if texts else np.zeros((n, DIMENSIONS), dtype=np.float32)

    def _words(self, texts: Sequence[str]) -> Features:
        return Features(self._vectors(texts, len(texts)), self._named(texts))

    def _set_names(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._rows: dict[tuple[str, ...], list[int]] = {}
        for row, name in enumerate(self.names):
            self._rows.setdefault(tuple(_WORD.findall(name.casefold())), []).append(row)
        self._rows.pop((), None)

    def _named(self, texts: Sequence[str]) -> csr_array:
        """Return which attributes each text names, (n, n_attributes); the longest name at a place counts."""
        people: list[int] = []
        rows: list[int] = []
        for person, text in enumerate(texts):
            words, at, found = _WORD.findall(text.casefold()), 0, set[int]()
            while at < len(words):
                for length in range(min(_LONGEST_NAME, len(words) - at), 0, -1):
                    named = self._rows.get(tuple(words[at : at + length]))
                    if named:
                        found.update(named)
                        at += length - 1
                        break
                at += 1
            people += [person] * len(found)
            rows += sorted(found)
        return ones_at(people, rows, (len(texts), self.of_item.n_attributes))
