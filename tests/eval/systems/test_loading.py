import re
import sys

import pytest

from eval.crs_figures.judging import judge
from eval.crs_figures.running import Entrant
from eval.crs_figures.turns import Turn
from eval.systems.loading import load_system
from recsys.errors import TastegraphError
from tests.eval.systems.tiny import HEAT, RONIN, material, said, seeker
from tests.parts import ROOT


def example():
    page = (ROOT / "docs" / "evaluating-dialogues.md").read_text(encoding="utf-8")
    return re.search(r'```python title="my_system.py"\n(.*?)```', page, re.DOTALL)[1]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("my_system", "broken_system"):
        sys.modules.pop(name, None)


def test_the_example_of_the_documentation_is_measured(here):
    (here / "my_system.py").write_text(example())
    system = load_system("my_system:SameMakers")(material())
    turn = Turn("1", 1, said(seeker(f"I loved {HEAT}", HEAT)), (RONIN,))
    (found,) = judge(lambda: system, [turn])
    assert (system.name, found.new) == ("same makers", (1,))
    assert system.respond(turn.dialogue).text == f"How about {HEAT}?"


def test_an_edited_system_is_asked_anew(here):
    file = here / "my_system.py"
    file.write_text(example())
    before = Entrant.of(load_system("my_system:SameMakers"), material()).key
    file.write_text(example() + "# edited\n")
    assert Entrant.of(load_system("my_system:SameMakers"), material()).key != before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("my_system", "module:Class"),
        ("no_such_module:System", "cannot be imported"),
        ("broken_system:Missing", "has no Missing"),
        ("broken_system:NoSystem", "respond"),
        ("broken_system:value", "respond"),
    ],
)
def test_what_is_no_system_is_said_to_be_none(here, name, message):
    (here / "broken_system.py").write_text("value = 3\nclass NoSystem:\n    pass\n")
    with pytest.raises(TastegraphError, match=message):
        load_system(name)
