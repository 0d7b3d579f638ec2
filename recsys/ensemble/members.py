"""What takes part in an ensemble, and how it is found again on the disk."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import cast

from recsys.errors import WorkspaceError
from recsys.models.base import Scorer
from recsys.schema import Granularity

_OURS = "recsys."


@dataclass(frozen=True)
class Member:
    """One scorer with a name of its own; two members may be of one class."""

    name: str
    """Letters, digits, `-` and `_`; unique in its ensemble, and the name of its folder."""
    scorer: Scorer
    granularity: Granularity = Granularity.BEHAVIOUR
    """What its share of a score speaks of."""

    @property
    def type(self) -> str:
        """Where the class of the scorer is: `recsys.models.ease:Ease`."""
        kind = type(self.scorer)
        return f"{kind.__module__}:{kind.__qualname__}"


def new_scorer(type_name: str) -> Scorer:
    """Return a new scorer of a class that `Member.type` named; only classes of `recsys` are made.

    Raises `WorkspaceError` for any other name and when there is no such class.
    """
    module, _, name = type_name.partition(":")
    if not module.startswith(_OURS):
        raise WorkspaceError(f"The ensemble has a member of type {type_name!r}, which is none of ours.")
    try:
        return cast(Scorer, getattr(importlib.import_module(module), name)())
    except (ImportError, AttributeError, TypeError) as error:
        raise WorkspaceError(
            f"The ensemble has a member of type {type_name!r}, which this version does not know. "
            "Build the workspace anew."
        ) from error
