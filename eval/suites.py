"""Which suites are there, and where? One row a suite; a module is imported only when its suite runs."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from eval.sections import Suite
from recsys.errors import TastegraphError


@dataclass(frozen=True)
class SuiteEntry:
    """A suite before its module is imported."""

    name: str
    """As on the command line."""
    module: str
    """Offers `SUITE`."""
    measures: str
    """What it measures: one line of help."""


ENTRIES = (
    SuiteEntry(
        "offline",
        "eval.offline_suite",
        "the recommender: ranking, stars, cold start, fairness, diversity, calibration",
    ),
    SuiteEntry("crs", "eval.crs", "conversational recommendation on recorded dialogues"),
    SuiteEntry("simulate", "eval.simulate", "whole conversations with simulated users"),
    SuiteEntry("explain", "eval.explain", "explanations: support, faithfulness, variety"),
    SuiteEntry("agent", "eval.agent", "the conversation: understanding, tools, grounding, guards, speed"),
    SuiteEntry(
        "kg",
        "eval.kg",
        "the knowledge graph: linking, paths, extraction, integration, embeddings, Neo4j",
    ),
    SuiteEntry("load", "eval.load", "many people at once, and faults"),
)


def load_suite(entry: SuiteEntry) -> Suite:
    """Import the suite's module and return what it offers.

    Raises `TastegraphError` when the module, or a package that it needs, is not there.
    """
    try:
        suite = importlib.import_module(entry.module).SUITE
    except ImportError as error:
        raise TastegraphError(
            f"The suite {entry.name} cannot run: {error}. Install the extras of the project: "
            "pip install 'tastegraph[research,llm]'."
        ) from error
    if not isinstance(suite, Suite):
        raise TypeError(f"{entry.module}.SUITE is no eval.sections.Suite")
    return suite
