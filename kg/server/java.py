"""Neo4j by Java: which one runs it, with what command and configuration."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from kg.graph import GraphError
from kg.server.ports import LOOPBACK

INSTALL = "apt-get install openjdk-17-jre-headless maven"
VERSIONS = (17, 21)
"""The Java versions that the pinned server runs on."""
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.lang")
_MARK = "-Dtastegraph.mark="


def java_here() -> tuple[str, int] | None:
    """Return the Java of JAVA_HOME or the path with its version, or None where there is none that answers."""
    home = os.environ.get("JAVA_HOME")
    beside = Path(home) / "bin" / "java" if home else None
    java = str(beside) if beside and beside.is_file() else shutil.which("java")
    if java is None:
        return None
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(?:1\.)?(\d+)', said.stderr)
    return (java, int(version[1])) if version else None


def find_java() -> str | None:
    """Return a Java that can run the server (17 or 21), or None."""
    found = java_here()
    return found[0] if found and found[1] in VERSIONS else None


def no_java() -> GraphError:
    """Make the error for a machine that has neither a Java that fits nor Docker."""
    found = java_here()
    here = f"Java {found[1]} is here" if found else "none of them is here"
    return GraphError(
        f"A Neo4j server needs Java 17 or 21 with Maven, or Docker, and {here}. Install one (Debian: "
        f"{INSTALL}), or use the embedded graph, which needs no server."
    )


def java_command(java: str, jars: Path, home: Path, heap: str = "1g", mark: str = "") -> list[str]:
    """Return the command that runs the server in the foreground.

    `mark` names this start: a process is known again by it after its folder was moved, or its id was given to
    another process.
    """
    return [
        java,
        f"-Xmx{heap}",
        "-XX:+ExitOnOutOfMemoryError",
        *((_MARK + mark,) if mark else ()),
        *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
        "-cp",
        f"{jars}/*",
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]


def home_of(command: str, mark: str) -> Path | None:
    """Return the home in the command line of the start that `mark` names; None for any other process."""
    home = re.search(r"--home-dir=(.+?)(?:\0| --config-dir=)", command)
    return Path(home[1]) if home and mark and _MARK + mark in command else None


def check_heap(heap: str) -> str:
    """Return `heap` as Java reads it; raises `GraphError` unless it is a number with k, m or g."""
    if not re.fullmatch(r"[1-9]\d*[kmg]", heap.lower()):
        raise GraphError(f"{heap!r} is not an amount of memory. Write it as 512m or 2g.")
    return heap.lower()


def configuration(port: int, heap: str) -> str:
    """Return the server's configuration: loopback only, nothing but Bolt, bounded memory, time and disk."""
    return "\n".join(
        [
            f"server.default_listen_address={LOOPBACK}",
            f"server.bolt.listen_address={LOOPBACK}:{port}",
            "server.http.enabled=false",
            "server.https.enabled=false",
            "dbms.usage_report.enabled=false",
            f"server.memory.heap.max_size={heap}",
            "server.memory.pagecache.size=256m",
            # A transaction that its client forgot must not hold its locks for ever.
            "db.transaction.timeout=15m",
            # By default the log of what was written keeps two days in files of 250 MB.
            "db.tx_log.rotation.retention_policy=1 files",
            "db.tx_log.rotation.size=32M",
            "",
        ]
    )
