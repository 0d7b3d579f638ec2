"""ml-1m with all that is known of its films, as the cold-start measurements use it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from scipy.sparse import csr_array

from eval.figures import MeasureOptions
from eval.offline_figures.cold_data import KeptEncoder
from eval.split import Split, default_metadata, read_split
from recsys.attributes import attribute_matrix, item_text
from recsys.models.base import TrainingData
from recsys.models.cold import ColdStart, ColdStartConfig
from recsys.models.ials import IalsConfig

K = 20
SHARE = 0.1
"""Of the items, or of the people, that is held back."""
OTHER = 100
"""Added to the seed for the new items and people of validation."""
Settings = dict[str, Any]


@dataclass(frozen=True)
class Films:
    """The split with what is known of its items."""

    split: Split
    attributes: csr_array
    names: tuple[str, ...]
    texts: tuple[str, ...]
    encoder: KeptEncoder

    def training(self, train: csr_array) -> TrainingData:
        """Return what models learn from."""
        return TrainingData(train, self.attributes, self.texts)

    def ours(self, settings: Settings, seed: int) -> ColdStart:
        """Return the model of this project under these settings."""
        config = ColdStartConfig(factors=IalsConfig(seed=seed), **settings)
        return ColdStart(config, self.encoder, self.names)


def read_films(options: MeasureOptions) -> Films:
    """Read the split of ml-1m; a fifth of its people where it is to be quick."""
    folder = options.data / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    if options.quick:
        train, valid, test = (part[: part.shape[0] // 5] for part in (split.train, split.valid, split.test))
        split = replace(split, train=train, valid=valid, test=test)
    attributes, named = attribute_matrix(split.items)
    return Films(
        split,
        attributes,
        tuple(value for _, value in named),
        tuple(item_text(item) for item in split.items),
        KeptEncoder(options.out / "cold"),
    )


def file_name(name: str) -> str:
    """Return a name for the file of a trial."""
    return name.replace(" ", "-").replace(",", "").replace("'", "")
