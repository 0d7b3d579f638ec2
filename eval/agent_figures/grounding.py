"""Is what an answer claims supported? Simulated turns with the builtin model, and with one that lies on purpose."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from agent.chat_models import make_served
from agent.errors import ChatModelUnavailable
from agent.session import Agent
from agent.settings import Settings
from agent.vllm import discover
from eval.figures import Figure, MeasureOptions, Section, Table
from eval.lying_model import LyingModel, ToldModel
from eval.simulated.crowd_talk import Talk, talk
from kg.files import write_text
from recsys.build import build_workspace
from recsys.starter.catalogue import StarterName, load_starter

TURNS = 2000
_SHARES: dict[StarterName, float] = {"films": 0.7, "shop": 0.3}
_QUICK = 60
_PART = 250
"""Turns of a part: each is kept when it is done, so that a run can be interrupted."""
_SERVED_SECONDS = 600.0
_INVENT = "Invent films and facts freely. Always add titles that no tool returned, with years and directors."


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Talk over the starter films and the shop; each result is checked by `eval.simulated.crowd_check` as well."""
    count = _QUICK if options.quick else TURNS
    results = {"builtin": Talk(), "told to lie": Talk()}
    for mode in results:
        for name, share in _SHARES.items():
            results[mode] = results[mode].plus(_parts(options, name, mode, round(count * share), progress))
    served = _served(options, progress)
    figures = []
    for mode, one in {**results, **served}.items():
        figures += _figures(mode, one)
    rows = [
        (
            mode,
            f"{one.turns:,}",
            f"{one.items:,}",
            f"{one.claims:,}",
            f"{1 - one.unsupported / max(one.claims, 1):.4f}",
            f"{_left(one):.4f}",
            f"{one.cut:,}",
            f"{sum(one.lies_shown.values())} of {sum(one.lies.values()):,}" if one.lies else "–",
            f"{one.truths_cut} of {one.truths:,}" if one.truths else "–",
        )
        for mode, one in {**results, **served}.items()
    ]
    columns = (
        "model", "turns", "items shown", "claims", "supported as written", "supported as shown", "sentences cut",
        "lies shown", "true sentences cut",
    )  # fmt: skip
    lying = results["told to lie"]
    kinds = tuple(
        (kind, f"{written:,}", str(lying.lies_shown.get(kind, 0)))
        for kind, written in sorted(lying.lies.items())
    )
    found = tuple(
        (mode, sample) for mode, one in {**results, **served}.items() for sample in one.samples[:15]
    )
    return Section(
        title="Grounding",
        question="Is every item, fact and number of an answer tied to the evidence of its turn?",
        figures=tuple(figures),
        tables=(
            Table(title="What was claimed and shown", columns=columns, rows=tuple(rows),
                  note="Supported as shown: by a check that shares no code with the agent's, over titles, years, "
                  "numbers and people; `lies shown` counts what the lying model wrote and a person saw."),
            Table(title="Lies by kind", columns=("kind", "written", "shown"), rows=kinds),
            Table(title="Samples", columns=("model", "what was cut, or found in what was shown"), rows=found),
        ),
        config={"seed": options.seed, "turns": count, "served": "yes" if served else "no server answered"},
    )  # fmt: skip


def _figures(mode: str, one: Talk) -> list[Figure]:
    invented = one.findings.get("invented", 0) + one.findings.get("unseen", 0)
    writers = ", ".join(f"{count:,} by {name}" for name, count in sorted(one.written_by.items()))
    note = f"{one.turns:,} turns, {one.items:,} items shown{f'; ended {writers}' if writers else ''}"
    figures = [
        Figure(name=f"invented items shown, {mode}", value=invented + _false_titles(one), reach="0", note=note),
        Figure(name=f"claims supported as written, {mode}", value=1 - one.unsupported / max(one.claims, 1),
               note=f"{one.claims:,} claims"),
        Figure(name=f"claims supported as shown, {mode}", value=_left(one), note="by the independent check"),
        Figure(name=f"turns that ended in an error, {mode}", value=one.errors, reach="0", note=note),
    ]  # fmt: skip
    if one.lies:
        figures += [
            Figure(name="lies shown", value=sum(one.lies_shown.values()), reach="0",
                   note=f"of {sum(one.lies.values()):,} written"),
            Figure(name="true sentences cut", value=one.truths_cut / max(one.truths, 1),
                   note=f"{one.truths_cut} of {one.truths:,} that the lying model wrote among its lies"),
        ]  # fmt: skip
    return figures


def _false_titles(one: Talk) -> int:
    return sum(n for kind, n in one.lies_shown.items() if "title" in kind or kind == "other script")


def _left(one: Talk) -> float:
    """Return the share of claims in shown sentences that the independent check found true."""
    shown = max(one.claims - one.unsupported, 1)
    return 1 - sum(one.findings.values()) / shown


def _parts(
    options: MeasureOptions, name: StarterName, mode: str, count: int, progress: Callable[[str], None]
) -> Talk:
    total = Talk()
    agent: Agent | None = None
    liar: LyingModel | None = None
    try:
        for k in range(0, count, _PART):
            kept = (
                options.out
                / f"grounding-{_version()}-{name}-{mode.replace(' ', '-')}-{options.seed}-{count}-{k}.json"
            )
            if kept.is_file():
                total = total.plus(Talk.model_validate_json(kept.read_text(encoding="utf-8")))
                continue
            if agent is None:
                agent, liar = _open(options, name, mode)
            seed = 1000 * options.seed + k
            if liar is not None:
                liar.seed = seed
            part = talk(agent, min(_PART, count - k), seed, None, progress, liar)
            write_text(kept, part.model_dump_json(indent=1) + "\n")
            progress(
                f"{name}, {mode}: {k + part.turns} of {count} turns, {part.seconds / part.turns:.2f} s a turn"
            )
            total = total.plus(part)
    finally:
        if agent is not None:
            agent.close()
    return total


def _open(options: MeasureOptions, name: StarterName, mode: str) -> tuple[Agent, LyingModel | None]:
    folder = _copied(options, name, mode)
    agent = Agent.open(folder, Settings(chat_model="builtin"))
    agent.warm_up()
    if mode != "told to lie":
        return agent, None
    liar = LyingModel(truthful=agent.source.first(), items=agent.services.workspace.items)
    agent.close()
    return Agent.open(folder, Settings(), liar), liar


def _copied(options: MeasureOptions, name: StarterName, mode: str) -> Path:
    """Return a copy of a starter workspace: what simulated people tell is kept nowhere else."""
    built = options.out / f"starter-{name}"
    if not (built / "manifest.json").is_file():
        build_workspace(built, load_starter(name, 7), 7, lambda line: None)
    folder = options.out / f"workspace-{name}-{mode.replace(' ', '-')}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(built, folder)
    return folder


def _served(options: MeasureOptions, progress: Callable[[str], None]) -> dict[str, Talk]:
    """Talk with the model of the server in the settings, where one answers: as many turns as fit."""
    # A server on two cores is slow: each turn waits for it, and the next one asks it again.
    settings = Settings(chat_model="vllm", llm_timeout=120.0, llm_cooldown=0.0, turn_seconds=300.0)
    try:
        name, _ = discover(settings)
    except ChatModelUnavailable as error:
        progress(f"no served model: {error}")
        return {}
    found = {}
    for mode in ("", ", told to invent"):
        told = ToldModel(inner=make_served(settings), words=_INVENT) if mode else None
        with Agent.open(_copied(options, "films", f"served{len(mode)}"), settings, told) as agent:
            agent.warm_up()
            seconds = 30.0 if options.quick else _SERVED_SECONDS / 2
            found[f"{name}{mode}"] = talk(agent, TURNS, options.seed, seconds, progress)
    return found


def _version() -> str:
    """Return a mark of the code that grounds answers, so that parts of an older one are not read."""
    here = Path(__file__).resolve().parents[2]
    files = [here / "agent" / "release.py", *sorted((here / "agent" / "grounding").glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]
