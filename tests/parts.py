"""Which real parts are at hand. In CI a missing one is a failure; on a laptop the test is skipped."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def need(available: bool, what: str, command: str) -> None:
    """Skip, or fail when CI is set, unless `available`; says which command brings the part."""
    if available:
        return
    message = f"{what} is not here. Bring it with: {command}"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(message)
    pytest.skip(message)


def shared_data() -> Path:
    """Return the folder of the measuring data beside the project, or skip: its terms forbid shipping it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("The measuring data is not beside the project (../shared/data).")
    return folder
