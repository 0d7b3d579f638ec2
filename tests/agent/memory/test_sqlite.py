import sqlite3
from contextlib import closing

import pytest

from agent.events import Notice
from agent.memory import DialogueStoreError
from agent.memory.sqlite import SqliteDialogues
from agent.session import Agent
from tests.agent.conftest import talk
from tests.agent.memory.contract import DialoguesContract, said, say
from tests.traces import traces


class TestSqliteDialogues(DialoguesContract):
    @pytest.fixture
    def reopen(self, tmp_path):
        opened = []

        def make():
            opened.append(SqliteDialogues(tmp_path / "people" / "dialogues.sqlite"))
            return opened[-1]

        (tmp_path / "people").mkdir()
        yield make
        for one in opened:
            one.close()

    def test_erased_words_leave_the_bytes_of_the_file(self, dialogues, tmp_path):
        say(dialogues, "bob", "t", "the others stay")
        for k in range(5):
            say(dialogues, "mara-quillfeather", f"t{k}", f"I adore quokkahunt {k} " + "and more " * 2000)
            dialogues.note("mara-quillfeather", f"t{k}", f"I adore quokkahunt {k}")
        dialogues.rename("mara-quillfeather", "t0", "quokkahunt by another name")
        words = ("mara-quillfeather", "quokkahunt", "and more and more")
        assert traces(tmp_path / "people", *words)
        assert dialogues.erase("mara-quillfeather") == 5
        assert traces(tmp_path / "people", *words) == []
        assert dialogues.remains == ""
        assert said(dialogues, "bob", "t") == ["the others stay"]

    def test_a_file_that_cannot_be_used_is_said(self, tmp_path):
        (tmp_path / "file").write_bytes(b"no database at all" * 100)
        with pytest.raises(DialogueStoreError, match="cannot be read or written"):
            SqliteDialogues(tmp_path / "file")
        with pytest.raises(DialogueStoreError, match="written to"):
            SqliteDialogues(tmp_path / "no" / "folder")

    def test_people_are_told_without_the_files_name(self, workspace_path):
        with Agent.open(workspace_path) as agent:
            talk(agent, "hello", user="told")
            agent._dialogues._connection.execute("PRAGMA query_only=ON")
            events = talk(agent, "something like Heat", user="told")
            agent._dialogues._connection.execute("PRAGMA query_only=OFF")
            (notice,) = [e for e in events if isinstance(e, Notice) and e.level == "error"]
            assert "may have to be said again" in notice.text
            assert "/" not in notice.text
            assert [turn.said for turn in agent.history("told", "t1")] == ["hello"]
            agent.erase("told")

    def test_a_file_that_breaks_while_it_is_open_is_said_in_the_turn(self, dialogues, tmp_path):
        say(dialogues, "ann", "t", "one")
        with closing(sqlite3.connect(tmp_path / "people" / "dialogues.sqlite")) as other:
            other.execute("DROP TABLE checkpoints")
        with pytest.raises(DialogueStoreError):
            say(dialogues, "ann", "t", "two")
