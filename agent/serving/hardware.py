"""What is there to serve a model on: graphics cards, their memory, and the memory of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict

_MEMORY = Path("/proc/meminfo")


class Card(BaseModel):
    """A graphics card."""

    model_config = ConfigDict(frozen=True)

    name: str
    memory: int
    """Bytes, the whole of the card."""
    capability: float = 0.0
    """CUDA compute capability; 0 where it is not known. Below 8 there is no bfloat16."""


class Hardware(BaseModel):
    """What this machine has."""

    model_config = ConfigDict(frozen=True)

    cards: tuple[Card, ...] = ()
    memory: int | None = None
    """Bytes that a new process may take; None where the system does not say."""


def find_hardware() -> Hardware:
    """Ask the driver for its cards, as far as CUDA_VISIBLE_DEVICES shows them, and the system for free memory."""
    return Hardware(cards=tuple(_cards()), memory=_free_memory())


def _cards() -> list[Card]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    asked = [tool, "--query-gpu=index,name,memory.total,compute_cap", "--format=csv,noheader,nounits"]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return []
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    wanted = None if shown is None else [part.strip() for part in shown.split(",") if part.strip()]
    found = []
    for line in answer.stdout.splitlines():
        index, name, memory, capability = (part.strip() for part in line.split(","))
        # Cards may also be shown by a name, which the driver's list does not resolve; then all count.
        if wanted is not None and all(part.isdigit() for part in wanted) and index not in wanted:
            continue
        level = float(capability) if capability.replace(".", "").isdigit() else 0.0
        found.append(Card(name=name, memory=int(float(memory) * 2**20), capability=level))
    return found


def _free_memory() -> int | None:
    if not _MEMORY.is_file():
        return None
    for line in _MEMORY.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None
