"""What the documents name exists."""

import re
from pathlib import Path

import pytest

from tests.parts import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
_CODE_PATH = re.compile(r"`((?:kg|recsys|agent|ui|eval|tests|docs|requirements)/[\w./-]*)`")
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
_MAKE = re.compile(r"\bmake ([a-z0-9-]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_links_and_targets_exist(page: Path):
    text = page.read_text(encoding="utf-8")
    missing = [path for path in _CODE_PATH.findall(text) if not (ROOT / path).exists()]
    missing += [link for link in _LINK.findall(text) if not (page.parent / link).exists()]
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    code = " ".join(re.findall(r"`[^`]+`|^```.*?^```", text, re.MULTILINE | re.DOTALL))
    missing += [f"make {target}" for target in _MAKE.findall(code) if target not in targets]
    assert missing == []


def test_no_page_has_a_place_left_to_fill():
    assert [page.name for page in PAGES if "@@" in page.read_text(encoding="utf-8")] == []
