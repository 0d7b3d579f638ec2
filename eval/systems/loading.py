"""A system by its name on the command line: `module:Class`."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from eval.systems.material import Material
from eval.systems.protocol import System
from recsys.errors import TastegraphError

MakeSystem = Callable[[Material], System]
"""What a system's class is: it is called once with what may be learned from."""


def load_system(name: str) -> MakeSystem:
    """Import `module:Class`; the folder in which the command runs is searched first, as Python itself does.

    The class is called with a `Material` and must offer `name` and `respond`. Raises `TastegraphError` when the name
    has another form, the module or the class is not there, or the class has no `respond`.
    """
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        raise TastegraphError(
            f"A system is named as module:Class, for example my_system:MySystem; not {name!r}."
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ImportError as error:
        raise TastegraphError(
            f"The module {module} cannot be imported: {error}. Run the command in its folder, or install it."
        ) from error
    except AttributeError as error:
        raise TastegraphError(f"The module {module} has no {attribute}.") from error
    if not callable(found) or not callable(getattr(found, "respond", None)):
        raise TastegraphError(
            f"{name} is no system: it needs to be a class with respond(dialogue). "
            "docs/evaluating-dialogues.md has a complete example."
        )
    return cast(MakeSystem, found)
