"""Every figure of the recommender: accuracy beside its peers, cold start, beyond accuracy, explanation, size."""

from __future__ import annotations

from eval.sections import Suite

SUITE = Suite(
    name="recommender",
    title="The recommender, measured",
    package="eval.offline_figures",
    # Those that are timed or short run before those that train for long.
    sections=(
        "retail_rocket",
        "beyond",
        "feedback",
        "sentiment",
        "rating",
        "cold",
        "social_context",
        "redial",
        "ml1m",
        "gowalla",
        "s3",
        "fusion",
        "language",
        "peers",
        "peers_sequence",
    ),
)
