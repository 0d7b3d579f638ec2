"""Which tests run in one process when several share the work: those that share what is costly to make."""

from pathlib import Path

import pytest

from tests.parts import ROOT

_SERVERS = {"one_vllm_server": "vllm", "neo4j_server": "neo4j", "postgres_server": "postgres"}
"""Fixture to group: one server of each kind is enough."""
_SHARED_BELOW = 2
"""Folders deeper than this whose conftest makes something for a session stay together; above, each file is alone."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its group for `pytest -n`, before pytest-xdist reads it; without `-n` nothing changes."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))


def group_of(item: pytest.Item) -> str:
    """Return the name of the group: a server, a folder with fixtures of its own, or the file."""
    fixtures = set(getattr(item, "fixturenames", ()))
    server = next((group for fixture, group in _SERVERS.items() if fixture in fixtures), None)
    if server:
        return server
    folder = Path(item.path).parent
    below = folder.relative_to(ROOT).parts
    if len(below) > _SHARED_BELOW and (folder / "conftest.py").is_file():
        return "/".join(below)
    return item.nodeid.split("::")[0]
