import pytest

from eval.systems.titles import TitleLinker, same_items, title_and_year
from tests.eval.systems.tiny import ALIEN, BIRDS, HEAT, ITEMS, OTHER_HEAT, RONIN

LINKER = TitleLinker(ITEMS, [9, 1, 1, 1, 1, 2])


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Heat (1995)", HEAT),
        ("Heat (2013)", OTHER_HEAT),
        ("Heat", HEAT),
        ("the birds", BIRDS),
        ("Ronnin", RONIN),
        ("Heat (1955)", None),
        ("The Film That Nobody Made", None),
    ],
)
def test_a_title_is_linked_to_its_item(written, found):
    assert LINKER.item(written) == found


def test_exactly_means_without_typing_errors():
    assert LINKER.item("Ronnin", exactly=True) is None
    assert LINKER.item("Ronin", exactly=True) == RONIN


def test_a_list_is_read_line_by_line_and_what_is_no_item_is_counted():
    text = (
        "You might like these:\n- Ronin (1998)\n2. **Alien** - a creature hunts the crew\n"
        "* The Invented Film (2004)\n3) Heat (1995)\n- Ronin\nEnjoy!"
    )
    assert LINKER.listed(text) == ((RONIN, ALIEN, HEAT), 1)


def test_a_text_without_a_list_is_searched_for_titles():
    assert LINKER.listed("I would watch Ronin (1998), and then Alien (1979).") == ((RONIN, ALIEN), 0)
    assert LINKER.listed("") == ((), 0)


def test_items_of_two_catalogues_are_the_same_by_title_and_year():
    found = [
        ("a", "Heat", 2013),
        ("b", "Heat", 1995),
        ("c", "Ronin", None),
        ("d", "Alien", 1986),
        ("e", "Up", 2009),
    ]
    assert same_items(found, ITEMS) == {"a": OTHER_HEAT, "b": HEAT, "c": RONIN}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Heat (1995)", ("Heat", 1995)),
        ("Water (1985 film)", ("Water", 1985)),
        ("Police Academy (film)", ("Police Academy", None)),
        ("2012", ("2012", None)),
        ("(500) Days of Summer", ("(500) Days of Summer", None)),
    ],
)
def test_title_and_year_are_told_apart(name, parts):
    assert title_and_year(name) == parts
