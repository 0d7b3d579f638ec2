"""Read the S3-Rec files: what each person bought in order, and the attributes of the items."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from recsys.errors import SourceError
from recsys.models.base import Columns, TrainingData, Users
from recsys.sparse import ones_at


@dataclass(frozen=True)
class LeaveOneOut:
    """Whole sequences, divided as the sequence models of the literature do: the last item of a person is the
    test, the one before it the validation, and the rest the training."""

    name: str
    sequences: tuple[Columns, ...]
    """Each of three items or more, oldest first."""
    attributes: csr_array
    """Shape (n_attributes, n_items), 0/1."""
    data_hash: str
    """SHA-256 over both files."""

    @property
    def n_items(self) -> int:
        """Items that anybody met or that have attributes."""
        return int(self.attributes.shape[1])

    def training(self) -> TrainingData:
        """Everything but the last two items of each person."""
        known = [sequence[:-2] for sequence in self.sequences]
        return TrainingData(met(known, self.n_items), self.attributes, sequences=known)

    def people(self, rows: Columns, test: bool) -> tuple[Users, Columns]:
        """Return what is known of these people when their test (or validation) item is asked for, and that
        item; for the test the validation item is known."""
        last = 1 if test else 2
        known = [self.sequences[row][:-last] for row in rows]
        targets = np.array([self.sequences[row][-last] for row in rows], dtype=np.int64)
        return Users(met(known, self.n_items), sequences=known), targets


def read_s3(folder: Path, name: str, most_people: int = 0) -> LeaveOneOut:
    """Read `NAME.txt` (`user item item ...`, from 1) and `NAME_item2attributes.json` in `folder`.

    Only the first `most_people` are taken when it is above 0, with the items that they met. Raises `SourceError`
    when a file is missing or a line is not whole numbers.
    """
    meetings, having = folder / f"{name}.txt", folder / f"{name}_item2attributes.json"
    for file in (meetings, having):
        if not file.is_file():
            raise SourceError(f"{file} is missing; the data has NAME.txt and NAME_item2attributes.json.")
    sequences = []
    for number, line in enumerate(meetings.read_text(encoding="utf-8").splitlines(), 1):
        try:
            items = np.array([int(word) for word in line.split()[1:]], dtype=np.int64) - 1
        except ValueError as error:
            raise SourceError(f"{meetings}, line {number}: whole numbers were expected.") from error
        if len(items) < 3 or items.min() < 0:
            raise SourceError(f"{meetings}, line {number}: a user and three items from 1 were expected.")
        sequences.append(items)
    attributes: dict[str, list[int]] = json.loads(having.read_text(encoding="utf-8"))
    pairs = sorted({(value - 1, int(item) - 1) for item, values in attributes.items() for value in values})
    cells = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    n_items = 1 + max(int(np.concatenate(sequences).max()), int(cells[:, 1].max(initial=0)))
    matrix = ones_at(cells[:, 0], cells[:, 1], (1 + int(cells[:, 0].max(initial=-1)), n_items))
    if most_people:
        sequences = sequences[:most_people]
        kept = np.unique(np.concatenate(sequences))
        sequences = [np.searchsorted(kept, sequence).astype(np.int64) for sequence in sequences]
        matrix = matrix[:, kept]
    digest = hashlib.sha256()
    for file in (meetings, having):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update(str(most_people).encode())
    return LeaveOneOut(name, tuple(sequences), matrix, digest.hexdigest())


def met(sequences: list[Columns], n_items: int) -> csr_array:
    """Return a 0/1 matrix (people, n_items) of what the sequences hold, repeats counted once."""
    unique = [np.unique(sequence) for sequence in sequences]
    rows = np.repeat(np.arange(len(unique)), [len(columns) for columns in unique])
    columns = np.concatenate(unique) if unique else np.zeros(0, dtype=np.int64)
    return ones_at(rows, columns, (len(sequences), n_items))
