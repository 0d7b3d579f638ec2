"""Explanations: borne out, faithful, various."""

from __future__ import annotations

from eval.sections import Suite

SUITE = Suite(
    name="explain",
    title="Explanations, measured",
    package="eval.explain_figures",
    sections=("claims", "counterfactual"),
    settings={"people": "how many people's recommendations are explained (100)"},
)
