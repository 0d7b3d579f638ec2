"""How the builtin agent answers in recorded dialogues: how varied, how long, how well grounded, and what it shows.

The agent has a workspace of ReDial's films and is put the turns of ReDial's test. Beside its answers stand those of the
people who recommended in the same turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from agent.settings import Settings
from eval.crs_figures.film_workspace import build_films
from eval.crs_figures.judging import Judged, judged
from eval.crs_figures.kept_lines import KeptLines
from eval.crs_figures.measures import KS, recall, samples
from eval.crs_figures.redial_dialogues import read_redial_dialogues
from eval.crs_figures.running import Clock, Progress, crs_settings, recall_table, with_without
from eval.crs_figures.turns import Turn
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.metrics_text import distinct_n
from eval.offline_figures.kept import key_of
from eval.systems.agent import WorkspaceAgent
from eval.systems.material import Material
from eval.systems.protocol import Response
from recsys.dialogue.inputs import tokens

TURNS, _QUICK = 200, 12
_NS = (1, 2, 3, 4)


class Answered(BaseModel):
    """One answer of the agent, as kept."""

    model_config = ConfigDict(frozen=True)

    turn: str
    text: str
    claims: int
    unsupported: int
    judged: Judged


def measure(options: MeasureOptions, progress: Progress) -> Section:
    """Put test turns to the agent; raises `SourceError` when a file of the data is missing."""
    told = crs_settings(options)
    clock = Clock(options.budget_s)
    data = read_redial_dialogues(options.data)
    turns = one_a_dialogue(data.test, _QUICK if options.quick else TURNS, options.seed)
    key = key_of(data.films.data_hash, options.seed)
    workspace = told.workspace or build_films(
        options.out / "crs" / f"films-{key}", data.material, options.seed, progress
    )
    kept = options.out / "crs" / f"answers-{key_of(key, str(workspace.resolve()))}.jsonl"
    answered, covered = _answers(workspace, data.material, turns, kept, progress, clock)
    texts = {"builtin agent": [one.text for one in answered]}
    asked = {turn.id: turn for turn in turns}
    texts["the people of the recording"] = [asked[one.turn].answer for one in answered]
    shown = [one.judged for one in answered]
    claims = sum(one.claims for one in answered)
    unsupported = sum(one.unsupported for one in answered)
    note = f"{len(answered):,} turns, one of each of as many dialogues"
    figures = [
        Figure(name=f"distinct-{n}", value=distinct_n(texts["builtin agent"], n), note=note) for n in _NS
    ]
    figures += [
        Figure(
            name="claims supported, as first written",
            value=1.0 - unsupported / claims if claims else 1.0,
            note=f"{claims:,} claims (titles, names, numbers); what is not supported is never shown",
        ),
        Figure(name="words an answer", value=_words(texts["builtin agent"]), unit="words", note=note),
        Figure(
            name="answers that show an item",
            value=float(np.mean([one.judged.listed > 0 for one in answered])) if answered else 0.0,
            note=note,
        ),
        *(
            Figure(
                name=f"builtin agent Recall@{k}, dedup",
                value=recall(shown, "dedup", k),
                note=f"of what its cards show; {note}",
            )
            for k in KS[:2]
            if shown
        ),
    ]
    return Section(
        title="Responses",
        question="How does the builtin agent answer in recorded dialogues: how varied, how long, how well grounded?",
        figures=tuple(figures),
        tables=(
            Table(
                title="Wording",
                columns=("who", *(f"distinct-{n}" for n in _NS), "words an answer"),
                rows=tuple(
                    (who, *(f"{distinct_n(said, n):.3f}" for n in _NS), f"{_words(said):.1f}")
                    for who, said in texts.items()
                ),
                note="distinct-n: different runs of n words by all such runs, over as many answers of each. A longer "
                "answer repeats more, so read it beside the length.",
            ),
            *(
                [
                    recall_table(
                        "What the cards show",
                        {"builtin agent": [shown]},
                        f"Cards are short lists: nothing beyond them is ranked. {with_without(turns)}",
                    )
                ]
                if shown
                else []
            ),
        ),
        samples=(*samples("builtin agent", shown), *_samples(answered)),
        config={
            "seed": options.seed,
            "turns": len(answered),
            "films of the data that the workspace has": covered,
            "workspace": "given" if told.workspace else "ReDial's films",
        },
    )


def one_a_dialogue(turns: Sequence[Turn], count: int, seed: int) -> list[Turn]:
    """Draw `count` dialogues and one turn of each, in the order of the data."""
    by_dialogue: dict[str, list[Turn]] = {}
    for turn in turns:
        by_dialogue.setdefault(turn.dialogue_id, []).append(turn)
    rng = np.random.default_rng(seed)
    names = list(by_dialogue)
    drawn = sorted(rng.permutation(len(names))[:count].tolist())
    return [by_dialogue[names[place]][int(rng.integers(len(by_dialogue[names[place]])))] for place in drawn]


def _answers(
    workspace: Path,
    material: Material,
    turns: Sequence[Turn],
    kept: Path,
    progress: Progress,
    clock: Clock,
) -> tuple[list[Answered], int]:
    lines = KeptLines(Answered, kept)
    done = {one.turn: one for one in lines.lines}
    found: list[Answered] = []
    settings = Settings(chat_model="builtin", graph="embedded")
    with WorkspaceAgent(workspace, material.items, settings) as system:
        progress(f"The agent knows {system.covered:,} of {len(material.items):,} films")
        for turn in turns:
            one = done.get(turn.id)
            if one is None:
                if clock.spent():
                    break
                one = _ask(system, turn)
                lines.add(one)
            found.append(one)
        return found, system.covered


def _ask(system: WorkspaceAgent, turn: Turn) -> Answered:
    ended = system.turn(turn.dialogue)
    return Answered(
        turn=turn.id,
        text=ended.text,
        claims=ended.claims,
        unsupported=ended.unsupported,
        judged=judged(turn, Response(system.items_of(ended), ended.text), ended.seconds),
    )


def _samples(answered: Sequence[Answered]) -> tuple[Sample, ...]:
    return (
        Sample(
            system="builtin agent",
            metric="claims supported, as first written",
            values={one.turn: round(1.0 - one.unsupported / one.claims, 4) for one in answered if one.claims},
        ),
        Sample(
            system="builtin agent",
            metric="words an answer",
            values={one.turn: float(len(tokens(one.text))) for one in answered},
            smaller_is_better=True,
        ),
    )


def _words(texts: Sequence[str]) -> float:
    return float(np.mean([len(tokens(text)) for text in texts])) if texts else 0.0
