"""When is an agent ready? They are opened behind the page, one after the other, and handed out when open."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kg.graph import GraphError
from recsys.errors import TastegraphError, WorkspaceError
from recsys.workspace import Manifest, Workspace

if TYPE_CHECKING:
    from agent.session import Agent

logger = logging.getLogger(__name__)


def open_agent(path: Path) -> Agent:
    """Open the agent of a workspace with the settings of the environment."""
    from agent.session import Agent
    from agent.settings import Settings

    return Agent.open(path, Settings())


class Agents:
    """The agents of the served workspaces, by name, in the order given."""

    def __init__(self, workspaces: Mapping[str, Path], opener: Callable[[Path], Agent] = open_agent) -> None:
        """Read the manifests now. One that cannot be read is left out and named in `unreadable`.

        Raises `WorkspaceError` when none can be read.
        """
        self.manifests: dict[str, Manifest] = {}
        self.unreadable: dict[str, str] = {}
        """Why a workspace is not served and what to do, by name."""
        for name, path in workspaces.items():
            try:
                self.manifests[name] = Workspace.open(path).manifest
            except WorkspaceError as error:
                if len(workspaces) == 1:
                    raise
                logger.error("The workspace %s is not served: %s", name, error)
                self.unreadable[name] = str(error)
        if not self.manifests:
            raise WorkspaceError(" ".join(self.unreadable.values()) or "There is no workspace to serve.")
        self._paths = {name: workspaces[name] for name in self.manifests}
        self._opener = opener
        self._futures: dict[str, Future[Agent]] = {name: Future() for name in self._paths}
        self._thread: threading.Thread | None = None

    @property
    def names(self) -> list[str]:
        """Names of the workspaces; the first is shown first."""
        return list(self._paths)

    def path(self, name: str) -> Path:
        """Return the folder of a workspace."""
        return self._paths[name]

    def start(self) -> None:
        """Begin to open them in the background; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._open_all, name="open-agents", daemon=True)
            self._thread.start()

    def ready(self, name: str) -> bool:
        """Say whether `get` would return, or raise, without waiting."""
        return self._futures[name].done()

    def state(self, name: str) -> tuple[Literal["ready", "opening", "broken"], str]:
        """Return how a workspace is, and of one that could not be opened what to do."""
        future = self._futures[name]
        if not future.done():
            return "opening", ""
        error = future.exception()
        if error is None:
            return "ready", ""
        if isinstance(error, TastegraphError | GraphError):
            return "broken", str(error)
        return (
            "broken",
            "It broke while it was being opened. `tastegraph doctor` says which part is at fault.",
        )

    def get(self, name: str, timeout: float | None = None) -> Agent:
        """Return the agent, waiting until it is open.

        Raises what kept it from opening, and `TimeoutError` when `timeout` seconds passed.
        """
        return self._futures[name].result(timeout)

    def close(self) -> None:
        """Close those that are open."""
        for future in self._futures.values():
            if future.done() and not future.exception():
                future.result().close()

    def _open_all(self) -> None:
        for name, future in self._futures.items():
            try:
                agent = self._opener(self._paths[name])
            except (TastegraphError, GraphError) as error:
                logger.error("The workspace %s could not be opened: %s", name, error)
                future.set_exception(error)
                continue
            except Exception as error:
                # Whoever waits must hear of it; nobody would, if the thread ended here.
                logger.exception("The workspace %s could not be opened", name)
                future.set_exception(error)
                continue
            try:
                agent.warm_up()
            except (TastegraphError, GraphError) as error:
                # The agent still answers and says in its answers which part is away.
                logger.warning("Warming up %s: %s", name, error)
            except Exception:
                # A turn loads the same parts and says to its person what broke; whoever waits must get there.
                logger.exception("Warming up %s broke", name)
            future.set_result(agent)
