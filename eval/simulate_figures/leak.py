"""Do simulated people give their targets away? Copying their words must find no more than popularity does."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np

from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.paired import PairedDifference, paired_difference
from eval.simulate_figures.people import SEEDS, people_of
from eval.simulated.agenda import Agenda, Line
from eval.simulated.contenders import Plain, PopularitySystem, TitleCopier
from eval.simulated.conversation import Wording
from eval.simulated.outcomes import Outcome, converse
from eval.simulated.tastes import Taste, Vocabulary, tells
from eval.systems.protocol import Utterance
from recsys.workspace import Workspace


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Let everybody talk to a system that looks for titles with the words they said, and to popularity."""
    world = people_of(options, progress)
    plain = Plain.open(Workspace.open(world.workspace))
    copier, popular, telltale = [], [], []
    given_away = messages = 0
    for seed in range(options.seed, options.seed + SEEDS):
        copier += list(converse(world.tastes, world.vocabulary, lambda _: TitleCopier(plain), seed))
        popular += list(converse(world.tastes, world.vocabulary, lambda _: PopularitySystem(plain), seed))
        telltale += list(
            converse(
                world.tastes, world.vocabulary, lambda _: TitleCopier(plain), seed, wording=one_word_of_title
            )
        )
        away, all_said = told_titles(world.tastes, world.vocabulary, plain, seed)
        given_away, messages = given_away + away, messages + all_said
        progress(f"seed {seed}: {len(copier):,} conversations")
    honest, leaking = compared(popular, copier), compared(popular, telltale)
    note = f"{len(world.tastes)} people of ml-1m, {SEEDS} seeds; 95 % bootstrap over people"
    return Section(
        title="Leak test",
        question="Does a system that looks for titles with the person's own words find more than popularity does?",
        figures=(
            Figure(name="success, copying the words", value=mean_success(copier), note=note),
            Figure(name="success, popularity", value=mean_success(popular), note=note),
            Figure(name="copying minus popularity", value=honest.difference,
                   note=f"95 % interval {honest.low:+.3f} to {honest.high:+.3f}"),
            Figure(name="copying minus popularity, lower end of the interval", value=honest.low, reach="<= 0",
                   note="above 0 the words would give the target away"),
            Figure(name="messages with a word of a target's title", value=given_away, reach="0",
                   note=f"of {messages:,}"),
            Figure(name="control: copying minus popularity where one word of the title is said",
                   value=leaking.difference,
                   note=f"{leaking.low:+.3f} to {leaking.high:+.3f}: what the test shows of a simulator that leaks"),
        ),
        tables=(
            Table(
                title="By manner",
                columns=("manner", "conversations", "copying the words", "popularity"),
                rows=tuple(
                    (name, str(sum(one.persona == name for one in copier)),
                     f"{mean_success([one for one in copier if one.persona == name]):.3f}",
                     f"{mean_success([one for one in popular if one.persona == name]):.3f}")
                    for name in sorted({one.persona for one in copier})
                ),
            ),
        ),
        samples=(
            Sample(system="titles by the words said", metric="success", values=by_person(copier)),
            Sample(system="popularity", metric="success", values=by_person(popular)),
        ),
        config={"seed": options.seed, "people": len(world.tastes), "seeds": SEEDS},
    )  # fmt: skip


def compared(popular: Sequence[Outcome], other: Sequence[Outcome]) -> PairedDifference:
    """Compare two systems person by person, each with the mean over their conversations."""
    before, after = by_person(popular), by_person(other)
    return paired_difference([before[one] for one in before], [after[one] for one in before])


def by_person(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Return person to the share of their conversations in which something was found."""
    found: dict[str, list[float]] = {}
    for one in outcomes:
        found.setdefault(one.person, []).append(float(one.found))
    return {person: float(np.mean(values)) for person, values in found.items()}


def mean_success(outcomes: Sequence[Outcome]) -> float:
    """Return the share of conversations in which something was found; 0 of none."""
    return float(np.mean([one.found for one in outcomes])) if outcomes else 0.0


def told_titles(tastes: Sequence[Taste], vocabulary: Vocabulary, plain: Plain, seed: int) -> tuple[int, int]:
    """Count the messages that have a word of a target's title, and all messages, of people whom nothing satisfies."""
    away = messages = 0

    def counting(agenda: Agenda, line: Line) -> Utterance:
        nonlocal away, messages
        said = agenda.worded(line)
        messages += 1
        away += bool(tells(said.text, vocabulary.words_of(agenda.taste.targets)))
        return said

    wording: Wording = counting
    list(converse(tastes, vocabulary, lambda _: PopularitySystem(plain), seed, wording=wording))
    return away, messages


def one_word_of_title(agenda: Agenda, line: Line) -> Utterance:
    """Word a line as a leaking simulator would: with one word of the title in mind."""
    said = agenda.worded(line)
    words = sorted(agenda.vocabulary.titles[agenda.mind])
    if not words:
        return said
    word = random.Random(f"{agenda.seed}/{agenda.mind}/{agenda.turns}").choice(words)
    return Utterance(said.speaker, f"{said.text} {word}", said.items)
