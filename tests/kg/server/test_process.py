"""Ending a process group: politely, by force, with what it leaves behind, and never another one's."""

import os
import subprocess
import sys
import time

from kg.server.process import command_line, end_group

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def started(*code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", *code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def gone(pid: int) -> bool:
    for _ in range(50):
        if command_line(pid) is None:
            return True
        time.sleep(0.1)
    return False


def test_a_polite_process_ends_at_once() -> None:
    process = started("import time; print('up', flush=True); time.sleep(60)")
    said(process)
    assert end_group(process.pid, lambda: process.poll() is None, patience=20)
    assert process.returncode == -15


def test_a_stubborn_process_is_forced() -> None:
    process = started(STUBBORN)
    said(process)
    assert end_group(process.pid, lambda: process.poll() is None, patience=0.3)
    assert process.returncode == -9


def test_what_the_leader_leaves_behind_is_ended_too() -> None:
    process = started(PARENT, STUBBORN)
    worker = int(said(process))
    assert command_line(worker) is not None
    assert end_group(process.pid, lambda: process.poll() is None, patience=20)
    assert gone(worker)


def test_the_command_line_of_a_process() -> None:
    assert "python" in (command_line(os.getpid()) or "")
    process = started("pass")
    process.wait()
    assert command_line(process.pid) is None
