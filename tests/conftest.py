"""Fixtures that several layers share."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # Where processes share the cores, threads that wait for each other take twice the time.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.fixtures_neo4j import neo4j_server
from tests.fixtures_postgres import postgres_server
from tests.fixtures_starter import starter_films
from tests.fixtures_vllm import one_vllm_server, vllm_server
from tests.grouping import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = [
    "neo4j_server",
    "one_vllm_server",
    "postgres_server",
    "pytest_collection_modifyitems",
    "pytest_xdist_make_scheduler",
    "starter_films",
    "vllm_server",
]
