"""What is written: valid, quiet, the same every time, and free of markup that a name brought along."""

import json
import re
from html.parser import HTMLParser
from itertools import combinations
from xml.etree import ElementTree

import pytest

from kg.drawing import neighbourhood, render_page, render_svg, write_pictures
from kg.drawing.files import file_stem
from kg.drawing.layout import half_width, lay_out
from kg.drawing.marks import marks
from kg.drawing.svg import left_out_words, style
from kg.drawing.text import columns, shorten
from kg.graph import GraphError
from tests.kg.drawing.samples import EVIL, films, hostile

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graphs")
    made = {}
    for name, graph, entity in (
        ("films", films(folder / "films.lbug"), "film:0"),
        ("genre", films(folder / "genre.lbug", 40), "genre:drama"),
        ("hostile", hostile(folder / "hostile.lbug"), "thing:middle"),
    ):
        made[name] = neighbourhood(graph, entity, 2, 28)
        graph.close()
    return made


@pytest.mark.parametrize("name", ["films", "genre", "hostile"])
def test_the_drawing_is_valid_xml_with_a_mark_for_each_entity(pictures, name):
    root = ElementTree.fromstring(render_svg(pictures[name]))
    groups = [g for g in root.iter(f"{SVG}g") if "node" in g.get("class", "").split()]
    assert len(groups) == len(pictures[name].entities)
    assert {element.tag for element in root.iter()} <= {
        SVG + tag
        for tag in (
            "svg",
            "title",
            "desc",
            "style",
            "defs",
            "marker",
            "path",
            "rect",
            "text",
            "tspan",
            "g",
            "line",
        )
    }
    assert root.find(f"{SVG}title").text


def test_the_drawing_says_what_it_leaves_out(pictures):
    assert left_out_words(pictures["genre"]) == (
        "17 of 40 neighbours of the first step are drawn. Not drawn: 23 by genre. Behind them 11 of the second step."
    )
    assert "Not drawn: 23 by genre." in " ".join(
        ElementTree.fromstring(render_svg(pictures["genre"])).itertext()
    )


@pytest.mark.parametrize("name", ["films", "genre", "hostile"])
def test_no_label_covers_another(pictures, name):
    around = pictures[name]
    layout = lay_out(around)
    for a, b in combinations(around.entities, 2):
        (ax, ay), (bx, by) = layout.places[a.id], layout.places[b.id]
        assert abs(ax - bx) >= half_width(a) + half_width(b) or abs(ay - by) >= 50, (a.id, b.id)
    for x, y in layout.places.values():
        assert 0 < x < layout.width
        assert 0 < y < layout.height


def test_the_same_neighbourhood_gives_the_same_files(pictures):
    assert render_svg(pictures["films"]) == render_svg(pictures["films"])
    assert render_page(pictures["films"]) == render_page(pictures["films"])


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_a_page_has_only_its_own_scripts_and_addresses(pictures):
    page = render_page(pictures["hostile"])
    tags = Tags()
    tags.feed(page)
    assert [attributes.get("type") for tag, attributes in tags.found if tag == "script"] == [
        "application/json",
        None,
    ]
    assert not {"img", "b", "i", "iframe", "object", "form"} & {tag for tag, _ in tags.found}
    for tag, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert attributes.get("href", "data:,") == "data:,"
        assert "src" not in attributes
        assert "style" not in attributes
    assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg|http-equiv", "", page)


def test_the_data_of_a_page_is_what_the_graph_says(pictures):
    page = render_page(pictures["films"])
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page)[1])
    ann = next(k for k, node in enumerate(data["nodes"]) if node["name"] == "Ann Lee")
    facts = [fact for line in data["lines"] if {line["a"], line["b"]} == {0, ann} for fact in line["facts"]]
    assert {(fact["relation"], fact["source"], fact["confidence"], fact["last"]) for fact in facts} == {
        ("director", "plots", 0.75, "2026-01-02"),
        ("director", "table", 0.75, "2026-01-02"),
        ("writer", "table", 0.75, "2026-01-02"),
    }
    assert "It was made by Ann Lee." in {fact["sentence"] for fact in facts}


def test_marks_differ_without_colour_and_letters_can_be_read_on_them():
    signs = marks(f"kind {k}" for k in range(12))
    assert len({sign.letter for sign in signs.values()}) == 12
    sheet = style("picture.css")
    light, dark = sheet.split("@media", 1)
    for part in (light, dark):
        on = re.search(r"--on: (#\w{6})", part)[1]
        fills = re.findall(r"--k\d: (#\w{6})", part)
        assert len(fills) == 8
        assert all(contrast(on, fill) >= 4.5 for fill in fills)
        assert (
            contrast(re.search(r"--soft: (#\w{6})", part)[1], re.search(r"--ground: (#\w{6})", part)[1])
            >= 4.5
        )


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_long_and_wide_names_are_cut_to_their_room():
    assert shorten("x" * 300, 24) == "x" * 23 + "…"
    assert columns(shorten("名前" * 40, 24)) <= 24
    assert shorten("a\n b\t c", 24) == "a b c"
    assert "\u202e" not in shorten(EVIL, 300)


def test_files_are_named_after_the_entity_and_replaced_whole(pictures, tmp_path):
    first = write_pictures(pictures["films"], tmp_path / "new")
    assert [path.name for path in first] == ["film-0.html", "film-0.svg"]
    before = first[0].read_text()
    assert write_pictures(pictures["films"], tmp_path / "new") == first
    assert first[0].read_text() == before
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["film-0.html", "film-0.svg"]
    assert file_stem("../../etc/passwd") == "etc-passwd"
    assert file_stem("名前") != ""


def test_a_place_that_cannot_be_written_is_said(pictures, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(GraphError, match="could not be written"):
        write_pictures(pictures["films"], tmp_path / "file")
