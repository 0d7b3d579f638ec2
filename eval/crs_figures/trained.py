"""The trained recommender for dialogues, kept in a folder, so that other sections use it without training again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.systems.dialogue_recommender import TastegraphDialogue
from eval.systems.material import Material, MeasuredItem
from kg.files import write_text
from recsys.dialogue.recommender import DialogueConfig, DialogueRecommender
from recsys.dialogue.second_look import SecondLook, SecondLookConfig
from recsys.errors import WorkspaceError

_REPEATS = "repeats.json"


def trained(
    folder: Path,
    material: Material,
    config: DialogueConfig,
    progress: Callable[[str], None],
    look: SecondLookConfig | None = None,
    groups: Sequence[int] = (),
) -> TastegraphDialogue:
    """Return the recommender in `folder`, with a second look where it has one, trained and saved first where it is
    not there; `look` and `groups` as in `TastegraphDialogue`.

    The name of `folder` must change with the data and the configuration.
    """
    if not (folder / _REPEATS).is_file():
        progress(f"Training on {len(material.dialogues):,} dialogues, seed {config.seed}")
        system = TastegraphDialogue(material, config, look, groups, progress)
        folder.mkdir(parents=True, exist_ok=True)
        system.model.save(folder)
        if system.second is not None:
            system.second.save(folder)
        # Written last: a folder with it is whole.
        write_text(folder / _REPEATS, json.dumps(system.repeats) + "\n")
    return load_trained(folder, material.items)


def load_trained(folder: Path, items: Sequence[MeasuredItem]) -> TastegraphDialogue:
    """Read what `trained` kept; `items` are those that it was trained with, in their order.

    Raises `WorkspaceError` when it is missing or of another number of items.
    """
    file = folder / _REPEATS
    if not file.is_file():
        raise WorkspaceError(f"{folder} holds no trained recommender for dialogues.")
    model = DialogueRecommender()
    model.load(folder)
    if model.card.n_items != len(items):
        raise WorkspaceError(
            f"The recommender in {folder} was trained with {model.card.n_items:,} items, not {len(items):,}."
        )
    second = None
    if (folder / f"{SecondLook.name}.json").is_file():
        second = SecondLook()
        second.load(folder)
    return TastegraphDialogue.of_trained(items, model, json.loads(file.read_text(encoding="utf-8")), second)
