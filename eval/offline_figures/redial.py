"""ReDial by the recommender alone: how often it ranks first what a person went on to recommend in the dialogue."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.sparse import csr_array

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.offline_figures.kept import Found, Keeper, key_of
from eval.offline_figures.redial_data import Asked, Redial, read_redial
from recsys.dialogue.inputs import exclusion
from recsys.dialogue.recommender import DialogueConfig, DialogueRecommender
from recsys.dialogue.repeats import repetition, with_repeats
from recsys.dialogue.state import DialogueState, DialogueTurn
from recsys.metrics import target_ranks
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.models.item_knn import ItemKnn
from recsys.models.popularity import Popularity
from recsys.sparse import ones_at

SEEDS = 3
KS = (1, 10, 50)
_BLOCK = 256
_QUICK_DIALOGUES, _QUICK_TURNS = 400, 300
_OFFICIAL = 10_006
"""Dialogues of the official train set."""
_REACH = {1: ">= .035 (UniCRS .024)", 10: ">= .200 (UniCRS .180)", 50: ">= .380 (UniCRS .335)"}
_PARTS = {
    "named items (behaviour)": "behaviour",
    "their attributes (graph)": "graph",
    "words (text)": "text",
    "named attributes": "attributes",
    "popularity": "popularity",
}

Score = Callable[[Sequence[DialogueState]], FloatMatrix]


@dataclass(frozen=True)
class Form:
    """One way in which the test is asked and counted."""

    name: str
    asked: tuple[Asked, ...]
    by_target: bool
    """True: a mean over targets; False: over turns, of the share of a turn's targets that was found."""


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Fit on the train dialogues that there are and ask the test once a seed.

    Raises `SourceError` when a file of the data is missing.
    """
    data = read_redial(options.data)
    config = DialogueConfig(seed=options.seed)
    seeds = [options.seed] if options.quick else list(range(options.seed, options.seed + SEEDS))
    cut = slice(_QUICK_TURNS if options.quick else None)
    forms = [
        Form("official", data.asked_official[cut], by_target=False),
        Form("iEvaLM", data.asked_ievalm[cut], by_target=True),
    ]
    dialogues = [*data.train, *data.valid]
    if options.quick:
        dialogues = dialogues[-_QUICK_DIALOGUES:]
    key = key_of(data.data_hash, config.model_dump(), options.quick)
    keeper = Keeper(options.out / f"redial-{key}.json")
    rows: dict[str, list[Found]] = {}
    for name, make in _baselines(data, dialogues).items():
        progress(f"ReDial: {name}")
        rows[name] = [keeper.get(name, partial(_baseline, make, forms))]
    ours: dict[str, list[Found]] = {name: [] for name in ("ours", "words alone", *(f"- {p}" for p in _PARTS))}
    for seed in seeds:
        progress(f"ReDial: ours, seed {seed}")
        # The networks of one seed are seeds of their own: none is shared between two runs.
        own = config.model_copy(update={"seed": 100 * seed})
        for name, found in _split(
            keeper.get(f"ours {seed}", partial(_ours, own, data, dialogues, forms))
        ).items():
            ours[name].append(found)
    valid = keeper.get("validation", partial(_validation, config, data, cut))
    main = ours["ours"]
    figures = [
        Figure(
            name=f"ReDial Recall@{k}, dedup",
            value=_mean(main, f"official dedup {k}"),
            reach=_REACH[k],
            note=f"{_turns(forms[0]):,} turns, {len(data.titles):,} films; trained on {len(dialogues):,} of "
            f"{_OFFICIAL:,} train dialogues, the published models on all; seeds {_each(main, f'official dedup {k}')}",
        )
        for k in KS
    ]
    return Section(
        title="ReDial, the dialogue as the user",
        question="Does the recommender alone, given a dialogue, rank first what the person there recommended next?",
        figures=tuple(figures),
        tables=(
            _table("ReDial test", rows | {"ours": main}, forms, len(dialogues)),
            _ablation(ours),
        ),
        config={
            "seeds": len(seeds),
            "first seed": options.seed,
            "train dialogues": len(dialogues),
            **{f"validation Recall@{k} dedup": round(valid[f"valid dedup {k}"], 4) for k in KS},
            "seconds to fit": round(_mean(main, "fit"), 1),
            "ms a turn": round(_mean(main, "ms"), 2),
            "peak MB": round(max(found["peak"] for found in main)),
            **{name: value for name, value in config.model_dump().items() if name != "seed"},
        },
    )


def recalls(form: Form, score: Score) -> Found:
    """Return Recall@k of the targets not named before (`dedup`, named items not ranked) and of all targets
    (`all`, everything ranked), over full rankings with ties counted against us."""
    found: dict[str, list[float]] = {f"{kind} {k}": [] for kind in ("dedup", "all") for k in KS}
    for start in range(0, len(form.asked), _BLOCK):
        block = form.asked[start : start + _BLOCK]
        scores = score([asked.state for asked in block])
        named = [sorted(asked.named) for asked in block]
        new = [sorted(set(asked.targets) - asked.named) for asked in block]
        every = [sorted(set(asked.targets)) for asked in block]
        for kind, targets, mask in (("dedup", new, named), ("all", every, None)):
            n_items = scores.shape[1]
            masked = None if mask is None else _cells(mask, n_items)
            ranks = target_ranks(scores, _cells(targets, n_items), masked)
            for asked, places in zip(block, ranks, strict=True):
                count = len(places) + asked.unknown
                for k in KS if count else ():
                    hits = int((places <= k).sum())
                    values = [1.0] * hits + [0.0] * (count - hits) if form.by_target else [hits / count]
                    found[f"{kind} {k}"].extend(values)
    return {f"{form.name} {name}": float(np.mean(values)) for name, values in found.items() if values}


def copy_context(n_items: int, states: Sequence[DialogueState]) -> FloatMatrix:
    """Score the named items, the latest first, and everything else 0."""
    scores = np.zeros((len(states), n_items), dtype=np.float32)
    for row, state in enumerate(states):
        for place, mention in enumerate(state.mentions, 1):
            scores[row, mention.item] = place
    return scores


def named_together(dialogues: Sequence[Sequence[DialogueTurn]], data: Redial) -> TrainingData:
    """Return each dialogue as a person who met every film that either speaker named."""
    cells = {
        (row, item)
        for row, turns in enumerate(dialogues)
        for turn in turns
        for item in (*turn.items, *turn.state.named)
    }
    pairs = np.array(sorted(cells), dtype=np.int64).reshape(-1, 2)
    met = ones_at(pairs[:, 0], pairs[:, 1], (len(dialogues), len(data.titles)))
    return TrainingData(met, data.attributes, data.texts)


def _baselines(data: Redial, dialogues: Sequence[Sequence[DialogueTurn]]) -> dict[str, Callable[[], Score]]:
    n_items = len(data.titles)

    def with_history(model: Popularity | ItemKnn | Ease) -> Score:
        model.fit(named_together(dialogues, data))
        return lambda states: model.score(Users(exclusion(states, n_items)))

    return {
        "copy the context": lambda: partial(copy_context, n_items),
        "popularity in train": lambda: with_history(Popularity()),
        "item-kNN on named films": lambda: with_history(ItemKnn()),
        "EASE on named films": lambda: with_history(
            Ease(EaseConfig(regularization=20.0, dropout=0.0, attribute_weight=0.0))
        ),
    }


def _baseline(make: Callable[[], Score], forms: Sequence[Form]) -> Found:
    started = time.perf_counter()
    score = make()
    found: Found = {"fit": time.perf_counter() - started}
    for form in forms:
        found |= recalls(form, score)
    return found


def _ours(
    config: DialogueConfig, data: Redial, dialogues: Sequence[Sequence[DialogueTurn]], forms: Sequence[Form]
) -> Found:
    started = time.perf_counter()
    model = DialogueRecommender(config)
    model.fit(data.training(dialogues))
    found: Found = {"ours/fit": time.perf_counter() - started}
    repeats = repetition([turn for turns in dialogues for turn in turns])
    started = time.perf_counter()
    for form in forms:
        found |= {
            f"ours/{name}": v for name, v in recalls(form, partial(_with_repeats, model, repeats)).items()
        }
    found["ours/ms"] = 1000.0 * (time.perf_counter() - started) / sum(len(form.asked) for form in forms)
    found["ours/peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    for name, kept in _kept_parts():
        score = partial(_of_parts, model, kept)
        found |= {f"{name}/{what}": value for what, value in recalls(forms[0], score).items()}
    return found


def _validation(config: DialogueConfig, data: Redial, cut: slice) -> Found:
    """Return how well one network does where everything was chosen: for people who are in no dialogue learned from."""
    learned, asked = data.among_strangers(config.seed)
    model = DialogueRecommender(config.model_copy(update={"networks": 1}))
    model.fit(data.training(learned[cut]))
    return recalls(Form("valid", asked[cut], by_target=False), model.score)


def _with_repeats(
    model: DialogueRecommender, repeats: Sequence[float], states: Sequence[DialogueState]
) -> FloatMatrix:
    return with_repeats(model.score(states), states, repeats)


def _kept_parts() -> Iterator[tuple[str, frozenset[str]]]:
    every = frozenset(_PARTS.values())
    yield "words alone", frozenset({"text", "popularity"})
    for name, part in _PARTS.items():
        yield f"- {name}", every - {part}


def _of_parts(
    model: DialogueRecommender, kept: frozenset[str], states: Sequence[DialogueState]
) -> FloatMatrix:
    return np.asarray(
        sum(scores for name, scores in model.shares(states).items() if name in kept), np.float32
    )


def _split(found: Found) -> dict[str, Found]:
    rows: dict[str, Found] = {}
    for name, value in found.items():
        row, what = name.rsplit("/", 1)
        rows.setdefault(row, {})[what] = value
    return rows


def _cells(items: Sequence[Sequence[int]], n_items: int) -> csr_array:
    rows = [row for row, columns in enumerate(items) for _ in columns]
    return ones_at(rows, [column for columns in items for column in columns], (len(items), n_items))


def _turns(form: Form) -> int:
    return sum(bool(set(asked.targets) - asked.named or asked.unknown) for asked in form.asked)


def _mean(found: Sequence[Found], what: str) -> float:
    return float(np.mean([one[what] for one in found]))


def _each(found: Sequence[Found], what: str) -> str:
    return ", ".join(f"{one[what]:.4f}" for one in found)


def _three(found: Sequence[Found], what: str) -> str:
    return " / ".join(f"{_mean(found, f'{what} {k}'):.3f}" for k in KS)


def _table(title: str, rows: dict[str, list[Found]], forms: Sequence[Form], dialogues: int) -> Table:
    return Table(
        title=f"{title}: Recall@1 / @10 / @50",
        columns=("model", *(f"{form.name}, {kind}" for form in forms for kind in ("dedup", "all"))),
        rows=tuple(
            (name, *(_three(found, f"{form.name} {kind}") for form in forms for kind in ("dedup", "all")))
            for name, found in rows.items()
        ),
        note=f"Trained on {dialogues:,} of the {_OFFICIAL:,} official train dialogues ({dialogues / _OFFICIAL:.0%}), "
        "every choice made on later dialogues of people who are in none that was learned from; the published models "
        "saw all. official: messages of one person in a row are one utterance, every utterance of the recommender that "
        "names films is a turn, and the mean is over turns of the share of films found; copying the context measures "
        "here what arXiv 2605.13053 reports for it, beside whose UniCRS (dedup .024/.180/.335, all .049/.213/.421) "
        "this stands. iEvaLM: the turns of the iEvaLM files, a mean over films. dedup: films named before are neither "
        "targets nor ranked; all: everything is, and our named films compete by how often one so recent is named "
        "again. Full ranking, ties against us.",
    )


def _ablation(ours: dict[str, list[Found]]) -> Table:
    rows = []
    for name, found in ours.items():
        spread = np.ptp([one["official dedup 10"] for one in found])
        label = f"without {name[2:]}" if name.startswith("- ") else name
        rows.append((label, _three(found, "official dedup"), f"{spread:.4f}"))
    return Table(
        title="What each part gives (official, dedup)",
        columns=("what is added up", "Recall@1 / @10 / @50", "spread of @10"),
        rows=tuple(rows),
        note="Parts of the trained sum are left out; nothing is trained again. words alone: text and popularity. "
        "Spread: largest minus smallest over the seeds.",
    )
