"""An adjacency in a file (Arrow IPC) that processes map into memory and share."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from kg.files import written_whole
from kg.paths.adjacency import Adjacency
from kg.paths.specificity import RelationStatistics

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

_FORMAT = "tastegraph adjacency 1"
_ARRAYS = ("starts", "others", "relations", "degrees")


def save_adjacency(adjacency: Adjacency, file: Path, state: str) -> None:
    """Write beside, then rename. `state` says of which state of the graph this is.

    Raises `OSError` where the folder cannot be written to.
    """
    import pyarrow as pa

    columns: dict[str, Any] = {
        name: pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), pa.array(values))
        for name in _ARRAYS
        for values in [getattr(adjacency, name)]
    }
    ids = pa.array(adjacency.ids, pa.large_string())
    columns["ids"] = pa.LargeListArray.from_arrays(pa.array([0, len(ids)], pa.int64()), ids)
    header = {
        "format": _FORMAT,
        "state": state,
        "names": list(adjacency.names),
        "statistics": [[one.triples, one.informativeness] for one in adjacency.statistics],
    }
    table = pa.table(columns).replace_schema_metadata({"adjacency": json.dumps(header)})
    with written_whole(file) as beside, beside.open("wb") as stream:
        with pa.ipc.new_file(stream, table.schema) as writer:
            writer.write_table(table)
        stream.flush()
        os.fsync(stream.fileno())


def load_adjacency(file: Path, state: str) -> Adjacency | None:
    """Map a file into memory; None where there is none, it is of another state, or it is damaged."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
        header = json.loads((table.schema.metadata or {})[b"adjacency"])
        if (header["format"], header["state"]) != (_FORMAT, state):
            return None
        arrays = {name: _values(table, name).to_numpy() for name in _ARRAYS}
        statistics = tuple(RelationStatistics(int(n), float(weight)) for n, weight in header["statistics"])
        return Adjacency(
            ids=_Strings(_values(table, "ids")), names=tuple(header["names"]), statistics=statistics, **arrays
        )
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None


def _values(table: pa.Table, name: str) -> Any:  # noqa: ANN401 - an Arrow array of the column's type
    column: Any = table.column(name).chunk(0)
    return column.values


class _Strings(Sequence[str]):
    """Strings of an Arrow array, decoded when they are asked for."""

    def __init__(self, values: Any) -> None:  # noqa: ANN401 - an Arrow array of strings
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return _Strings(self._values[place])
        text: str = self._values[int(place)].as_py()
        return text
