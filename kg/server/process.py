"""Ending a server that runs as a process group of its own, whoever started it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_FORCED_SECONDS = 10.0
_LOOK_SECONDS = 0.1


def end_group(leader: int, alive: Callable[[], bool], patience: float) -> bool:
    """Ask the process group of `leader` to end, wait `patience` seconds, then force it.

    `alive` says whether the leader still runs; it must know the process by more than its id, which another
    one may have by now. What the leader leaves behind in its group is ended too. Returns whether it ended.
    """
    for how, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, _FORCED_SECONDS)):
        if alive() and not _signal(leader, how):
            return True
        deadline = time.monotonic() + seconds
        while alive() and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
        if not alive():
            _signal(leader, signal.SIGKILL)
            return True
    return False


def command_line(pid: int) -> str | None:
    """Return the arguments of a process, or None when there is none of this id or it has ended."""
    if Path("/proc/self").exists():
        try:
            # Of a process that ended and was not waited for, the line is empty.
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace") or None
        except (FileNotFoundError, ProcessLookupError):
            return None
    shown = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, timeout=60, check=False
    )
    return shown.stdout.strip() or None


def _signal(leader: int, how: signal.Signals) -> bool:
    """Signal a group; False when nobody is left in it."""
    try:
        os.killpg(leader, how)
    except (ProcessLookupError, PermissionError):
        # No such group, or one of somebody else's, which is not the one we mean.
        return False
    return True
