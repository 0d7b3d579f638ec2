"""Which tests run in one process when several share the work: those that share what is costly to make."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.parts import ROOT

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

_SHARED = {"vllm_server": "vllm", "neo4j_server": "neo4j", "postgres_server": "postgres", "served": "page"}
"""Fixture to group: one server of each kind is enough."""
_USES = re.compile(r"def test_\w+\([^)]*\b(" + "|".join(_SHARED) + r")\b")
_SHARED_BELOW = 2
"""Folders deeper than this whose conftest makes something for a session stay together; above, each file is alone."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where the work is shared, let what waits for servers come first: it is few tests, and long."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: group_of(item.nodeid) not in _SHARED.values())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Share the work of `pytest -n` by groups; marks of groups are not read by pytest-xdist beside pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    return Groups(config, log)


def group_of(nodeid: str) -> str:
    """Return the name of a test's group: a server, a folder with fixtures of its own, or the file."""
    return _group(nodeid.split("::")[0])


@cache
def _group(file: str) -> str:
    path = ROOT / file
    uses = _USES.search(path.read_text(encoding="utf-8"))
    if uses:
        return _SHARED[uses[1]]
    below = path.parent.relative_to(ROOT).parts
    if len(below) > _SHARED_BELOW and (path.parent / "conftest.py").is_file():
        return "/".join(below)
    return file
