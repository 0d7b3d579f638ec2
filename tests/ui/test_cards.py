"""Cards: what they show, and that nothing in a catalogue becomes markup."""

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from agent.evidence import Hop, ItemCard, Reason
from tests.ui.samples import EVIL, INSIDER, STRANGE
from ui.cards import card_html, cards_html, shares_of
from ui.cards_actions import actions_html
from ui.cards_cover import cover_svg
from ui.cards_path import paths_html, relation_words


class Page(HTMLParser):
    """Collects tags, attributes and text as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text += data

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.attributes if known == name]


def test_card_shows_title_year_genres_reasons_and_buttons_with_names():
    page = Page(card_html(INSIDER))
    for shown in ("The Insider", "1999", "Drama", "Thriller", "Michael Mann", "157 min"):
        assert shown in page.text
    assert "Shares the director Michael Mann with Heat" in page.text
    assert {"Like The Insider", "Dislike The Insider"} <= set(page.values("aria-label"))
    assert {"Seen: The Insider", "Not tonight: The Insider", "More like this: The Insider"} <= set(
        page.values("aria-label")
    )
    assert page.values("data-item-id") == ["film:the-insider"] * 7
    assert page.values("data-act") == ["like", "dislike", "seen", "aside", "more", "why"]
    assert page.values("aria-pressed") == ["false"] * 4


def test_marks_press_their_buttons_and_say_what_follows():
    assert Page(card_html(INSIDER, {"like"})).values("aria-pressed") == ["true", "false", "false", "false"]
    both = Page(card_html(INSIDER, {"dislike", "seen"}))
    assert both.values("aria-pressed") == ["false", "true", "true", "false"]
    for marks, told in (
        (set(), False),
        ({"like"}, False),
        ({"dislike"}, "You do not like it; it will not be suggested again."),
        ({"seen"}, "You have seen it; it will not be suggested again."),
        ({"aside"}, "It will not be suggested in this conversation."),
    ):
        html = card_html(INSIDER, marks)
        assert ("tg-consequence" in html) is bool(told)
        assert ("tg-out" in html) is bool(told)
        assert not told or told in Page(html).text


def test_what_a_thing_is_called_decides_the_words_of_its_buttons():
    words = Page(actions_html(INSIDER.model_copy(update={"kind": "product"}))).text
    assert "Not now" in words
    assert "Known" in words
    assert "tonight" not in words


def test_a_path_is_read_from_what_is_known_to_the_item():
    way = [
        Hop(start="Heat", relation="director", end="Michael Mann", forward=True),
        Hop(start="Michael Mann", relation="director", end="The Insider", forward=False),
    ]
    reasons = [INSIDER.reasons[0].model_copy(update={"path": way})]
    html = paths_html(INSIDER.model_copy(update={"reasons": reasons}))
    assert Page(html).text == ("How it is linked to HeatHeat directed byMichael Mann directedThe Insider")
    assert paths_html(INSIDER) == ""
    assert relation_words(Hop(start="a", relation="sequel_of", end="b")) == "sequel of"
    assert relation_words(Hop(start="a", relation="made_in", end="b", forward=True)) == "has the made in"
    strange = Hop(start=EVIL, relation=EVIL, end=EVIL, forward=False)
    page = Page(
        paths_html(STRANGE.model_copy(update={"reasons": [Reason(kind="path", text="x", path=[strange])]}))
    )
    assert {"script", "img"}.isdisjoint(page.tags)
    assert EVIL in page.text


def test_markup_in_a_catalogue_is_text():
    page = Page(card_html(STRANGE))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert EVIL in page.text
    assert f"Like {EVIL}" in page.values("aria-label")
    assert page.values("data-item-id")[0] == 'film:"quoted"'
    assert "${" not in card_html(STRANGE)
    assert "{{" not in card_html(STRANGE)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60))
def test_any_title_gives_the_same_tags_as_a_harmless_one(title):
    plain = Page(card_html(ItemCard(id="x", title="a", facts={"genre": ["b"]})))
    strange = Page(card_html(ItemCard(id="x", title=title, facts={"genre": [title]})))
    words = re.compile("text")
    assert [t for t in strange.tags if not words.match(t)] == [t for t in plain.tags if not words.match(t)]
    assert f"Like {title}" in strange.values("aria-label")


def test_shares_are_fractions_of_all_parts_and_say_when_simulated():
    assert sum(part for _, _, part in shares_of(INSIDER)) == 1.0
    html = card_html(INSIDER)
    assert html.count("tg-simulated") == 2, (
        "behaviour and popularity were learned from simulated people, the graph not"
    )
    assert "tg-minus" in html
    assert "tg-simulated" not in card_html(INSIDER.model_copy(update={"simulated": False}))
    assert "simulated 55%" in " ".join(Page(html).values("aria-label"))


def test_a_simulated_card_says_so_even_without_a_behaviour_share():
    card = INSIDER.model_copy(update={"shares": {"text": 1.0}})
    assert "tg-simulated" in card_html(card)


def test_the_legend_names_what_occurs():
    html = cards_html([INSIDER, STRANGE])
    legend = html[: html.index('class="tg-cards"')]
    for name in ("behaviour", "graph", "popularity", "text"):
        assert f"tg-{name}" in legend
    assert "tg-attributes" not in legend
    assert cards_html([]) == ""


def test_a_cover_is_the_same_each_time_and_differs_between_items():
    assert cover_svg(INSIDER) == cover_svg(INSIDER.model_copy())
    other = INSIDER.model_copy(update={"id": "film:thief"})
    assert cover_svg(other) != cover_svg(INSIDER)
    assert "href" not in cover_svg(INSIDER)
