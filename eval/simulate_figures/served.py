"""A served model: as the recommender that people talk to, and as the one that words what people say. A handful only."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from agent.errors import ChatModelUnavailable
from agent.session import Agent
from agent.settings import Settings
from agent.vllm import discover
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.simulate_figures.people import number, people_of
from eval.simulated.contenders import AgentSystem, agent_for
from eval.simulated.language_speaker import LanguageSpeaker, openai_writer
from eval.simulated.outcomes import Outcome, converse, shortened
from eval.simulated.satisfaction import Contentment, read_ccpe
from eval.simulated.tastes import Taste
from eval.simulated.world import copied
from eval.systems.protocol import System

PEOPLE = 6
_TO_THE_AGENT = 0.6
"""Share of the time in which conversations with the served agent are begun; the rest is for its words as a person."""
BUDGET_S = 900.0
"""Seconds where no budget is given: a small model on two cores takes twenty a turn."""


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Let a few people talk to the served model, the same people to the builtin one, and a few in the model's words."""
    count = 2 if options.quick else number(options, "served_people", PEOPLE)
    budget = BUDGET_S if options.budget_s is None else options.budget_s
    started = time.monotonic()
    world = people_of(options, progress)
    tastes = world.tastes[:count]
    contentment = Contentment()
    contentment.fit(read_ccpe(options.data / "crs" / "ccpe.txt"))
    found: dict[str, list[Outcome]] = {"served": [], "builtin": [], "builtin, the model words the person": []}
    wrote = Counter[str]()
    with _server(options, progress) as (settings, why):
        if settings is None:
            return Section(
                title="A served model", question=_QUESTION, figures=(),
                tables=(Table(title="Not measured", columns=("why",), rows=((why,),)),), config={"served": "no server"},
            )  # fmt: skip
        name, _ = discover(settings)
        folder = copied(world, options.out, "served")
        with Agent.open(folder, settings) as agent:
            agent.warm_up()
            for taste in tastes:
                if found["served"] and time.monotonic() - started > _TO_THE_AGENT * budget:
                    break
                system = agent_for(agent, taste, options.seed, False, name)
                found["served"] += converse(
                    [taste], world.vocabulary, _only(system), options.seed, contentment
                )
                wrote += system.wrote
                progress(
                    f"served: {len(found['served'])} of {count} people, {found['served'][-1].seconds:.0f} s"
                )
        speaker = LanguageSpeaker(openai_writer(settings.llm_base_url, name, seed=options.seed))
        with Agent.open(folder, Settings(chat_model="builtin")) as agent:
            for taste in tastes[: len(found["served"])]:
                one = partial(agent_for, agent, seed=options.seed, with_history=False)
                found["builtin"] += converse([taste], world.vocabulary, one, options.seed, contentment)
                if time.monotonic() - started < budget:
                    found["builtin, the model words the person"] += converse(
                        [taste], world.vocabulary, one, options.seed, contentment, speaker
                    )
    return _section(options, name, found, speaker, wrote, len(tastes))


def _only(system: AgentSystem) -> Callable[[Taste], System]:
    return lambda _: system


_QUESTION = (
    "Does a served model hold such a conversation, and can it play the person without telling the title?"
)


def _section(
    options: MeasureOptions,
    name: str,
    found: dict[str, list[Outcome]],
    speaker: LanguageSpeaker,
    wrote: Counter[str],
    asked: int,
) -> Section:
    worded = sum(speaker.counts.values())
    refused = {why: n for why, n in speaker.counts.items() if why != "written"}
    why = ", ".join(f"{n} {reason}" for reason, n in sorted(refused.items())) or "none"
    figures = [
        Figure(name=f"success, {who}", value=float(np.mean([one.found for one in outcomes])),
               note=f"{len(outcomes)} of {asked} people: far too few to tell systems apart")
        for who, outcomes in found.items() if outcomes
    ]  # fmt: skip
    figures += [
        Figure(name=f"seconds an answer, {who}", unit="s", note="the person's own words included",
               value=sum(one.seconds for one in outcomes) / sum(one.turns for one in outcomes))
        for who, outcomes in found.items() if outcomes
    ]  # fmt: skip
    if wrote:
        figures.append(
            Figure(name="answers that the served model ended", value=1 - wrote["builtin"] / wrote.total(),
                   note=", ".join(f"{n} by {who}" for who, n in sorted(wrote.items())))
        )  # fmt: skip
    if worded:
        figures.append(
            Figure(name="the model's messages that a person may say", value=speaker.counts["written"] / worded,
                   note=f"of {worded}; refused: {why}; the agenda's words were said instead")
        )  # fmt: skip
        figures.append(
            Figure(name="the model's messages refused for a word of a target's title",
                   value=speaker.counts["title"] / worded, note=f"of {worded}; it was never given a title")
        )  # fmt: skip
    rows = tuple(
        (
            who,
            one.persona,
            "found" if one.found else "not found",
            str(one.turns),
            shortened(one.said),
        )
        for who, outcomes in found.items()
        for one in outcomes
    )
    return Section(
        title="A served model",
        question=_QUESTION,
        figures=tuple(figures),
        tables=(
            Table(
                title="The conversations",
                columns=("system", "manner", "outcome", "messages", "said"),
                rows=rows,
            ),
        ),
        samples=tuple(
            Sample(system=who, metric="success", values={one.person: float(one.found) for one in outcomes})
            for who, outcomes in found.items()
            if outcomes
        ),
        config={"seed": options.seed, "model": name, "people": len(found["served"])},
    )


@contextmanager
def _server(
    options: MeasureOptions, progress: Callable[[str], None]
) -> Iterator[tuple[Settings | None, str]]:
    """Give the settings of a server that answers, or of one started for this; None and why where there is none."""
    # A server on two cores is slow: each turn waits for it, and the next one asks it again.
    running = Settings(
        chat_model="vllm", llm_timeout=120.0, llm_cooldown=0.0, turn_seconds=300.0, max_rewrites=0
    )
    try:
        discover(running)
    except ChatModelUnavailable as error:
        why = str(error)
    else:
        yield running, ""
        return
    from agent.serving.hardware import find_hardware
    from agent.serving.plan import make_plan, read_model
    from agent.serving.server import VllmServer, vllm_python
    from agent.serving.weights import ServingError, prepare_weights

    try:
        vllm_python()
        plan = make_plan(read_model(str(prepare_weights(progress=progress))), find_hardware())
        server = VllmServer(plan, options.out / "vllm.log")
        server.start(progress=progress)
    except ServingError as error:
        yield None, f"{why} And none could be started: {error}"
        return
    try:
        choice = "required" if plan.tool_choice == "required" else "auto"
        changed = {"llm_base_url": server.base_url, "llm_max_tokens": 96, "llm_tool_choice": choice}
        yield running.model_copy(update=changed), ""
    finally:
        server.stop()
