import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest

from kg.files import write_text
from recsys.catalogue import INTERACTION_SCHEMA, Catalogue
from recsys.errors import WorkspaceError
from recsys.schema import HelpAnswer, Item
from recsys.workspace import Workspace, create_workspace, derive_workspace, graph_namespace, hash_files
from tests.parts import ROOT

ITEMS = [
    Item(
        id="film:heat-1995",
        title="Heat",
        kind="film",
        year=1995,
        attributes={"genre": ("Crime", "Drama")},
        numbers={"runtime": 170},
        aliases=("Héat",),
        popularity=2,
    ),
    Item(id="film:x", title="X | ; \n'x'"),
]


def catalogue(name: str = "Test", items: list[Item] | None = None) -> Catalogue:
    rows = [("ann", "film:heat-1995", 4.0, 12, "rating"), ("bob", "film:x", 1.0, None, "view")]
    return Catalogue(
        name,
        "films",
        "test",
        ITEMS if items is None else items,
        pl.DataFrame(rows, schema=INTERACTION_SCHEMA, orient="row"),
        simulated=True,
        help_answers=[HelpAnswer(id="a", topic="returns", question="?", answer="!", policy="returns")],
        policy="# Policy\n",
        notes=["a note"],
    )


def step(folder: Path) -> dict[str, int]:
    assert (folder / "items.parquet").is_file()
    (folder / "made.txt").write_text("x", encoding="utf-8")
    return {"made": 1}


def failing(_: Path) -> dict[str, int]:
    raise RuntimeError("the step failed")


def interrupted(_: Path) -> dict[str, int]:
    raise KeyboardInterrupt


def contents(path: Path) -> dict[str, bytes]:
    files = [f for f in sorted(path.rglob("*")) if f.is_file() and f.name != ".build.lock"]
    return {str(f.relative_to(path)): f.read_bytes() for f in files}


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    create_workspace(tmp_path / "ws", catalogue(), [step], seed=7, config={"a": 1})
    opened = Workspace.open(tmp_path / "ws")
    assert opened.items == ITEMS
    assert opened.interactions.rows() == catalogue().interactions.rows()
    assert opened.help_answers == catalogue().help_answers
    assert opened.policy == "# Policy\n"
    assert opened.position["film:x"] == 1
    assert opened.item("film:x") == ITEMS[1]
    assert opened.item("film:nowhere") is None
    manifest = opened.manifest
    assert (manifest.simulated, manifest.seed, manifest.config, manifest.notes) == (
        True,
        7,
        {"a": 1},
        ["a note"],
    )
    assert manifest.counts == {"items": 2, "interactions": 2, "users": 2, "help_answers": 1, "made": 1}


def test_same_data_has_the_same_hash_and_other_data_another(tmp_path: Path) -> None:
    one, two, three = (
        create_workspace(tmp_path / name, catalogue(items=items), [], 0).manifest.data_hash
        for name, items in (("a", ITEMS), ("b", ITEMS), ("c", ITEMS[:1]))
    )
    assert one == two != three


@pytest.mark.parametrize("bad", [failing, interrupted])
@pytest.mark.parametrize("place", [0, 1])
def test_a_crash_at_any_step_leaves_the_old_workspace(tmp_path: Path, bad: object, place: int) -> None:
    path = tmp_path / "ws"
    create_workspace(path, catalogue("Old"), [step], 0)
    (Workspace.open(path).people_dir / "interests.txt").write_text("likes Heat", encoding="utf-8")
    before = contents(path)
    steps = [step]
    steps.insert(place, bad)  # type: ignore[arg-type]
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        create_workspace(path, catalogue("New"), steps, 0)
    assert contents(path) == before
    assert Workspace.open(path).manifest.name == "Old"


def test_a_crash_while_the_manifest_is_written_leaves_the_old_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ws"
    create_workspace(path, catalogue("Old"), [step], 0)
    before = contents(path)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OSError, match="No space left"):
        create_workspace(path, catalogue("New"), [step], 0)
    assert contents(path) == before


def test_two_items_with_one_id_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="same id"):
        create_workspace(tmp_path / "ws", catalogue(items=[ITEMS[0], ITEMS[0]]), [], 0)
    assert contents(tmp_path) == {}


def test_a_new_build_replaces_the_old_one_and_keeps_what_people_said(tmp_path: Path) -> None:
    path = tmp_path / "ws"
    create_workspace(path, catalogue("Old"), [step], 0)
    said = Workspace.open(path).people_dir / "interests.txt"
    said.write_text("likes Heat", encoding="utf-8")
    assert said.parent.stat().st_mode & 0o777 == 0o700
    new = create_workspace(path, catalogue("New"), [step], 0)
    assert Workspace.open(path).manifest.name == "New"
    assert [folder.name for folder in (path / "builds").iterdir()] == [new.manifest.build]
    assert said.read_text(encoding="utf-8") == "likes Heat"


def test_a_missing_an_old_and_a_damaged_workspace_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="tastegraph starter"):
        Workspace.open(tmp_path / "none")
    path = tmp_path / "ws"
    made = create_workspace(path, catalogue(), [], 0)
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    write_text(path / "manifest.json", json.dumps(manifest | {"format": 99}))
    with pytest.raises(WorkspaceError, match="format 99"):
        Workspace.open(path)
    write_text(path / "manifest.json", "{ not JSON")
    with pytest.raises(WorkspaceError, match="Build the workspace anew"):
        Workspace.open(path)
    write_text(path / "manifest.json", json.dumps(manifest))
    (made.build_dir / "items.parquet").unlink()
    with pytest.raises(WorkspaceError, match="is missing"):
        Workspace.open(path)


def test_two_builds_at_once_are_refused_and_the_first_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ws"
    create_workspace(path, catalogue("Old"), [step], 0)
    begun, go_on = threading.Event(), threading.Event()

    def waiting(folder: Path) -> dict[str, int]:
        begun.set()
        assert go_on.wait(60)
        return step(folder)

    first = threading.Thread(target=create_workspace, args=(path, catalogue("First"), [waiting], 0))
    first.start()
    try:
        assert begun.wait(60)
        with pytest.raises(WorkspaceError, match="under way"):
            create_workspace(path, catalogue("Second"), [step], 0)
        assert Workspace.open(path).manifest.name == "Old"
    finally:
        go_on.set()
        first.join(60)
    opened = Workspace.open(path)
    assert opened.manifest.name == "First"
    assert (opened.build_dir / "made.txt").is_file()
    create_workspace(path, catalogue("Third"), [step], 0)


def test_another_process_that_builds_is_seen_and_its_death_frees_the_workspace(tmp_path: Path) -> None:
    path = tmp_path / "ws"
    code = (
        "import sys, time; from pathlib import Path\n"
        "from recsys.workspace import create_workspace\n"
        "from tests.recsys.test_workspace import catalogue\n"
        "def step(folder): print('begun', flush=True); time.sleep(120); return {}\n"
        "create_workspace(Path(sys.argv[1]), catalogue(), [step], 0)"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "begun\n"
            with pytest.raises(WorkspaceError, match="under way"):
                create_workspace(path, catalogue(), [step], 0)
        finally:
            other.kill()
    made = create_workspace(path, catalogue(), [step], 0)
    assert [folder.name for folder in (path / "builds").iterdir()] == [made.manifest.build]


def test_a_workspace_keeps_its_id_over_builds_and_no_other_has_it(tmp_path: Path) -> None:
    first = create_workspace(tmp_path / "a", catalogue(), [], 0).id
    assert len(first) == 32
    assert create_workspace(tmp_path / "a", catalogue("New"), [], 0).id == first
    assert create_workspace(tmp_path / "b", catalogue(), [], 0).id != first
    assert [file.name for file in (tmp_path / "a" / "people").iterdir()] == ["workspace-id"]


def test_the_hash_of_the_tables_can_be_checked_and_versions_are_kept(tmp_path: Path) -> None:
    made = create_workspace(tmp_path / "ws", catalogue(), [], 0)
    tables = [made.build_dir / name for name in ("items.parquet", "interactions.parquet")]
    assert hash_files(*tables) == made.manifest.data_hash
    shutil.copy(tables[0], tables[1])
    assert hash_files(*tables) != made.manifest.data_hash
    assert {"polars", "ladybug", "chromadb", "torch"} <= set(made.manifest.versions)


def test_a_derived_build_takes_over_what_is_there_and_keeps_the_graphs_name(tmp_path: Path) -> None:
    first = create_workspace(tmp_path, catalogue(), [step], 0)
    (first.people_dir / "interests.txt").write_text("likes Heat", encoding="utf-8")

    def learn(folder: Path) -> dict[str, int]:
        assert pl.read_parquet(folder / "interactions.parquet").height == 1
        (folder / "model.txt").write_text("learned", encoding="utf-8")
        return {"models": 1}

    items, rows = first.items, first.interactions.head(1)
    derived = derive_workspace(first, [learn], 5, rows)
    assert derived.items == items
    assert derived.manifest.data_hash != first.manifest.data_hash
    again = derive_workspace(derived, [], 6)
    assert Workspace.open(tmp_path).manifest == again.manifest
    assert again.items == items
    for workspace in (derived, again):
        assert graph_namespace(workspace) == first.manifest.build != workspace.manifest.build
        assert workspace.manifest.counts["models"] == 1
        assert workspace.manifest.counts["interactions"] == 1
    assert (again.build_dir / "made.txt").read_text() == "x"
    assert (again.build_dir / "model.txt").read_text() == "learned"
    assert (again.people_dir / "interests.txt").read_text() == "likes Heat"
    assert (derived.manifest.seed, again.manifest.seed) == (5, 6)


@pytest.mark.parametrize("bad", [failing, interrupted])
def test_a_derived_build_that_fails_leaves_the_old_one(tmp_path: Path, bad: object) -> None:
    workspace = create_workspace(tmp_path, catalogue(), [step], 0)
    before = contents(tmp_path)
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        derive_workspace(workspace, [bad], 0)  # type: ignore[list-item]
    assert contents(tmp_path) == before


def test_what_was_built_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    stale = create_workspace(tmp_path, catalogue("Old"), [step], 0)
    create_workspace(tmp_path, catalogue("New"), [step], 0)
    with pytest.raises(WorkspaceError, match="built anew meanwhile"):
        derive_workspace(stale, [], 0)
    assert Workspace.open(tmp_path).manifest.name == "New"
