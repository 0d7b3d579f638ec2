"""Which of the served workspaces have a service desk, and when is it open?"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from recsys.workspace import Workspace
from ui.agents import Agents

if TYPE_CHECKING:
    from agent.service.session import ServiceAgent
    from agent.session import Agent


logger = logging.getLogger(__name__)


def open_desk(agent: Agent) -> ServiceAgent:
    """Open the service desk over the parts of an open chat."""
    from agent.service.session import ServiceAgent

    return ServiceAgent.beside(agent.services, agent.settings)


class Desks:
    """The service desks of the workspaces that have customers or a written policy, by name, in the order given."""

    def __init__(self, agents: Agents, opener: Callable[[Agent], ServiceAgent] = open_desk) -> None:
        """Look which workspaces can be served; nothing is opened yet."""
        self._agents = agents
        self._opener = opener
        self._open: dict[str, ServiceAgent] = {}
        self._guard = threading.Lock()
        self._warming: dict[str, threading.Thread] = {}
        self.names: list[str] = [name for name in agents.names if serves(Workspace.open(agents.path(name)))]
        """Workspaces with a desk; empty where there is none."""

    def title(self, name: str) -> str:
        """Return what the shop calls itself."""
        return self._agents.manifests[name].name

    def ready(self, name: str) -> bool:
        """Say whether `get` would return, or raise, without a long wait."""
        return self._agents.ready(name)

    def get(self, name: str) -> ServiceAgent:
        """Return the desk, waiting until its chat is open; raises what kept either from opening."""
        agent = self._agents.get(name)
        with self._guard:
            if name not in self._open:
                self._open[name] = self._opener(agent)
            return self._open[name]

    def warm(self, name: str) -> threading.Thread:
        """Begin to load what a draft needs, once; returns the thread that does it, to be waited for."""
        desk = self.get(name)
        with self._guard:
            if name not in self._warming:
                thread = threading.Thread(
                    target=_warm_up, args=(name, desk), name=f"warm-{name}", daemon=True
                )
                self._warming[name] = thread
                thread.start()
            return self._warming[name]

    def close(self) -> None:
        """Close those that are open; call it before the chats are closed."""
        for thread in list(self._warming.values()):
            # It reads what is closed next.
            thread.join(timeout=60)
        with self._guard:
            for desk in self._open.values():
                desk.close()
            self._open.clear()


def _warm_up(name: str, desk: ServiceAgent) -> None:
    try:
        desk.warm_up()
    except Exception:
        # A draft loads the same parts and says to its operator what broke.
        logger.exception("Warming up the service desk of %s broke", name)


def serves(workspace: Workspace) -> bool:
    """Say whether a workspace has customers or a written policy; reads no table."""
    return (workspace.build_dir / "customers.parquet").is_file() or bool(workspace.policy)
