"""Run a Neo4j server on this machine: its files, its process, its password, and who may only read."""

from kg.server.access import Access, look, make_reader
from kg.server.docker import docker_command
from kg.server.jars import cache_folder, fetch_jars
from kg.server.java import find_java, java_command
from kg.server.neo4j import Neo4jServer
from kg.server.ports import free_port

__all__ = [
    "Access",
    "Neo4jServer",
    "cache_folder",
    "docker_command",
    "fetch_jars",
    "find_java",
    "free_port",
    "java_command",
    "look",
    "make_reader",
]
