"""What is learned from texts, and from the graph itself? `tastegraph kg extract` and `embed`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ui.console import Example, JsonOption, Output, WorkspaceOption, WrongUsage
from ui.kg_graph import GraphOption, NamespaceOption, PasswordOption, opened

learn_app = typer.Typer()


@learn_app.command(
    help="Learn a vector for every entity and relation of a graph, and say how well they predict held-out edges."
    "\n\nAn interrupted run goes on where it was. Default place: the build of the workspace."
    + Example
    + "tastegraph kg embed -w films[/]"
)
def embed(
    workspace: WorkspaceOption = None,
    graph: GraphOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write. Default: in the workspace's build.")
    ] = None,
    model: Annotated[Literal["complex", "rotate", "distmult"], typer.Option(help="The model.")] = "complex",
    dim: Annotated[
        int | None, typer.Option(min=1, help="Coordinates of an entity. Default: the model's.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Most passes over the edges. Default: the model's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides split, start and order.")] = 0,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn vectors of a graph."""
    from kg.embeddings.config import EmbeddingConfig
    from kg.embeddings.export import export_for_recommender

    folder = _embedding_folder(out, graph, workspace)
    given = {name: value for name, value in (("dim", dim), ("epochs", epochs)) if value is not None}
    config = EmbeddingConfig(model=model, seed=seed, **given)
    output = Output(as_json)
    with opened(graph, workspace, namespace, password_file) as found:
        vectors = export_for_recommender(found, folder, config, output.step)
    if output.document(vectors.card):
        return
    if vectors.card.test is not None:
        links = vectors.card.test.all
        output.say(
            f"Of {links.ranked:,} held-out ends of edges: MRR {links.mrr:.3f}, Hits@10 {links.hits_at_10:.3f}."
        )
    output.say(f"The vectors are in {folder}")


def _embedding_folder(out: Path | None, graph: str | None, workspace: str | None) -> Path:
    from recsys.workspace import Workspace
    from ui import home

    if out is not None:
        return out.expanduser()
    if graph is not None:
        raise WrongUsage("Say where the vectors go: --out FOLDER")
    return Workspace.open(home.find_workspace(workspace)).models_dir / "graph"
