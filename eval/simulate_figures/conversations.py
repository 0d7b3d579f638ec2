"""How soon do people find what they would like? Our agent beside our recommender alone and plain rankings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from agent.session import Agent
from agent.settings import Settings
from agent.vllm import discover
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.offline_figures.kept import key_of
from eval.paired import holm, paired_difference
from eval.provenance import code_hash
from eval.simulate_figures.people import SEEDS, number, people_of
from eval.simulate_figures.plot import plot_found
from eval.simulated.agenda import Agenda
from eval.simulated.contenders import (
    EaseSystem,
    NoDialogue,
    Plain,
    PopularitySystem,
    agent_for,
)
from eval.simulated.conversation import Wording
from eval.simulated.language_speaker import LanguageSpeaker, openai_writer
from eval.simulated.outcomes import Outcome, converse, kept_parts, shortened
from eval.simulated.satisfaction import Contentment, read_ccpe
from eval.simulated.tastes import Taste
from eval.simulated.world import World, copied
from eval.systems.protocol import System
from recsys.errors import TastegraphError
from recsys.workspace import Workspace

REFERENCE = "recommender without a dialogue"
KNOWN = "builtin, history known"
_LATEST = 10
"""No patience is longer."""


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Let each person talk to each system, seed after seed."""
    started = time.monotonic()
    world = people_of(options, progress)
    seeds = 1 if options.quick else number(options, "seeds", SEEDS)
    wording, speaker = _wording(options)
    contentment = Contentment()
    contentment.fit(read_ccpe(options.data / "crs" / "ccpe.txt"))
    found: dict[str, list[Outcome]] = {}
    with Agent.open(copied(world, options.out, "conversations"), Settings(chat_model="builtin")) as agent:
        agent.warm_up()
        for seed in range(options.seed, options.seed + seeds):
            for name, system_of in _systems(world, agent, seed).items():
                if name == KNOWN and seed > options.seed:
                    # Telling the agent a history takes longer than the conversation.
                    continue
                talk = partial(_talk, world, system_of, seed, contentment, wording)
                key = key_of(world.key, code_hash(), name, seed, speaker)
                outcomes = kept_parts(
                    lambda start, key=key: options.out / "conversations" / f"{key}-{start}.json",  # type: ignore[misc]
                    world.tastes,
                    talk,
                    lambda: options.budget_s is not None and time.monotonic() - started > options.budget_s,
                )
                found.setdefault(name, []).extend(outcomes)
                progress(f"seed {seed}, {name}: {len(outcomes)} of {len(world.tastes)} people")
    found = {name: outcomes for name, outcomes in found.items() if outcomes}
    if not found:
        raise TastegraphError(
            "The budget was over before one conversation was held. Give more, or fewer people."
        )
    plot = plot_found({name: curve(outcomes) for name, outcomes in found.items()}, options.out / "found.svg")
    return Section(
        title="Conversations",
        question="With how many messages do people with a hidden taste find something that they were glad of?",
        figures=tuple(_figures(found)),
        tables=(_systems_table(found), _pairs_table(found), _manners_table(found), _heard(found)),
        plots=(plot.relative_to(options.out).as_posix(),),
        samples=tuple(_samples(found)),
        config={"seed": options.seed, "seeds": seeds, "people": len(world.tastes), "speaker": speaker},
    )


def _systems(world: World, agent: Agent, seed: int) -> dict[str, Callable[[Taste], System]]:
    plain = Plain.open(Workspace.open(world.workspace))
    recommender = agent.services.recommender
    return {
        "builtin": lambda taste: agent_for(agent, taste, seed, with_history=False),
        KNOWN: lambda taste: agent_for(agent, taste, seed, with_history=True),
        REFERENCE: lambda taste: NoDialogue(recommender, taste.known),
        "EASE on named items": lambda _: EaseSystem(plain),
        "EASE, history known": lambda taste: EaseSystem(plain, taste.known, "EASE, history known"),
        "popularity": lambda _: PopularitySystem(plain),
    }


def _talk(
    world: World,
    system_of: Callable[[Taste], System],
    seed: int,
    contentment: Contentment,
    wording: Wording,
    tastes: Sequence[Taste],
) -> Iterator[Outcome]:
    return converse(tastes, world.vocabulary, system_of, seed, contentment, wording)


def _wording(options: MeasureOptions) -> tuple[Wording, str]:
    told = options.settings.get("speaker", "agenda")
    if told == "agenda":
        return Agenda.worded, told
    if told != "llm":
        raise TastegraphError(f"--set speaker={told}: there is agenda and llm.")
    settings = Settings()
    name, _ = discover(settings)
    key = settings.llm_api_key.get_secret_value()
    speaker = LanguageSpeaker(
        openai_writer(settings.llm_base_url, name, key, settings.llm_timeout, options.seed)
    )
    return speaker, f"llm {name}"


def curve(outcomes: Sequence[Outcome]) -> list[float]:
    """Return the share of conversations in which something was found with 1, 2, ... messages."""
    return [float(np.mean([one.success_at(k) for one in outcomes])) for k in range(1, _LATEST + 1)]


def per_person(outcomes: Sequence[Outcome], value: Callable[[Outcome], float | None]) -> dict[str, float]:
    """Return person to the mean over their conversations; whoever has no value is left out."""
    found: dict[str, list[float]] = {}
    for one in outcomes:
        measured = value(one)
        if measured is not None:
            found.setdefault(one.person, []).append(measured)
    return {person: float(np.mean(values)) for person, values in found.items()}


def _success(outcomes: Sequence[Outcome], k: int) -> dict[str, float]:
    return per_person(outcomes, lambda one: one.success_at(k))


def _turns(outcomes: Sequence[Outcome]) -> float:
    turns = [one.turns for one in outcomes if one.found]
    return float(np.mean(turns)) if turns else float("nan")


def _repeats(outcomes: Sequence[Outcome]) -> float:
    return sum(one.repeated for one in outcomes) / max(1, sum(one.shown for one in outcomes))


def _silent(outcomes: Sequence[Outcome]) -> float:
    return sum(one.silent for one in outcomes) / max(1, sum(one.turns for one in outcomes))


def _figures(found: dict[str, list[Outcome]]) -> Iterator[Figure]:
    for name, outcomes in found.items():
        note = f"{len(outcomes):,} conversations of {len({one.person for one in outcomes})} people"
        for k in (1, 3, 5):
            yield Figure(name=f"success@{k}, {name}", value=curve(outcomes)[k - 1], note=note)
        yield Figure(
            name=f"success, {name}", value=curve(outcomes)[-1], note=f"{note}; until the patience is over"
        )
        if any(one.found for one in outcomes):
            yield Figure(
                name=f"messages to success, {name}", value=_turns(outcomes), note="where something was found"
            )
        if name.startswith("builtin"):
            yield Figure(
                name=f"items shown again, {name}", value=_repeats(outcomes), note="share of items shown"
            )
            yield Figure(
                name=f"answers without an item, {name}", value=_silent(outcomes), note="share of answers"
            )


def _systems_table(found: dict[str, list[Outcome]]) -> Table:
    rows = []
    for name, outcomes in found.items():
        manners = [one.manner for one in outcomes if one.manner is not None]
        rows.append(
            (
                name,
                f"{len(outcomes):,}",
                *(f"{curve(outcomes)[k - 1]:.3f}" for k in (1, 3, 5, _LATEST)),
                f"{_turns(outcomes):.2f}",
                f"{_repeats(outcomes):.3f}",
                f"{_silent(outcomes):.3f}",
                f"{np.mean(manners):.2f}" if manners else "–",
                f"{1000 * sum(o.seconds for o in outcomes) / max(1, sum(o.turns for o in outcomes)):.0f}",
            )
        )
    columns = (
        "system", "conversations", "success@1", "@3", "@5", "in the end", "messages to success", "shown again",
        "nothing shown", "contentment (1-5)", "ms an answer",
    )  # fmt: skip
    return Table(
        title="Systems", columns=columns, rows=tuple(rows),
        note="Success: one of five held-out films, which the person was glad of, is among those looked at. Contentment "
        "is predicted from the manner of the answers alone, see the section on satisfaction; rankings say nothing.",
    )  # fmt: skip


def _pairs_table(found: dict[str, list[Outcome]]) -> Table:
    """Compare each system with the recommender without a dialogue, and the agent with EASE on the same named items."""
    pairs = [(REFERENCE, name) for name in found if name != REFERENCE and REFERENCE in found]
    pairs += (
        [("EASE on named items", "builtin")] if {"builtin", "EASE on named items"} <= found.keys() else []
    )
    rows, values = [], []
    for before, after in pairs:
        held = {(o.person, o.seed) for o in found[before]} & {(o.person, o.seed) for o in found[after]}
        one, other = (
            _success([o for o in found[name] if (o.person, o.seed) in held], _LATEST)
            for name in (before, after)
        )
        shared = sorted(one)
        if shared:
            values.append(
                ((before, after), paired_difference([one[p] for p in shared], [other[p] for p in shared]))
            )
    for ((before, after), pair), p in zip(values, holm([pair.p for _, pair in values]), strict=True):
        rows.append(
            (f"{after} minus {before}", f"{pair.difference:+.3f}", f"{pair.low:+.3f} to {pair.high:+.3f}", f"{p:.4f}",
             f"{pair.units}")
        )  # fmt: skip
    return Table(
        title="Success in the end, by pairs",
        columns=("difference", "mean", "95 % interval", "p (Holm)", "people"),
        rows=tuple(rows),
        note="Bootstrap and randomisation over people, each with the mean of the conversations that both systems held.",
    )


def _manners_table(found: dict[str, list[Outcome]]) -> Table:
    names = [name for name in (*(n for n in found if n.startswith("builtin")), REFERENCE) if name in found]
    rows = []
    for manner in sorted({one.persona for outcomes in found.values() for one in outcomes}):
        cells = [manner]
        for name in names:
            own = [one for one in found[name] if one.persona == manner]
            cells.append(f"{curve(own)[-1]:.3f} ({_turns(own):.1f})" if own else "–")
        rows.append(tuple(cells))
    return Table(
        title="By manner: success in the end (messages to success)",
        columns=("manner", *names),
        rows=tuple(rows),
    )


def _heard(found: dict[str, list[Outcome]]) -> Table:
    rows = [
        (
            name,
            one.persona,
            "found" if one.found else "not found",
            shortened(one.said),
        )
        for name, outcomes in found.items()
        if name.startswith("builtin")
        for one in [o for o in outcomes if o.said][:3]
    ]
    return Table(
        title="Some conversations", columns=("system", "manner", "outcome", "what was said"), rows=tuple(rows)
    )


def _samples(found: dict[str, list[Outcome]]) -> Iterator[Sample]:
    for name, outcomes in found.items():
        for k in (1, 3, 5, _LATEST):
            metric = f"success@{k}" if k < _LATEST else "success in the end"
            yield Sample(system=name, metric=metric, values=_success(outcomes, k))
        found_turns = per_person(outcomes, lambda one: one.turns if one.found else None)
        if found_turns:
            yield Sample(
                system=name, metric="messages to success", values=found_turns, smaller_is_better=True
            )
        manner = per_person(outcomes, lambda one: one.manner)
        if manner:
            yield Sample(system=name, metric="contentment", values=manner)
