"""One directory holds everything that a run produced, and says which data and versions made it.

Layout:
    manifest.json            replaced in one step; names the build in use
    .build.lock              held by the build under way
    builds/ID/               items.parquet, interactions.parquet, entities.parquet, triples.parquet,
                             help.jsonl, policy.md, graph/, models/; of a shop with customers also
                             customers.parquet, orders.parquet, variants.parquet
    people/                  interests and dialogues; a new build never touches it
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, Field, ValidationError

from kg.files import write_text
from recsys.catalogue import INTERACTION_SCHEMA, Catalogue
from recsys.customers import Customers, read_customers, write_customers
from recsys.errors import WorkspaceError
from recsys.schema import HelpAnswer, Item

FORMAT = 1


class Manifest(BaseModel):
    """What a workspace says of itself."""

    format: int = FORMAT
    name: str
    domain: str
    source: str
    simulated: bool
    build: str
    created: datetime
    seed: int
    counts: dict[str, int]
    data_hash: str
    """SHA-256 over the item and interaction tables as written."""
    versions: dict[str, str]
    config: dict[str, Any] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    graph_build: str | None = None
    """The build that wrote the graph, where a later one took it over; None when it is this one."""


class Workspace:
    """An opened workspace. Reading is lazy; the people's part is written by its own stores."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path) -> Workspace:
        """Open the workspace at `path`.

        Raises `WorkspaceError` when there is none, when it is of another format, or when its build is
        missing.
        """
        file = path / "manifest.json"
        if not file.is_file():
            raise WorkspaceError(
                f"There is no workspace in {path}. Make one with `tastegraph starter` or "
                f"`tastegraph ingest SOURCE --from PATH --workspace {path}`."
            )
        try:
            raw = json.loads(file.read_text(encoding="utf-8"))
            found = raw.get("format") if isinstance(raw, dict) else None
            if found != FORMAT:
                raise WorkspaceError(
                    f"The workspace in {path} has format {found}; this version reads format {FORMAT}. "
                    "Build it anew with the command that made it."
                )
            manifest = Manifest.model_validate(raw)
        except (ValueError, ValidationError) as error:
            raise WorkspaceError(
                f"{file} cannot be read ({error.__class__.__name__}). Build the workspace anew; "
                f"what people said stays in {path / 'people'}."
            ) from error
        workspace = cls(path, manifest)
        if not (workspace.build_dir / "items.parquet").is_file():
            raise WorkspaceError(
                f"The build {manifest.build} of the workspace in {path} is missing. "
                f"Build the workspace anew; what people said stays in {path / 'people'}."
            )
        return workspace

    @property
    def build_dir(self) -> Path:
        """The folder of the build in use."""
        return self.path / "builds" / self.manifest.build

    @property
    def models_dir(self) -> Path:
        """The folder of the trained models."""
        return self.build_dir / "models"

    @property
    def graph_path(self) -> Path:
        """Where the embedded graph lives."""
        return self.build_dir / "graph" / "graph.lbug"

    @property
    def people_dir(self) -> Path:
        """Where interests and dialogues live; made when missing, readable by the owner only."""
        folder = self.path / "people"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @cached_property
    def id(self) -> str:
        """An identifier of 32 hexadecimal digits, made once and kept with what people said.

        A new build keeps it, so that interests on a shared server stay those of this workspace.
        """
        file = self.people_dir / "workspace-id"
        if not file.is_file():
            beside = file.with_name(f".{file.name}.{uuid.uuid4().hex[:6]}")
            try:
                beside.write_text(uuid.uuid4().hex + "\n", encoding="utf-8")
                # Unlike a rename, a link never replaces the id that another process made just now.
                os.link(beside, file)
            except FileExistsError:
                pass
            finally:
                beside.unlink(missing_ok=True)
        return file.read_text(encoding="utf-8").strip()

    @cached_property
    def items(self) -> list[Item]:
        """All items, in the order of the catalogue; the position is the item's column in every model."""
        return read_items(self.build_dir / "items.parquet")

    @cached_property
    def position(self) -> dict[str, int]:
        """Item id to position in `items`."""
        return {item.id: k for k, item in enumerate(self.items)}

    def item(self, item_id: str) -> Item | None:
        """Return the item of this id, or None."""
        k = self.position.get(item_id)
        return None if k is None else self.items[k]

    @cached_property
    def interactions(self) -> pl.DataFrame:
        """Who met what; columns as in `INTERACTION_SCHEMA`."""
        return pl.read_parquet(self.build_dir / "interactions.parquet")

    @cached_property
    def help_answers(self) -> list[HelpAnswer]:
        """The help desk's answers; empty where the catalogue has none."""
        file = self.build_dir / "help.jsonl"
        if not file.is_file():
            return []
        lines = file.read_text(encoding="utf-8").splitlines()
        return [HelpAnswer.model_validate_json(line) for line in lines if line.strip()]

    @cached_property
    def customers(self) -> Customers:
        """Customers with their orders, for the service mode only; empty where the catalogue has none.

        Raises `WorkspaceError` when the files are damaged.
        """
        return read_customers(self.build_dir)

    @cached_property
    def policy(self) -> str:
        """The written policy in Markdown, or an empty string."""
        file = self.build_dir / "policy.md"
        return file.read_text(encoding="utf-8") if file.is_file() else ""


def graph_namespace(workspace: Workspace) -> str:
    """Return the namespace of this workspace's graph on a graph server that other workspaces may share."""
    return workspace.manifest.graph_build or workspace.manifest.build


BuildStep = Callable[[Path], dict[str, int]]
"""Writes its part into the build folder and returns counts for the manifest."""


def create_workspace(
    path: Path, catalogue: Catalogue, steps: list[BuildStep], seed: int, config: dict[str, Any] | None = None
) -> Workspace:
    """Write a new build beside the old one, then switch to it in one step and remove the old one.

    `steps` run in order over the folder that already holds the tables. When anything fails, the workspace is
    as it was before. What people said is kept. Raises `WorkspaceError` when another build is under way here.
    """
    with _build_lock(path):
        return _build(path, catalogue, steps, seed, config or {})


def derive_workspace(
    workspace: Workspace, steps: list[BuildStep], seed: int, interactions: pl.DataFrame | None = None
) -> Workspace:
    """Write a new build that takes over the tables, graph and models in use, run `steps` on it, switch to it.

    `interactions` replaces the table of that name. Counts that `steps` return replace those of the manifest.
    When anything fails, the workspace is as it was before. Raises `WorkspaceError` when another build is under
    way here, or was finished since `workspace` was opened.
    """
    old = workspace.manifest
    with _build_lock(workspace.path):
        if Workspace.open(workspace.path).manifest.build != old.build:
            raise WorkspaceError(
                f"The workspace in {workspace.path} was built anew meanwhile. Run the command again."
            )

        def fill(folder: Path) -> Manifest:
            shutil.copytree(workspace.build_dir, folder, dirs_exist_ok=True)
            counts = dict(old.counts)
            if interactions is not None:
                kept = interactions.select(
                    pl.col(name).cast(kind) for name, kind in INTERACTION_SCHEMA.items()
                )
                kept.write_parquet(folder / "interactions.parquet")
                counts |= {"interactions": kept.height, "users": kept["user"].n_unique()}
            for step in steps:
                counts |= step(folder)
            return old.model_copy(
                update={
                    "build": folder.name,
                    "created": datetime.now(UTC),
                    "seed": seed,
                    "counts": counts,
                    "data_hash": hash_files(folder / "items.parquet", folder / "interactions.parquet"),
                    "versions": _versions(),
                    "graph_build": graph_namespace(workspace),
                }
            )

        return _put_in_place(workspace.path, fill)


def _versions() -> dict[str, str]:
    from recsys.models.persist import library_versions

    return library_versions()


@contextmanager
def _build_lock(path: Path) -> Iterator[None]:
    """Hold the workspace for one build; the system releases it when the process ends, however it ends."""
    path.mkdir(parents=True, exist_ok=True)
    # The file stays: a process that waits on a removed one would hold nothing.
    with (path / ".build.lock").open("ab") as file:
        try:
            _lock(file.fileno())
        except (BlockingIOError, PermissionError) as error:
            raise WorkspaceError(
                f"Another build of the workspace in {path} is under way. Wait until it is done, "
                "then run the command again."
            ) from error
        yield


def _lock(descriptor: int) -> None:
    """Lock an open file without waiting; raises one of these when it is locked:
    `BlockingIOError`, `PermissionError`."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _build(
    path: Path, catalogue: Catalogue, steps: list[BuildStep], seed: int, config: dict[str, Any]
) -> Workspace:
    def fill(folder: Path) -> Manifest:
        counts = _write_tables(folder, catalogue)
        for step in steps:
            counts |= step(folder)
        return Manifest(
            name=catalogue.name,
            domain=catalogue.domain,
            source=catalogue.source,
            simulated=catalogue.simulated,
            build=folder.name,
            created=datetime.now(UTC),
            seed=seed,
            counts=counts,
            data_hash=hash_files(folder / "items.parquet", folder / "interactions.parquet"),
            versions=_versions(),
            config=config,
            notes=catalogue.notes,
        )

    return _put_in_place(path, fill)


def _put_in_place(path: Path, fill: Callable[[Path], Manifest]) -> Workspace:
    """Have a new build folder filled, switch to it in one step and remove the others."""
    folder = path / "builds" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    folder.mkdir(parents=True)
    try:
        manifest = fill(folder)
        write_text(path / "manifest.json", manifest.model_dump_json(indent=2) + "\n")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for other in (path / "builds").iterdir():
        if other.name != folder.name:
            shutil.rmtree(other, ignore_errors=True)
    return Workspace(path, manifest)


def write_items(file: Path, items: list[Item]) -> None:
    """Write items as Parquet; attributes and numbers as JSON columns, since facets differ between domains."""
    rows = [
        item.model_dump(exclude={"attributes", "numbers", "aliases"})
        | {
            "attributes": json.dumps(item.attributes, ensure_ascii=False),
            "numbers": json.dumps(item.numbers),
            "aliases": json.dumps(item.aliases, ensure_ascii=False),
        }
        for item in items
    ]
    schema = {
        "id": pl.String,
        "title": pl.String,
        "kind": pl.String,
        "year": pl.Int64,
        "description": pl.String,
        "popularity": pl.Float64,
        "attributes": pl.String,
        "numbers": pl.String,
        "aliases": pl.String,
    }
    pl.DataFrame(rows, schema=schema).write_parquet(file)


def read_items(file: Path) -> list[Item]:
    """Read what `write_items` wrote."""
    return [
        Item.model_validate(row | {key: json.loads(row[key]) for key in ("attributes", "numbers", "aliases")})
        for row in pl.read_parquet(file).iter_rows(named=True)
    ]


def _write_tables(folder: Path, catalogue: Catalogue) -> dict[str, int]:
    ids = [item.id for item in catalogue.items]
    if len(set(ids)) != len(ids):
        raise WorkspaceError("Two items of the catalogue have the same id; nothing was written.")
    interactions = catalogue.interactions.select(
        pl.col(name).cast(kind) for name, kind in INTERACTION_SCHEMA.items()
    )
    write_items(folder / "items.parquet", catalogue.items)
    interactions.write_parquet(folder / "interactions.parquet")
    if catalogue.help_answers:
        lines = [answer.model_dump_json() for answer in catalogue.help_answers]
        (folder / "help.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if catalogue.policy:
        (folder / "policy.md").write_text(catalogue.policy, encoding="utf-8")
    return {
        "items": len(ids),
        "interactions": interactions.height,
        "users": interactions["user"].n_unique(),
        "help_answers": len(catalogue.help_answers),
        **write_customers(folder, catalogue.customers),
    }


def hash_files(*files: Path) -> str:
    """Return the SHA-256 over the bytes of these files, in their order, as hexadecimal digits."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
