"""Every figure of the recommender: accuracy beside its peers, cold start, beyond accuracy, explanation, size."""

from __future__ import annotations

from eval.sections import Suite

SUITE = Suite(
    name="recommender",
    title="The recommender, measured",
    package="eval.offline_figures",
    sections=(),
)
