"""Every figure of the knowledge graph: linking, paths, extraction, integration, embeddings, Neo4j."""

from __future__ import annotations

import sys

from eval.sections import Suite

SUITE = Suite(
    name="kg",
    title="The knowledge graph, measured",
    package="eval.kg_figures",
    # The timed ones run before those that train.
    sections=("linking", "paths", "extraction", "integration", "embeddings", "neo4j"),
)

if __name__ == "__main__":
    from eval.cli import app

    app(["kg", *sys.argv[1:]], prog_name="tastegraph eval")
