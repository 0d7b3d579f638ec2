"""How well mentions of films are linked: by themselves, in sentences, misspelt, and where there are none."""

from __future__ import annotations

import csv
import os
import random
import resource
import string
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import NamedTuple
from urllib.parse import unquote

from eval.figures import Figure, MeasureOptions, Section
from eval.kg_figures.linking_data import MARKER, Catalogue, Dialogue, read_catalogue, read_dialogues
from kg.linking import EntityLinker
from kg.text import fold_name, split_year

_CONTEXT = 20
"""How many of the films that were named before are given as context."""


class Case(NamedTuple):
    """A mention in a message."""

    title: str
    """As the data set writes it, without the year."""
    before: str
    """The message up to the mention, with titles in the place of markers."""
    after: str
    truth: frozenset[str]
    context: tuple[str, ...]
    """Films that were named before in the dialogue, newest first."""

    @property
    def text(self) -> str:
        """The whole message."""
        return self.before + self.title + self.after


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Link the film mentions of the ReDial test dialogues to films of Wikipedia and ReDial, people and genres."""
    progress("Reading films and dialogues")
    catalogue = read_catalogue(options.data)
    dialogues = read_dialogues(options.data / "crs/redial/test_data.jsonl")
    if options.quick:
        dialogues = dialogues[:100]
    progress("Building the index")
    with _one_core():
        held = _resident()
        started = time.thread_time()
        linker = EntityLinker(catalogue.entities, catalogue.triples, catalogue.texts)
        linker.warm_up()
        seconds = time.thread_time() - started
        megabytes = _resident() - held
    cases = list(find_cases(dialogues, catalogue))
    bare = list(messages_without(dialogues))
    films = sum(entity.kind == "film" for entity in catalogue.entities)
    index = f"{len(catalogue.entities)} entities, {films} of them films ({catalogue.wikipedia} of Wikipedia)"
    progress(f"Linking {len(cases)} mentions")
    figures = [
        *_mentions(linker, cases, options.seed, index),
        *_false(linker, bare),
        *_utterances(linker, catalogue),
        *_context(linker, cases),
    ]
    progress("Timing on one core")
    with _one_core():
        figures += _times("link(mention)", linker.link, [case.title for case in cases])
        figures += _times("find(message)", linker.find, [case.text for case in cases] + [t for _, t in bare])
        misspelt = [misspell(case.title, options.seed + k) for k, case in enumerate(cases)]
        figures += _times("link(misspelt mention)", linker.link, misspelt)
        described = [text for _, text, _ in read_utterances()]
        figures += _times("describe(text)", linker.describe, described)
    figures += [
        Figure(name="build the index", value=seconds, unit="s", note=index),
        Figure(name="memory of the index", value=megabytes, unit="MB", note="growth of the resident set"),
    ]
    return Section(
        title="Entity linking",
        question="Which film does somebody mean, and when none?",
        figures=tuple(figures),
        config={"seed": options.seed, "dialogues": len(dialogues), "entities": len(catalogue.entities)},
    )


def find_cases(dialogues: Sequence[Dialogue], catalogue: Catalogue) -> Iterator[Case]:
    """Yield the marked mentions whose title is known, markers replaced by titles without their year."""
    for dialogue in dialogues:
        named: list[str] = []
        for message in dialogue.messages:
            parts = MARKER.split(message.text)
            titles = [bare_title(dialogue.titles.get(marker, "")) for marker in parts[1::2]]
            spoken = [part if k % 2 == 0 else titles[k // 2] for k, part in enumerate(parts)]
            for k, marker in enumerate(parts[1::2]):
                truth = catalogue.truth(dialogue.titles.get(marker, ""))
                if truth:
                    place = 2 * k + 1
                    before, after = "".join(spoken[:place]), "".join(spoken[place + 1 :])
                    context = tuple(dict.fromkeys(reversed(named)))[:_CONTEXT]
                    yield Case(titles[k], before, after, truth, context)
            for marker in parts[1::2]:
                named += sorted(catalogue.truth(dialogue.titles.get(marker, "")))


def bare_title(title: str) -> str:
    """Return a title of the data set without its year."""
    return split_year(unquote(title).strip())[0]


def messages_without(dialogues: Sequence[Dialogue]) -> Iterator[tuple[int, str]]:
    """Yield the messages without a marker, each with its id."""
    for dialogue in dialogues:
        for message in dialogue.messages:
            if not MARKER.search(message.text):
                yield message.id, message.text


def misspell(title: str, seed: int) -> str:
    """Return `title` with one letter inserted, left out, replaced or swapped with the next."""
    rng = random.Random(f"{seed}/{title}")
    letters = [k for k, c in enumerate(title) if c.isalpha()]
    if not letters:
        return title
    place = rng.choice(letters)
    head, letter, tail = title[:place], title[place], title[place + 1 :]
    other = rng.choice([c for c in string.ascii_lowercase if c != letter.lower()])
    kinds = ["insert", "replace"]
    if len(title) > 1:
        kinds.append("leave out")
    if tail[:1].isalpha() and tail[0] != letter:
        kinds.append("swap")
    kind = rng.choice(kinds)
    if kind == "insert":
        return head + other + letter + tail
    if kind == "replace":
        return head + other + tail
    return head + tail if kind == "leave out" else head + tail[0] + letter + tail[1:]


def linked_film(linker: EntityLinker, text: str) -> list[str]:
    """Return the ids of the films that are found in a text."""
    return [m.entity.id for m in linker.find(text) if m.entity.kind == "film"]


def found_at(linker: EntityLinker, text: str, start: int, end: int) -> str:
    """Return the id of the entity that is found where a text has a title, or an empty string."""
    for mention in linker.find(text):
        if mention.start < end and start < mention.end:
            return mention.entity.id
    return ""


def read_utterances() -> list[tuple[str, str, str]]:
    """Return hand-written (kind, what is said, title with year or `nothing`)."""
    text = resources.files("eval.kg_figures").joinpath("linking_utterances.tsv").read_text(encoding="utf-8")
    rows = csv.reader(text.splitlines(), delimiter="\t")
    return [(kind, said, meant) for kind, said, meant in rows]


def read_labels() -> dict[int, bool]:
    """Return message ids to whether a film is named in the message, as somebody judged who read it."""
    text = resources.files("eval.kg_figures").joinpath("linking_labels.tsv").read_text(encoding="utf-8")
    return {int(one): label == "yes" for one, label in csv.reader(text.splitlines(), delimiter="\t")}


def _mentions(linker: EntityLinker, cases: Sequence[Case], seed: int, index: str) -> list[Figure]:
    typos = [misspell(case.title, seed + k) for k, case in enumerate(cases)]
    short = sum(len(case.title) <= 3 for case in cases) / len(cases)
    n = f"n = {len(cases)} mentions"

    def right(name: Callable[[Case, str], str], reach: str, label: str, note: str) -> Figure:
        hits = sum(name(case, typo) in case.truth for case, typo in zip(cases, typos, strict=True))
        return Figure(name=label, value=hits / len(cases), reach=reach, note=f"{n}; {note}")

    def alone(text: str) -> str:
        entity = linker.link(text).entity
        return entity.id if entity else ""

    def inside(case: Case, title: str, lower: bool) -> str:
        text = case.before + title + case.after
        start = len(case.before.lower() if lower else case.before)
        return found_at(linker, text.lower() if lower else text, start, start + len(title))

    few = f"one letter wrong, {short:.1%} of the titles have at most three characters"
    return [
        right(lambda c, _: alone(c.title), ">= .95", "top-1, the mention by itself", index),
        right(lambda c, _: alone(c.title.lower()), "", "top-1, by itself, lower case", index),
        right(lambda c, _: inside(c, c.title, False), "", "top-1, in its sentence", "found and right"),
        right(
            lambda c, _: inside(c, c.title, True), "", "top-1, in its sentence, lower case", "found and right"
        ),
        right(lambda _, t: alone(t), ">= .85", "top-1 with one typo, by itself", few),
        right(lambda c, t: inside(c, t, False), "", "top-1 with one typo, in its sentence", few),
        right(lambda c, t: inside(c, t, True), "", "top-1 with one typo, in its sentence, lower case", few),
    ]


def _false(linker: EntityLinker, bare: Sequence[tuple[int, str]]) -> list[Figure]:
    """Measure links in messages without a marker; people also write titles by hand there, hence the labels."""
    labels = read_labels()
    found = [one for one, text in bare if linked_film(linker, text)]
    judged = [one for one in found if one in labels]
    wrong = sum(not labels[one] for one in judged)
    sample = [one for one, _ in bare if one in labels and one not in set(found)]
    missed = sum(labels[one] for one in sample)
    note = f"n = {len(bare)} messages without a marker"
    return [
        Figure(
            name="messages without a marker in which a film is linked",
            value=len(found) / len(bare),
            note=note,
        ),
        Figure(
            name="wrong link where no film is named",
            value=(wrong + len(found) - len(judged)) / len(bare),
            reach="<= .02",
            note=f"{note}; {len(judged)} of the {len(found)} found read and judged, {wrong} name no film",
        ),
        Figure(
            name="films named without a marker that are not found",
            value=missed / max(1, len(sample)),
            note=f"share of {len(sample)} judged messages in which nothing was linked",
        ),
    ]


def _utterances(linker: EntityLinker, catalogue: Catalogue) -> list[Figure]:
    """Measure hand-written utterances by kind: acronyms, descriptions, other languages, titles that do not exist."""
    figures: list[Figure] = []
    rows = read_utterances()
    for kind in dict.fromkeys(row[0] for row in rows):
        of_kind = [row for row in rows if row[0] == kind]
        hits = 0
        for _, said, meant in of_kind:
            entity = linker.link(said, kinds=["film"]).entity
            hits += (
                entity is None if meant == "nothing" else bool(entity and entity.id in catalogue.truth(meant))
            )
        figures.append(
            Figure(
                name=f"utterances: {kind}",
                value=hits / len(of_kind),
                note=f"n = {len(of_kind)}, written by hand",
            )
        )
    return figures


def _context(linker: EntityLinker, cases: Sequence[Case]) -> list[Figure]:
    """Measure mentions of titles that several films have, alone and with what was named before."""
    films: dict[str, int] = {}
    for entity in linker.entities:
        if entity.kind == "film":
            films[fold_name(entity.name)] = films.get(fold_name(entity.name), 0) + 1
    shared = [case for case in cases if films.get(fold_name(case.title), 0) > 1]
    again = [case for case in shared if case.truth & set(case.context)]
    results = [(case, linker.link(case.title, kinds=["film"])) for case in cases]
    asked = [(case, result) for case, result in results if result.ambiguous]
    offered = sum(
        bool({e.id for e in (result.entity, *result.alternatives) if e} & case.truth)
        for case, result in asked
    )
    settled = sum(_is_right(linker, case, case.context) for case in again)
    with_context = sum(_is_right(linker, case, case.context) for case in cases)
    alone = sum(_is_right(linker, case, ()) for case in shared)
    return [
        Figure(
            name="top-1 with the dialogue as context",
            value=with_context / len(cases),
            note=f"n = {len(cases)}",
        ),
        Figure(
            name="titles that several films have, by themselves",
            value=alone / max(1, len(shared)),
            note=f"n = {len(shared)}",
        ),
        Figure(
            name="titles that several films have, one of them named before",
            value=settled / max(1, len(again)),
            note=f"n = {len(again)}",
        ),
        Figure(name="asks back", value=len(asked) / len(cases), note=f"n = {len(cases)}, without context"),
        Figure(
            name="asks back, and the truth is offered",
            value=offered / max(1, len(asked)),
            note=f"n = {len(asked)}",
        ),
    ]


def _is_right(linker: EntityLinker, case: Case, context: Sequence[str]) -> bool:
    entity = linker.link(case.title, context, ["film"]).entity
    return entity is not None and entity.id in case.truth


def _times(name: str, call: Callable[[str], object], texts: Sequence[str]) -> list[Figure]:
    for text in texts[:200]:
        call(text)
    seconds: list[float] = []
    for text in texts:
        started = time.thread_time()
        call(text)
        seconds.append(time.thread_time() - started)
    seconds.sort()
    note = f"n = {len(texts)}, time of the one core that it runs on, index warm"
    marks = (("p50", 0.5, ""), ("p95", 0.95, "<= 5 ms"), ("max", 1.0, ""))
    return [
        Figure(
            name=f"{mark} of {name}",
            value=1_000 * seconds[min(len(seconds) - 1, int(share * len(seconds)))],
            unit="ms",
            reach=reach,
            note=note,
        )
        for mark, share, reach in marks
    ]


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep this process on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _resident() -> float:
    """Return the largest resident set so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
