"""Run a Neo4j server on this machine: its files, its process, its password."""

from kg.server.jars import cache_folder, fetch_jars
from kg.server.neo4j import Neo4jServer, docker_command, java_command
from kg.server.ports import free_port

__all__ = ["Neo4jServer", "cache_folder", "docker_command", "fetch_jars", "free_port", "java_command"]
