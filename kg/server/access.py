"""What may a user do on a Neo4j server, and who may only read?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

from neo4j import READ_ACCESS, Driver, GraphDatabase
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError
from pydantic import BaseModel, ConfigDict

from kg.graph import GraphError, GraphUnavailable
from kg.server.home import kept_secret

READER = "tastegraph_reader"
"""The user that may only read, on an edition that has roles."""
_READ_ROLES = {"reader", "PUBLIC"}
_SECONDS = 5.0


class Access(BaseModel):
    """A server, and what one of its users may do there."""

    model_config = ConfigDict(frozen=True)

    version: str
    edition: str
    """`community` or `enterprise`, in small letters."""
    user: str
    roles: tuple[str, ...] | None
    """The user's roles; None where the edition has none."""
    refuses_writes: bool
    """Whether the server itself refused a write in a read transaction just now."""

    @property
    def only_reads(self) -> bool:
        """Whether this user could not write whatever it sent."""
        return self.roles is not None and set(self.roles) <= _READ_ROLES

    @property
    def words(self) -> str:
        """As a person would read it."""
        server = f"Neo4j {self.version} {self.edition.capitalize()}"
        reads = (
            "the server refuses writes in the read transactions that the agent asks in"
            if self.refuses_writes
            else "the server took a write in a read transaction, which was rolled back"
        )
        if self.roles is None:
            return f"{server}; this edition has no roles; {reads}"
        rights = "may only read" if self.only_reads else "may write; a reader: tastegraph kg serve reader"
        return f"{server}; the user {self.user} {rights}; {reads}"


def look(uri: str, user: str, password: str, database: str = "neo4j") -> Access:
    """Ask the server at `uri` who it is and what this user may do; changes nothing.

    Raises `GraphUnavailable` when it is away, and `GraphError` when it does not take the password.
    """
    with _connected(uri, user, password) as driver:
        components = driver.execute_query(
            "CALL dbms.components() YIELD name, versions, edition "
            "WHERE name = 'Neo4j Kernel' RETURN versions[0] AS version, edition",
            database_=database,
        ).records[0]
        roles = driver.execute_query(
            "SHOW CURRENT USER YIELD roles RETURN roles", database_="system"
        ).records[0]["roles"]
        return Access(
            version=components["version"],
            edition=components["edition"],
            user=user,
            roles=None if roles is None else tuple(roles),
            refuses_writes=_refuses_writes(driver, database),
        )


def reader_statements(password: str) -> list[tuple[LiteralString, dict[str, str]]]:
    """Return what makes `READER`, or gives it this password again, each with its parameters."""
    values = {"user": READER, "password": password}
    return [
        # Replaced rather than altered, which the server refuses where the password is the same.
        ("CREATE OR REPLACE USER $user SET PASSWORD $password CHANGE NOT REQUIRED", values),
        ("GRANT ROLE $role TO $user", {"role": "reader", "user": READER}),
    ]


def make_reader(uri: str, user: str, password: str, file: Path) -> str:
    """Make the user `READER` with the password in `file`, which is made where it is missing; return its name.

    `user` must be allowed to manage users. Raises `GraphError`, and makes nothing, on an edition without
    roles.
    """
    found = look(uri, user, password)
    if found.roles is None:
        raise GraphError(
            f"Neo4j {found.version} {found.edition.capitalize()} has no roles, so no user of it can be kept "
            "from writing. The agent asks it in read transactions, in which it refuses writes."
        )
    secret = kept_secret(file)
    with _connected(uri, user, password) as driver:
        for statement, values in reader_statements(secret):
            driver.execute_query(statement, values, database_="system")
    return READER


def _refuses_writes(driver: Driver, database: str) -> bool:
    with driver.session(database=database, default_access_mode=READ_ACCESS) as session:
        transaction = session.begin_transaction(timeout=_SECONDS)
        try:
            transaction.run("CREATE (:TastegraphProbe)").consume()
        except Neo4jError as error:
            return "AccessMode" in (error.code or "") or "Forbidden" in (error.code or "")
        else:
            return False
        finally:
            # Whatever came of it, nothing stays.
            transaction.close()


@contextmanager
def _connected(uri: str, user: str, password: str) -> Iterator[Driver]:
    try:
        with GraphDatabase.driver(
            uri,
            auth=(user, password),
            connection_timeout=_SECONDS,
            max_transaction_retry_time=0.0,
            telemetry_disabled=True,
            notifications_min_severity="OFF",
        ) as driver:
            yield driver
    except AuthError as error:
        raise GraphError(
            f"The Neo4j server at {uri} does not take this name and password. Set the right ones."
        ) from error
    except (ConfigurationError, ValueError) as error:
        raise GraphError(f"{uri!r} is not an address of a Neo4j server: {error}") from error
    except (DriverError, OSError) as error:
        raise GraphUnavailable(
            f"The Neo4j server at {uri} does not answer. Start it: tastegraph kg serve"
        ) from error
    except Neo4jError as error:
        raise GraphError(f"The Neo4j server at {uri} could not answer: {error}") from error
