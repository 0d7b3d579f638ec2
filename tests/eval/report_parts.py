"""Small reports to test with."""

from collections.abc import Mapping

import numpy as np

from eval.figures import Figure, Sample, Section, Table
from eval.report import Report

UNITS = [f"dialogue {k}" for k in range(40)]


def sample(system: str, shift: float = 0.0, metric: str = "Recall@10", units: list[str] = UNITS) -> Sample:
    drawn = np.random.default_rng(3).random(len(units)).round(2) + shift
    return Sample(system=system, metric=metric, values=dict(zip(units, drawn.tolist(), strict=True)))


def section(*samples: Sample, value: float = 0.5, cell: str = "**.50 ± .01**") -> Section:
    return Section(
        title="Ranking <b>",
        question="Is the right film found? `dedup`",
        figures=(
            Figure(name="Recall@10", value=value, reach=">= .45", note="40 & more"),
            Figure(name="turn, p95", value=72.0, unit="ms", reach="<= 50"),
            Figure(name="films", value=6576),
        ),
        tables=(
            Table(
                title="Models",
                columns=("model", "Recall@10", "s"),
                rows=(("popularity", ".10 ± .01", "1"), ("ours", cell, "2")),
                note="Mean of three seeds.",
            ),
        ),
        samples=samples,
        config={"seed": 0},
    )


def report(sections: Mapping[str, Section], **changed: object) -> Report:
    told = {
        "title": "Everything <measured>",
        "date": "2026-01-02T03:04:05+00:00",
        "seed": 0,
        "quick": False,
        "data_hash": "a" * 64,
        "versions": {"python": "3.11.7", "numpy": "2.4"},
        "machine": "2 cores",
        "sections": dict(sections),
        "seconds": dict.fromkeys(sections, 3.0),
        "command": "tastegraph eval crs --data 'a b'",
        "code": "c0de",
    }
    return Report.model_validate({**told, **changed})
