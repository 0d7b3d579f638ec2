"""`tastegraph kg`: look into a knowledge graph, ask it, and draw it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ui.console import Example, JsonOption, WorkspaceOption, complain, print_json, say
from ui.kg_change_commands import change_app
from ui.kg_extract_command import extract_app
from ui.kg_graph import (
    GraphOption,
    NamespaceOption,
    PasswordOption,
    described,
    entities_named,
    linker_of,
    nothing_or_several,
    opened,
    question,
)
from ui.kg_learn_commands import learn_app
from ui.kg_serve import serve_app

kg_app = typer.Typer(
    no_args_is_help=True,
    help="Build, ask, draw and keep a knowledge graph."
    "\n\nEvery command ends with 0; with 1 where the answer is that there is none, or where it could not be done; "
    "with 2 where the command line is wrong.",
)


@kg_app.command(
    help="Count entities by kind, and triples by relation and by source."
    + Example
    + "tastegraph kg stats -w films[/]"
)
def stats(
    workspace: WorkspaceOption = None,
    graph: GraphOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count what a graph holds."""
    from ui.kg_print import show, stats_tables

    with opened(graph, workspace, namespace, password_file) as found:
        counts = found.stats()
    if as_json:
        print_json(counts)
    else:
        show(*stats_tables(counts))


@kg_app.command(
    help="Say which entity a name means, how surely and why; or ask back; or say that there is no such thing."
    "\n\nWith --sentence every name in a sentence is looked for. Ends with 1 where nothing is meant."
    + Example
    + 'tastegraph kg link "the godfather 2" -w films[/]'
)
def link(
    text: Annotated[str, typer.Argument(help="A name as a person would write it.")],
    sentence: Annotated[bool, typer.Option("--sentence", help="Look for names in a whole sentence.")] = False,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only entities of this kind; may be repeated.")
    ] = None,
    workspace: WorkspaceOption = None,
    graph: GraphOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which entity a name means."""
    from kg.linking import LinkResult
    from ui.kg_print import link_json, link_reason, link_table, show

    with opened(graph, workspace, namespace, password_file) as found:
        linker = linker_of(found, graph, workspace)
        if sentence:
            mentions = [m for m in linker.find(text) if not kind or m.entity.kind in kind]
            results = [
                (m.surface, LinkResult(m.entity, m.score, m.alternatives, m.ambiguous, m.reason))
                for m in mentions
            ]
        else:
            results = [(text, linker.link(text, kinds=kind))]
        linked = [(name, result) for name, result in results if result.entity is not None]
        nothing = (
            "" if linked else nothing_or_several(found, text, LinkResult(None) if sentence else results[0][1])
        )
    if as_json:
        told = [link_json(name, result) for name, result in results]
        print_json(told if sentence else told[0])
    elif nothing:
        complain("No name of this graph is in the sentence." if sentence else nothing)
    for name, result in [] if as_json else linked:
        if sentence:
            say(f"{name!r}:")
        show(link_table(result))
        if result.ambiguous and result.entity is not None:
            say(question(name, [result.entity, *result.alternatives]))
        else:
            say(link_reason(result))
    if not linked:
        raise typer.Exit(1)


@kg_app.command(
    help="Show the few paths that best say how two things belong together, and who says so."
    "\n\nNames are linked to entities; ids are taken as they are. Ends with 1 where there is no path."
    + Example
    + 'tastegraph kg path "Heat" "The Insider" -w films[/]'
)
def path(
    one: Annotated[str, typer.Argument(help="A name or an id.")],
    other: Annotated[str, typer.Argument(help="A name or an id.")],
    hops: Annotated[int, typer.Option(min=1, max=3, help="Longest path, in steps.")] = 2,
    limit: Annotated[int, typer.Option(min=1, max=50, help="How many paths.")] = 5,
    workspace: WorkspaceOption = None,
    graph: GraphOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the paths between two things."""
    from kg.paths.explaining import path_sources
    from ui.kg_print import path_json, path_text, show

    with opened(graph, workspace, namespace, password_file) as found:
        start, end = entities_named(found, [one, other], graph, workspace)
        if start.id == end.id:
            complain(f"Both are {described(start)}; there is no path to walk.")
            raise typer.Exit(1)
        paths = found.paths(start.id, end.id, max_hops=hops, limit=limit)
        told = [(walk, path_sources(found, walk)) for walk in paths]
    if as_json:
        print_json([path_json(*one) for one in told])
    else:
        show(*(path_text(*one) for one in told))
    if not told:
        more = " Try --hops 3." if hops < 3 else ""
        complain(f"No path of at most {hops} steps joins {start.name!r} and {end.name!r}.{more}")
        raise typer.Exit(1)


@kg_app.command(
    name="show",
    help="Draw what surrounds an entity: a page to explore, and a drawing to keep, each one file."
    + Example
    + 'tastegraph kg show "Heat" -w films --out pictures[/]',
)
def draw(
    entity: Annotated[str, typer.Argument(help="A name or an id.")],
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path(),
    hops: Annotated[int, typer.Option(min=1, max=2, help="Steps around the entity.")] = 2,
    limit: Annotated[int, typer.Option(min=1, max=120, help="Most entities around it.")] = 40,
    workspace: WorkspaceOption = None,
    graph: GraphOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw what surrounds an entity."""
    from kg.drawing import neighbourhood, write_pictures
    from kg.drawing.svg import left_out_words
    from ui.kg_print import show

    with opened(graph, workspace, namespace, password_file) as found:
        (centre,) = entities_named(found, [entity], graph, workspace)
        around = neighbourhood(found, centre.id, hops, limit)
    page, drawing = write_pictures(around, out.expanduser())
    if as_json:
        print_json(
            {
                "entity": centre,
                "html": page,
                "svg": drawing,
                "entities": len(around.entities),
                "triples": len(around.triples),
                "left_out": dict(around.left_out),
            }
        )
        return
    show(Text(f"{centre.name} ({centre.kind}): {left_out_words(around)}"))
    say(f"To explore: {page}")
    say(f"To keep:    {drawing}")


kg_app.add_typer(change_app)
kg_app.add_typer(extract_app)
kg_app.add_typer(learn_app)
kg_app.add_typer(serve_app, name="serve")
