"""Who may write: what the server says of its users, and what would make one that may only read."""

import pytest
from neo4j import READ_ACCESS, GraphDatabase
from neo4j.exceptions import ClientError, Neo4jError

from kg.graph import GraphError, GraphUnavailable
from kg.server import free_port
from kg.server.access import READER, Access, look, make_reader, reader_statements


def test_the_words_say_who_may_write() -> None:
    writer = Access(
        version="5.26.30", edition="enterprise", user="ann", roles=("PUBLIC", "admin"), refuses_writes=True
    )
    reader = writer.model_copy(update={"user": READER, "roles": ("PUBLIC", "reader")})
    assert not writer.only_reads
    assert "kg serve reader" in writer.words
    assert reader.only_reads
    assert "may only read" in reader.words
    plain = writer.model_copy(update={"edition": "community", "roles": None})
    assert not plain.only_reads
    assert "no roles" in plain.words
    assert "took a write" in plain.model_copy(update={"refuses_writes": False}).words


def test_statements_carry_names_and_password_as_parameters_only() -> None:
    secret = "s'); DROP USER neo4j //"
    statements = reader_statements(secret)
    assert [text.split()[0] for text, _ in statements] == ["CREATE", "GRANT"]
    for text, values in statements:
        assert secret not in text
        assert READER not in text
        assert values["user"] == READER
    assert statements[-1][1]["role"] == "reader"


def test_a_server_that_is_away(tmp_path) -> None:
    with pytest.raises(GraphUnavailable, match="tastegraph kg serve"):
        look(f"bolt://127.0.0.1:{free_port()}", "neo4j", "x")
    with pytest.raises(GraphError, match="not an address"):
        look("htp:/nowhere", "neo4j", "x")


@pytest.mark.neo4j
def test_community_has_no_roles_and_refuses_writes_in_read_transactions(neo4j_server, tmp_path) -> None:
    found = look(neo4j_server.uri, neo4j_server.user, neo4j_server.password)
    assert (found.edition, found.roles, found.refuses_writes) == ("community", None, True)
    assert found.version.startswith("5.26")
    with pytest.raises(GraphError, match="has no roles"):
        make_reader(neo4j_server.uri, neo4j_server.user, neo4j_server.password, tmp_path / "reader-password")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(GraphError, match="name and password"):
        look(neo4j_server.uri, neo4j_server.user, "wrong")


@pytest.mark.neo4j
def test_a_write_in_a_read_session_is_refused_by_the_server_itself(neo4j_server) -> None:
    auth = (neo4j_server.user, neo4j_server.password)
    with GraphDatabase.driver(neo4j_server.uri, auth=auth) as driver:
        with driver.session(default_access_mode=READ_ACCESS) as session:
            for write in ("CREATE (:Sneaky)", "MATCH (n) DETACH DELETE n", "CREATE INDEX FOR (n:S) ON (n.x)"):
                with pytest.raises(ClientError, match="access mode"):
                    session.execute_read(lambda transaction, text=write: transaction.run(text).consume())
        assert driver.execute_query("MATCH (n:Sneaky) RETURN count(n)").records[0][0] == 0


@pytest.mark.neo4j
def test_the_statements_that_community_knows_make_a_user_and_the_role_is_refused(neo4j_server) -> None:
    auth = (neo4j_server.user, neo4j_server.password)
    create, grant = reader_statements("a password of eight")
    with GraphDatabase.driver(neo4j_server.uri, auth=auth) as driver:
        try:
            for text, values in (create, create):
                driver.execute_query(text, values, database_="system")
            with GraphDatabase.driver(neo4j_server.uri, auth=(READER, "a password of eight")) as reader:
                reader.verify_connectivity()
            with pytest.raises(Neo4jError):
                driver.execute_query(grant[0], grant[1], database_="system")
        finally:
            driver.execute_query("DROP USER $user IF EXISTS", {"user": READER}, database_="system")
