import base64
import gzip

import pytest

from tests.traces import traces

WORD = "zebrafish-secret"


@pytest.mark.parametrize(
    "kept",
    [
        f"..{WORD.upper()}..".encode(),
        WORD.encode("utf-16-le"),
        WORD.encode().hex().encode(),
        base64.b64encode(b"x" + WORD.encode() + b"yz"),
        gzip.compress(WORD.encode()),
    ],
)
def test_a_word_is_found_in_every_form(tmp_path, kept):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "file").write_bytes(kept)
    assert traces(tmp_path, WORD)
    assert traces(tmp_path, "another-word-altogether") == []


def test_a_word_is_found_in_the_name_of_a_file(tmp_path):
    (tmp_path / f"{WORD}.json").touch()
    assert traces(tmp_path, WORD)
