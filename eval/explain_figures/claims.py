"""Are reasons borne out, do the shares add up, and do people get different reasons?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from eval.explain_figures.explainers import BecauseYouLiked, Explain, Explained, because_popular, ours
from eval.explain_figures.people import Asked, from_history, people_of, with_wish
from eval.explain_figures.proof import Proof, Verdict
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from kg.stores.ladybug import LadybugGraph
from recsys.recommender import Recommender
from recsys.workspace import Workspace

SUMS_TO = 1e-5


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Explain the lists of real people, from their history alone and with a genre asked for."""
    started = time.monotonic()
    world, tastes = people_of(options, progress)
    workspace = Workspace.open(world.workspace)
    proof = Proof(workspace)
    asked: list[Asked] = []
    gaps: list[float] = []
    with closing(LadybugGraph(workspace.graph_path, read_only=True)) as graph:
        recommender = Recommender.open(workspace, graph)
        for taste in tastes:
            if asked and options.budget_s is not None and time.monotonic() - started > options.budget_s:
                break
            for one in (from_history(recommender, taste), with_wish(recommender, taste)):
                asked.append(one)
                gaps += _gaps(recommender, one)
    progress(f"{len(asked):,} lists of {len(asked) // 2} people")
    titles = {item.id: item.title for item in workspace.items}
    counts = {item.id: item.popularity for item in workspace.items}
    explainers: dict[str, Explain] = {
        "ours": ours,
        "because it is popular": because_popular,
        "because you liked your most popular one": BecauseYouLiked(titles, counts),
    }
    found = {name: _judged(proof, asked, explain) for name, explain in explainers.items()}
    own = found["ours"]
    paths = [pair for pair in own if pair[1].kind == "path"]
    note = f"{len(asked):,} lists of {len(asked) // 2} people of ml-1m, {len(gaps):,} recommendations"
    figures = [
        Figure(name="reasons borne out by the tables", value=_share(own), reach="1",
               note=f"{len(own):,} reasons, {note}"),
        Figure(name="paths whose edges exist and join the item to something liked", value=_share(paths), reach="1",
               note=f"{len(paths):,} paths"),
        Figure(name="scores that their shares add up to", value=float(np.mean([gap <= SUMS_TO for gap in gaps])),
               reach="1", note=f"to {SUMS_TO:g}, of the score that ranks; the largest gap is {max(gaps):.1e}"),
        Figure(name="recommendations with a reason that names something liked", value=_naming(asked), note=note),
    ]  # fmt: skip
    for name, verdicts in found.items():
        figures += [
            Figure(name=f"borne out, {name}", value=_share(verdicts), note=f"{len(verdicts):,} reasons"),
            Figure(name=f"different reasons, {name}", value=_different(asked, explainers[name]),
                   note="wordings, over all reasons"),
        ]  # fmt: skip
    return Section(
        title="Claims of reasons",
        question="Is each reason borne out by the data, and are reasons more than one phrase for everybody?",
        figures=tuple(figures),
        tables=(_explainers_table(asked, explainers, found), _kinds_table(own), _faults_table(own)),
        samples=tuple(
            Sample(system=name, metric="borne out", values=_by_person(verdicts))
            for name, verdicts in found.items()
        ),
        config={"seed": options.seed, "people": len(asked) // 2},
    )


def _gaps(recommender: Recommender, asked: Asked) -> list[float]:
    """Return how far the shares of each recommendation are from the score by which it was ranked."""
    found = []
    for one in asked.recommendations:
        _, _, score = recommender.place_of(one.item.id, asked.request, asked.profile)
        found.append(abs(sum(share.value for share in one.contributions) - score))
    return found


def _judged(proof: Proof, asked: Sequence[Asked], explain: Explain) -> list[tuple[Explained, Verdict]]:
    return [
        (one, proof.verdict(one, reason, each.wanted))
        for each in asked
        for one in each.explained(explain)
        for reason in one.reasons
    ]


def _share(verdicts: Sequence[tuple[Explained, Verdict]]) -> float:
    return float(np.mean([verdict.borne_out for _, verdict in verdicts])) if verdicts else float("nan")


def _by_person(verdicts: Sequence[tuple[Explained, Verdict]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for one, verdict in verdicts:
        found.setdefault(one.person, []).append(float(verdict.borne_out))
    return {person: float(np.mean(values)) for person, values in found.items()}


def _naming(asked: Sequence[Asked]) -> float:
    explained = [one for each in asked for one in each.explained(ours)]
    return float(np.mean([one.cited is not None for one in explained]))


def _texts(asked: Sequence[Asked], explain: Explain) -> list[str]:
    return [reason.text for each in asked for one in each.explained(explain) for reason in one.reasons]


def _different(asked: Sequence[Asked], explain: Explain) -> float:
    texts = _texts(asked, explain)
    return len(set(texts)) / max(1, len(texts))


def _entropy(texts: Sequence[str]) -> float:
    """Return the entropy of the wordings in bits."""
    shares = np.array(list(Counter(texts).values())) / len(texts)
    return float((shares * -np.log2(shares)).sum()) + 0.0


def _within_list(asked: Sequence[Asked], explain: Explain) -> float:
    """Return the share of a list's first reasons that are worded as no other of it, the mean over lists."""
    shares = []
    for each in asked:
        first = [one.reasons[0].text for one in each.explained(explain) if one.reasons]
        shares += [len(set(first)) / len(first)] if first else []
    return float(np.mean(shares))


def _explainers_table(
    asked: Sequence[Asked],
    explainers: dict[str, Explain],
    found: dict[str, list[tuple[Explained, Verdict]]],
) -> Table:
    rows = []
    for name, explain in explainers.items():
        texts = _texts(asked, explain)
        paths = [(one, verdict) for one, verdict in found[name] if verdict.kind == "path"]
        rows.append(
            (
                name,
                f"{len(texts):,}",
                f"{_share(found[name]):.4f}",
                f"{_share(paths):.4f} of {len(paths):,}" if paths else "none",
                f"{_different(asked, explain):.3f}",
                f"{_entropy(texts):.1f}",
                f"{_within_list(asked, explain):.3f}",
                f"{max(Counter(texts).values()) / len(texts):.3f}",
            )
        )
    columns = (
        "explainer", "reasons", "borne out", "valid paths", "different", "entropy, bits",
        "first reasons differ in a list", "share of the commonest",
    )  # fmt: skip
    return Table(
        title="Explainers on the same recommendations", columns=columns, rows=tuple(rows),
        note="Borne out: by the tables of items, edges and meetings, with code that shares nothing with what made it.",
    )  # fmt: skip


def _kinds_table(verdicts: Sequence[tuple[Explained, Verdict]]) -> Table:
    kinds = Counter(verdict.kind for _, verdict in verdicts)
    rows = []
    for kind, n in kinds.most_common():
        rows.append((kind, f"{n:,}", f"{_share([pair for pair in verdicts if pair[1].kind == kind]):.4f}"))
    return Table(title="Our reasons by kind", columns=("kind", "reasons", "borne out"), rows=tuple(rows))


def _faults_table(verdicts: Sequence[tuple[Explained, Verdict]]) -> Table:
    faults = [(one.recommendation.item.label, v.kind, v.why) for one, v in verdicts if not v.borne_out]
    return Table(title="What is not borne out", columns=("item", "kind", "why"), rows=tuple(faults[:20]))
