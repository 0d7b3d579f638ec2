"""Whole conversations with simulated people whose taste is hidden."""

from __future__ import annotations

from eval.sections import Suite

SUITE = Suite(
    name="simulate",
    title="Simulated people, measured",
    package="eval.simulate_figures",
    sections=("satisfaction", "leak", "conversations", "served"),
    settings={
        "people": "how many people talk (100)",
        "seeds": "how many seeds each of them talks with (3)",
        "speaker": "agenda, or llm: a served model words what they say (TASTEGRAPH_LLM_BASE_URL)",
        "served_people": "how many people talk to a served model (6)",
    },
)
