"""What made a figure: data, code, versions, machine."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

from recsys.models.persist import library_versions
from recsys.workspace import hash_files

ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = ("kg", "recsys", "agent", "ui", "eval")


def data_hash(folder: Path) -> str:
    """Return the SHA-256 over all files of the data sets, or where there are none, of the starter catalogues."""
    if not folder.is_dir():
        folder = ROOT / "recsys" / "starter" / "data"
    return hash_files(*sorted(file for file in folder.rglob("*") if file.is_file()))


@cache
def code_hash() -> str:
    """Return 12 hexadecimal digits that change with any module of this project."""
    files = (file for package in _PACKAGES for file in (ROOT / package).rglob("*.py"))
    return hash_files(*sorted(files))[:12]


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that shape a figure."""
    return {"python": platform.python_version(), **library_versions()}


def machine() -> str:
    """Return cores, processor and memory in words."""
    parts = [f"{os.cpu_count()} cores", platform.machine(), platform.system()]
    model = _processor()
    if model:
        parts.insert(1, model)
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        parts.append(f"{memory / 2**30:.0f} GiB")
    return ", ".join(parts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
