import re
from html.parser import HTMLParser

import pytest

from eval import html_charts
from eval.figures import Figure, Table, reached
from eval.html_parts import data_table, figures_table
from eval.report_html import html, write_html
from tests.eval.report_parts import report, sample, section
from tests.parts import need

EVIL = "<img src=x onerror=alert(1)>\"'&"
VOID = {"meta", "img", "br"}


class Tags(HTMLParser):
    """Checks that every element is closed in order, and collects tags and attributes."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(text):
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    return tags


def test_the_page_is_whole_and_asks_nothing_of_anybody(tmp_path):
    (tmp_path / "curve.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    pictured = section(sample("popularity"), sample("ours", 0.1)).model_copy(
        update={"plots": ("curve.svg", "none.svg")}
    )
    page = write_html(report({"kg.linking": pictured, "crs": section()}), tmp_path, "results")
    text = page.read_text(encoding="utf-8")
    tags = parsed(text)
    assert "script" not in tags.tags
    assert "link" not in tags.tags
    links = [value for name, value in tags.attributes if name in ("href", "src", "action", "srcset")]
    assert all(link.startswith(("#", "data:image/svg+xml;base64,")) for link in links)
    ids = {value for name, value in tags.attributes if name == "id"}
    assert {link[1:] for link in links if link.startswith("#")} <= ids
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src &#x27;none&#x27;" in text
    for told in (
        "tastegraph eval crs --data",
        "2 cores",
        "python 3.11.7",
        "a" * 64,
        "Recall@10 by unit",
        "kg",
    ):
        assert told in text
    assert "none.svg is not beside the report" in text


def test_every_text_is_text():
    bad = section(sample(EVIL)).model_copy(
        update={
            "title": EVIL,
            "question": EVIL,
            "figures": (Figure(name=EVIL, value=1.0, unit=EVIL, reach=EVIL, note=EVIL),),
            "tables": (Table(title=EVIL, columns=(EVIL, EVIL), rows=((EVIL, EVIL),), note=EVIL),),
            "config": {EVIL: EVIL},
        }
    )
    told = {"title": EVIL, "command": EVIL, "machine": EVIL, "failed": {EVIL: EVIL}, "remarks": [EVIL]}
    text = html(report({EVIL: bad}, **told))
    assert "img" not in parsed(text).tags
    assert "&lt;img src=x" in text


def test_what_was_asked_is_marked_reached_or_missed():
    text = html(report({"crs": section()}, quick=True, failed={"kg": "no server"}))
    assert "1 of 2" in text
    assert text.index(">missed<") < text.index(">reached<")
    assert "not to be quoted" in text
    assert "Failed: kg. no server" in text


@pytest.mark.parametrize(
    ("reach", "value", "expected"),
    [
        (">= .95", 0.95, True), (">= .200 (UniCRS .180)", 0.182, False), ("<= 50 ms", 53.0, False), ("< 1", 1.0, False),
        ("> 0.769, the lexicon", 0.84, True), ("0", 0.0, True), ("1.0", 0.9, False), ("above 0.69, cheap", 0.7, True),
        ("below .3", 0.4, False), ("<= 1,000", 999.0, True), ("", 1.0, None), ("as good as before", 1.0, None),
    ],
)  # fmt: skip
def test_what_was_asked_is_read(reach, value, expected):
    assert reached(Figure(name="f", value=value, reach=reach)) is expected


def test_columns_of_numbers_have_bars_with_their_spread():
    rows = (("a", ".10 ± .01", "1 of 3 people who were asked about it", "-1"), ("b", "**.20**", "none", "2"))
    drawn = data_table(Table(title="t", columns=("model", "NDCG", "note", "change"), rows=rows))
    assert drawn.count('<span class="cell">') == 2
    assert 'style="width:50.0%"' in drawn
    assert 'style="left:45.0%;right:45.0%"' in drawn
    long = data_table(Table(title="t", columns=("n",), rows=tuple((str(k),) for k in range(20))))
    assert "<details><summary>20 rows" in long
    assert figures_table((Figure(name="zero", value=0.0, reach="0"),)).count("<svg") == 1


def test_one_value_everywhere_can_be_drawn():
    same = sample("a").model_copy(update={"values": {"u": 0.5, "v": 0.5}})
    assert "NaN" not in html(report({"s": section(same, same.model_copy(update={"system": "b"}))}))
    assert "nan" not in html_charts.differences([html_charts.Change("a", 0.0, 0.0, 0.0, "none")])


@pytest.mark.browser
def test_it_opens_in_a_browser_in_light_and_dark_and_narrow(tmp_path):
    from pathlib import Path

    chromium = Path("/usr/bin/chromium")
    need(chromium.is_file(), "Chromium", "apt-get install chromium")
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    page = write_html(report({"crs": section(sample("popularity"), sample("ours", 0.1))}), tmp_path, "crs")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        colours = []
        for scheme, width in (("light", 1200), ("dark", 400)):
            tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            asked, said = [], []
            tab.on("request", lambda request, asked=asked: asked.append(request.url))
            tab.on("console", lambda message, said=said: said.append(message.text))
            tab.goto(page.as_uri())
            assert tab.locator("section").count() == 3
            assert tab.locator("svg[role=img]").count() >= 3
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            colours.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
            assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
            assert said == []
            # The page's own policy lets no script in, the checker's neither.
            checked = browser.new_context(color_scheme=scheme, bypass_csp=True).new_page()
            checked.goto(page.as_uri())
            assert [found["id"] for found in Axe().run(checked).response["violations"]] == []
        assert len(set(colours)) == 2
        browser.close()
