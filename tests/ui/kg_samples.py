"""A workspace and files for the commands of the graph."""

from pathlib import Path

from kg.schema import Entity, Triple
from kg.stores.ladybug import LadybugGraph
from recsys.catalogue import Catalogue
from recsys.schema import Item
from recsys.workspace import Workspace, create_workspace

FILMS = {
    "film:heat-1995": ("Heat", ("Heat (1995)",)),
    "film:heat-1986": ("Heat", ("Heat (1986)",)),
    "film:the-insider-1999": ("The Insider", ("The Insider (1999)",)),
    "film:ronin-1998": ("Ronin", ("Ronin (1998)",)),
}
ENTITIES = [
    Entity(id=k, kind="film", name=name, aliases=others, popularity=3.0)
    for k, (name, others) in FILMS.items()
]
ENTITIES += [
    Entity(id="person:michael-mann", kind="person", name="Michael Mann"),
    Entity(id="genre:crime", kind="genre", name="Crime"),
    Entity(id="theme:alone", kind="theme", name="loneliness"),
]
TRIPLES = [
    Triple(subject=film, relation=relation, object=thing, source=source)
    for film, relation, thing, source in (
        ("film:heat-1995", "director", "person:michael-mann", "table"),
        ("film:heat-1995", "director", "person:michael-mann", "plots"),
        ("film:the-insider-1999", "director", "person:michael-mann", "table"),
        ("film:heat-1995", "genre", "genre:crime", "table"),
        ("film:heat-1986", "genre", "genre:crime", "table"),
        ("film:ronin-1998", "genre", "genre:crime", "table"),
        ("film:the-insider-1999", "genre", "genre:crime", "table"),
    )
]
MAPPING = """table = "films.csv"
source = "mine"
kind = "film"
name = "title"
[relations]
director = { column = "director", kind = "person" }
genre = { column = "genres", separator = "|" }
"""
ROWS = "title,director,genres\nHeat,Michael Mann,Crime|Drama\nRonin,John Frankenheimer,Crime\n"
NEWER = "title,director,genres\nHeat,Michael Mann,Crime\nThe Insider,Michael Mann,Drama\n"


def workspace_with_graph(path: Path) -> Workspace:
    """Write a workspace of four films with a graph and without models."""

    def graph(folder: Path) -> dict[str, int]:
        made = LadybugGraph(folder / "graph" / "graph.lbug")
        made.upsert(ENTITIES, TRIPLES)
        made.close()
        return {"entities": len(ENTITIES), "triples": len(TRIPLES)}

    about = {"film:the-insider-1999": "A chemist speaks out against the tobacco companies."}
    items = [
        Item(id=k, title=name, kind="film", description=about.get(k, "")) for k, (name, _) in FILMS.items()
    ]
    catalogue = Catalogue(name="Four films", domain="films", source="small", items=items, simulated=True)
    return create_workspace(path, catalogue, [graph], seed=1)


def table(folder: Path, rows: str = ROWS) -> str:
    """Write a table with its mapping; returns what `--source` is given."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "films.csv").write_text(rows, encoding="utf-8")
    (folder / "films.toml").write_text(MAPPING, encoding="utf-8")
    return f"table:mine={folder / 'films.toml'}"
