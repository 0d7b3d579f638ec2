import subprocess
import sys
import threading
import time
import uuid

import pytest

from agent.events import Notice, TurnEnded
from agent.memory import Dialogues, DialogueStoreError
from agent.session import Agent
from agent.settings import Settings
from kg.server.ports import free_port
from recsys.workspace import Workspace
from tests.agent.conftest import talk
from tests.agent.memory.contract import DialoguesContract, said, say
from tests.fixtures_postgres import PASSWORD
from tests.traces import traces


@pytest.fixture
def reopen(postgres_server):
    from agent.memory.postgres import PostgresDialogues

    space, opened = uuid.uuid4().hex, []

    def make():
        opened.append(PostgresDialogues(postgres_server.url, space))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


class TestPostgresDialogues(DialoguesContract):
    def test_workspaces_that_share_a_server_share_no_dialogue(self, dialogues, postgres_server):
        other = type(dialogues)(postgres_server.url, "another-workspace")
        say(dialogues, "ann", "t", "ours")
        assert other.threads("ann") == []
        assert other.erase("ann") == 0
        assert said(dialogues, "ann", "t") == ["ours"]
        other.close()

    def test_two_processes_take_turns_in_one_dialogue(self, dialogues, reopen):
        # Two pools and two lock connections, as two processes have.
        other, order = reopen(), []

        def talk():
            with other.turn("ann", "t"):
                order.append("second")

        thread = threading.Thread(target=talk)
        with dialogues.turn("ann", "t"):
            thread.start()
            time.sleep(0.3)
            with other.turn("ann", "another"), other.turn("bob", "t"):
                order.append("others")
            order.append("first")
        thread.join(10)
        assert order == ["others", "first", "second"]

    def test_erasing_waits_for_a_turn_in_another_process(self, dialogues, reopen):
        other, inside = reopen(), threading.Event()

        def talk():
            with dialogues.turn("ann", "t"):
                inside.set()
                time.sleep(0.3)
            say(dialogues, "bob", "t", "x")

        def first():
            say(dialogues, "ann", "first", "x")
            talk()

        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(10)
        began = time.monotonic()
        assert other.erase("ann") == 1
        assert time.monotonic() - began > 0.2
        thread.join(10)

    def test_many_open_at_once_on_an_empty_database(self, reopen):
        threads = [threading.Thread(target=reopen) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        say(reopen(), "ann", "t", "x")

    def test_rows_of_an_erased_person_are_gone_and_the_rest_is_said(self, dialogues):
        say(dialogues, "mara-quillfeather", "t", "quokkahunt")
        dialogues.erase("mara-quillfeather")
        with dialogues._pool.connection() as connection:
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                rows = connection.execute(f"SELECT t::text FROM {table} t").fetchall()
                assert not any("mara-quillfeather" in str(row) for row in rows)
        assert "VACUUM FULL" in dialogues.remains

    def test_what_is_said_to_hasten_it_clears_the_tables_files(self, dialogues, postgres_server):
        say(dialogues, "mara-quillfeather", "t", "quokkahunt " + "and more " * 2000)
        with dialogues._pool.connection() as connection:
            connection.execute("CHECKPOINT")
            assert traces(postgres_server.data / "base", "quillfeather")
            dialogues.erase("mara-quillfeather")
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                connection.execute(f"VACUUM FULL {table}")
            connection.execute("CHECKPOINT")
        assert traces(postgres_server.data / "base", "quillfeather", "quokkahunt") == []


def test_a_server_that_is_away_or_refuses_says_what_to_do(postgres_server):
    from agent.memory.postgres import PostgresDialogues

    wrong = postgres_server.url.replace(PASSWORD, "wrong-one")
    for url in (
        f"postgresql://u:{PASSWORD}@127.0.0.1:{free_port()}/x",
        wrong,
        f"postgresql://{PASSWORD}@[bad/x",
    ):
        began = time.monotonic()
        with pytest.raises(DialogueStoreError, match="TASTEGRAPH_DIALOGUES_URL") as told:
            PostgresDialogues(url, "w")
        assert PASSWORD not in str(told.value)
        assert "wrong-one" not in str(told.value)
        assert time.monotonic() - began < 10


def test_a_missing_package_is_named_with_the_command(tmp_path):
    (tmp_path / "psycopg").mkdir()
    (tmp_path / "psycopg" / "__init__.py").write_text("raise ModuleNotFoundError('no', name='psycopg')")
    code = (
        "from agent.errors import *\nfrom recsys.errors import TastegraphError\n"
        "try:\n    import agent.memory.postgres\nexcept TastegraphError as e:\n    print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "pip install 'tastegraph[postgres]'" in done.stdout


def test_the_settings_say_where(postgres_server, module_workspace, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_DIALOGUES_URL", postgres_server.url)
    settings = Settings()
    assert PASSWORD not in repr(settings)
    dialogues = Dialogues.open(settings, Workspace.open(module_workspace))
    assert type(dialogues).__name__ == "PostgresDialogues"
    dialogues.close()
    with pytest.raises(ValueError, match="postgresql://") as told:
        Settings(dialogues_url=f"mysql://u:{PASSWORD}@x")
    assert PASSWORD not in str(told.value)


def test_a_server_that_dies_in_a_session_is_said_and_comes_back(postgres_server, workspace_path):
    settings = Settings(dialogues_url=postgres_server.url)
    with Agent.open(workspace_path, settings) as agent:
        assert talk(agent, "something like Heat")[-1].items
        postgres_server.stop("immediate")
        try:
            began = time.monotonic()
            events = talk(agent, "another one")
            assert time.monotonic() - began < 15
            (notice,) = [e for e in events if isinstance(e, Notice) and e.level == "error"]
            assert "Our conversations are out of reach" in notice.text
            assert PASSWORD not in notice.text
            assert isinstance(events[-1], TurnEnded)
            assert "try again" in events[-1].text
            assert "Nothing you said is lost" not in events[-1].text
        finally:
            postgres_server.start()
        assert talk(agent, "something like Ronin")[-1].items
        assert [turn.said for turn in agent.history("ann", "t1")] == [
            "something like Heat",
            "something like Ronin",
        ]
        assert "VACUUM FULL" in agent.erase("ann")
        assert agent.threads("ann") == []
