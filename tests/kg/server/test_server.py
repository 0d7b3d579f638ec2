"""The Neo4j server of our own: its commands, its password, its errors, and that a second object finds it."""

import socket
import stat
from pathlib import Path

import pytest

from kg.graph import GraphError, GraphUnavailable
from kg.server import Neo4jServer, docker_command, free_port, jars, java_command
from kg.server import neo4j as server
from kg.server.jars import NEO4J_VERSION, cache_folder, fetch_jars, jars_folder


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


def test_java_of_another_version_is_not_taken(monkeypatch, tmp_path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert jars.find_java() is None


@pytest.mark.neo4j
def test_a_second_object_on_the_same_home_finds_the_running_server(neo4j_server) -> None:
    second = Neo4jServer(neo4j_server.home)
    assert second.running()
    second.start()
    assert (second.uri, second.pid) == (neo4j_server.uri, neo4j_server.pid)
    assert neo4j_server.uri.startswith("bolt://127.0.0.1:")
