"""The Neo4j server of our own: its commands, its password, its errors, and that a second object finds it."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kg.graph import GraphError, GraphUnavailable
from kg.server import Neo4jServer, docker, docker_command, find_java, free_port, java_command
from kg.server import neo4j as server
from kg.server.home import kept_secret, one_start, read_state, write_state
from kg.server.jars import NEO4J_VERSION, cache_folder, fetch_jars, jars_folder
from kg.server.java import configuration, home_of


def test_docker_command_listens_on_this_machine_only_and_shows_no_password() -> None:
    command = docker_command("tastegraph-neo4j", 7687, Path("/srv/data"), owner="1000:1000")
    assert command[:4] == ["docker", "run", "--detach", "--rm"]
    assert command[-1] == f"neo4j:{NEO4J_VERSION}-community"
    assert command[command.index("--publish") + 1] == "127.0.0.1:7687:7687"
    assert command[command.index("--volume") + 1] == "/srv/data:/data"
    assert command[command.index("--user") + 1] == "1000:1000"
    assert "NEO4J_AUTH" in command
    assert not any(part.startswith("NEO4J_AUTH=") for part in command)
    assert "--user" not in docker_command("n", 1, Path("d"))
    assert "NEO4J_db_tx__log_rotation_retention__policy=1 files" in command


def test_java_command_names_home_and_jars() -> None:
    command = java_command("java", Path("/cache/lib"), Path("/home/x"), heap="600m")
    assert command[0] == "java"
    assert "-Xmx600m" in command
    assert "/cache/lib/*" in command
    assert command[-2:] == ["--home-dir=/home/x", "--config-dir=/home/x/conf"]


def test_cache_folder_is_named_by_the_environment(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TASTEGRAPH_CACHE", str(tmp_path / "c"))
    assert cache_folder() == tmp_path / "c"
    monkeypatch.delenv("TASTEGRAPH_CACHE")
    assert cache_folder().name == "tastegraph"


def test_jars_that_are_there_are_not_fetched_again(tmp_path) -> None:
    jars_folder(tmp_path).mkdir(parents=True)
    lines: list[str] = []
    assert fetch_jars(tmp_path, lines.append) == jars_folder(tmp_path)
    assert lines == []


def test_without_java_maven_and_docker_the_error_says_what_to_install(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(GraphError, match="apt-get install openjdk-17-jre-headless maven"):
        Neo4jServer(tmp_path / "home", cache=tmp_path).start()
    with pytest.raises(GraphError, match="Maven is needed"):
        fetch_jars(tmp_path)


@pytest.mark.parametrize("brought", ["docker only", "docker and jars", "docker and maven"])
def test_java_that_cannot_get_the_server_gives_way_to_docker(monkeypatch, tmp_path, brought) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, said in (("java", "openjdk by Java"), ("docker", "no daemon"), ("mvn", "no mirror")):
        tool = tools / name
        tool.write_text(f"#!/bin/sh\necho 'version \"17.0.1\" {said}' >&2\nexit 1\n")
        tool.chmod(0o755)
    if brought != "docker and maven":
        (tools / "mvn").unlink()
    if brought == "docker and jars":
        jars_folder(tmp_path).mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    said = {"docker only": "no daemon", "docker and jars": "by Java", "docker and maven": "no mirror"}
    with pytest.raises(GraphError, match=said[brought]):
        Neo4jServer(tmp_path / "home", cache=tmp_path).start()


def test_maven_that_fails_leaves_the_cache_as_it_was(monkeypatch, tmp_path) -> None:
    (tmp_path / "bin").mkdir()
    maven = tmp_path / "bin" / "mvn"
    maven.write_text("#!/bin/sh\necho 'no route to mirror' >&2\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with pytest.raises(GraphError, match="no route to mirror"):
        fetch_jars(tmp_path / "cache")
    assert not jars_folder(tmp_path / "cache").exists()
    assert list(jars_folder(tmp_path / "cache").parent.iterdir()) == []


def test_a_server_that_ends_at_once_is_explained_and_leaves_nothing(monkeypatch, tmp_path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'the heap does not fit'\nexit 1\n")
    java.chmod(0o755)
    jars_folder(tmp_path).mkdir(parents=True)
    monkeypatch.setattr(server, "find_java", lambda: str(java))
    ours = Neo4jServer(tmp_path / "home", cache=tmp_path)
    with pytest.raises(GraphError, match="the heap does not fit"):
        ours.start()
    assert not ours.running()
    assert ours.pid is None


def test_password_is_made_once_and_is_the_owners(tmp_path) -> None:
    ours = Neo4jServer(tmp_path / "home")
    assert len(ours.password) >= 24
    assert Neo4jServer(tmp_path / "home").password == ours.password
    assert Neo4jServer(tmp_path / "other").password != ours.password
    assert stat.S_IMODE((tmp_path / "home" / "password").stat().st_mode) == 0o600


def test_never_started(tmp_path) -> None:
    ours = Neo4jServer(tmp_path / "home")
    assert not ours.running()
    ours.stop()
    with pytest.raises(GraphUnavailable, match="was not started"):
        _ = ours.uri


def test_a_taken_port_is_said(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(server, "find_java", lambda: "java")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(GraphError, match="is taken"):
            Neo4jServer(tmp_path / "home", port=other.getsockname()[1], cache=tmp_path).start()
    assert free_port() > 0


def fake_tool(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_java_of_another_version_is_not_taken(monkeypatch, tmp_path) -> None:
    fake_tool(tmp_path / "bin", "java", "echo 'openjdk version \"11.0.2\"' >&2")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert find_java() is None
    with pytest.raises(GraphError, match=r"Java 11 is here.*apt-get install openjdk-17-jre-headless maven"):
        Neo4jServer(tmp_path / "home", cache=tmp_path).start()


def test_java_that_says_nothing_is_as_none(monkeypatch, tmp_path) -> None:
    fake_tool(tmp_path / "bin", "java", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(GraphError, match="none of them is here"):
        Neo4jServer(tmp_path / "home", cache=tmp_path).start()


def test_memory_is_an_amount(tmp_path) -> None:
    assert Neo4jServer(tmp_path, heap="2G") is not None
    for wrong in ("much", "2 g", "-1g", "0g", "1g -XX:OnError=touch"):
        with pytest.raises(GraphError, match="not an amount of memory"):
            Neo4jServer(tmp_path, heap=wrong)


def test_the_configuration_bounds_memory_time_and_disk() -> None:
    lines = dict(line.split("=", 1) for line in configuration(7687, "600m").splitlines())
    assert lines["server.bolt.listen_address"] == "127.0.0.1:7687"
    assert lines["server.memory.heap.max_size"] == "600m"
    assert lines["db.transaction.timeout"] == "15m"
    assert lines["db.tx_log.rotation.retention_policy"] == "1 files"
    assert lines["dbms.usage_report.enabled"] == "false"


def test_all_who_ask_for_a_password_at_once_get_the_same_one(tmp_path) -> None:
    at_once, found = threading.Barrier(8), []

    def ask() -> None:
        at_once.wait()
        found.append(kept_secret(tmp_path / "home" / "password"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["password"]
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_an_emptied_password_file_is_said(tmp_path) -> None:
    (tmp_path / "password").write_text("\n")
    with pytest.raises(GraphError, match="is empty"):
        _ = Neo4jServer(tmp_path).password


def test_a_process_id_that_went_to_another_process_is_not_ours(tmp_path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", f"--home-dir={tmp_path}"])
    try:
        write_state(tmp_path, {"port": free_port(), "pid": other.pid, "mark": "m"})
        ours = Neo4jServer(tmp_path)
        assert ours.pid is None
        assert not ours.running()
        ours.stop()
        assert other.poll() is None
        assert set(read_state(tmp_path)) == {"port"}
    finally:
        other.kill()
        other.wait()


def test_a_state_file_that_is_no_state_is_as_none(tmp_path) -> None:
    (tmp_path / "server.json").write_text("{ half")
    assert read_state(tmp_path) == {}
    (tmp_path / "server.json").write_text("[1]")
    assert not Neo4jServer(tmp_path).running()


def test_a_second_start_waits_for_the_first_and_then_says_so(tmp_path) -> None:
    said: list[str] = []
    with (
        one_start(tmp_path, 5, lambda: said.append("first waits")),
        pytest.raises(GraphError, match="Another start"),
        one_start(tmp_path, 0.1, lambda: said.append("second waits")),
    ):
        pass
    assert said == ["second waits"]
    with one_start(tmp_path, 0.1, lambda: said.append("third waits")):
        pass
    assert said == ["second waits"]


def test_a_process_is_known_by_its_mark_wherever_its_home_is() -> None:
    command = "\0".join(java_command("java", Path("/lib"), Path("/a home/x"), mark="abc"))
    assert home_of(command, "abc") == Path("/a home/x")
    assert home_of(command.replace("\0", " "), "abc") == Path("/a home/x")
    assert home_of(command, "other") is None
    assert home_of(command, "") is None


def test_docker_that_hangs_is_said(monkeypatch, tmp_path) -> None:
    fake_tool(tmp_path / "bin", "docker", "sleep 20")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin:/usr/bin")
    monkeypatch.setattr(docker, "_SHORT_SECONDS", 0.2)
    with pytest.raises(GraphError, match="Docker does not answer"):
        docker.remove_container("x")
    monkeypatch.setattr(docker, "_RUN_SECONDS", 0.2)
    with pytest.raises(GraphError, match="Docker could not start Neo4j"):
        docker.run_container("x", 1, tmp_path / "data", "1g", "neo4j", "secret")


@pytest.mark.neo4j
def test_a_second_object_on_the_same_home_finds_the_running_server(neo4j_server) -> None:
    second = Neo4jServer(neo4j_server.home)
    assert second.running()
    second.start()
    assert (second.uri, second.pid) == (neo4j_server.uri, neo4j_server.pid)
    assert neo4j_server.uri.startswith("bolt://127.0.0.1:")
    with pytest.raises(GraphError, match="runs on port"):
        Neo4jServer(neo4j_server.home, port=free_port()).start()


@pytest.mark.neo4j
def test_a_copied_home_does_not_take_the_running_server_for_its_own(neo4j_server, tmp_path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("password", "server.json"):
        shutil.copy(neo4j_server.home / name, copy / name)
    ours = Neo4jServer(copy)
    assert not ours.running()
    assert ours.pid is None
    ours.stop()
    assert neo4j_server.running()


@pytest.mark.neo4j
@pytest.mark.slow
def test_a_server_of_two_starts_at_once_that_is_moved_copied_and_started_again(
    neo4j_server, tmp_path
) -> None:
    # Takes the session's jars; a home of its own, since it is moved.
    first, lines = tmp_path / "first", []
    starts = [Neo4jServer(first, heap="400m", progress=lines.append) for _ in range(2)]
    threads = [threading.Thread(target=one.start) for one in starts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moved = tmp_path / "moved"
    try:
        assert all(one.running() for one in starts)
        assert starts[0].pid == starts[1].pid
        assert sum(line.startswith("Starting") for line in lines) == 1
        assert any("waiting" in line for line in lines)
        assert password_of(starts[0]) == starts[1].password
        first.rename(moved)
        after = Neo4jServer(moved, heap="400m")
        assert not after.running()
        assert after.pid is not None
        old = after.pid
        after.start()
        assert after.running()
        assert after.pid != old
        assert not Path(f"/proc/{old}/cmdline").exists() or not Path(f"/proc/{old}/cmdline").read_bytes()
        # A process id that was left by a crash is no server.
        state = json.loads((moved / "server.json").read_text())
        os.kill(after.pid, 9)
        (moved / "server.json").write_text(json.dumps(state | {"pid": os.getpid()}))
        assert after.pid is None
        assert not after.running()
    finally:
        Neo4jServer(moved).stop()
    assert Neo4jServer(moved).pid is None


def password_of(server: Neo4jServer) -> str:
    return (server.home / "password").read_text()
