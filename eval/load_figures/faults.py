"""What do people see, and what is lost, when a part fails while they talk?"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict

from eval.figures import Figure, MeasureOptions, Section, Table
from eval.load_figures.crowd import Crowd
from eval.load_figures.parts import CannotInject, Fault, every_fault
from eval.load_figures.people import wanted_people
from eval.load_figures.served import Served, chosen_workspace, copy_of
from eval.load_figures.talk import Outcome, Seen, script
from eval.provenance import code_hash
from kg.files import write_text
from recsys.errors import TastegraphError
from recsys.workspace import Workspace

_PEOPLE = 4
_CALM, _FAULT, _QUICK_FAULT = 8.0, 30.0, 12.0
"""Seconds before a fault, and while it lasts."""
_BACK_SECONDS = 180.0
_UGLY: tuple[Outcome, ...] = ("ugly",)


class Found(BaseModel):
    """What one fault did."""

    model_config = ConfigDict(frozen=True)

    name: str
    breaks: str
    skipped: str = ""
    """Why it could not be made here; empty where it was."""
    before: dict[str, int] = {}
    """Answers by outcome, before the fault; each request counts for the moment in which it was sent."""
    during: dict[str, int] = {}
    after: dict[str, int] = {}
    said: dict[str, int] = {}
    """What people were told while it lasted, and how often."""
    bad: tuple[str, ...] = ()
    """Answers that are none of those that are allowed, the first few."""
    bad_count: int = 0
    acknowledged: int = 0
    lost: tuple[str, ...] = ()
    back: float | None = None
    """Seconds from the end of the mending until everybody had a whole answer again; None: not within three minutes."""
    tracebacks: int = 0
    """Errors in the log that nobody foresaw."""


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Break one part after the other, each under a fresh application, and look up all that was acknowledged."""
    people = wanted_people(options, _PEOPLE)
    workspace = chosen_workspace(options, progress)
    faults = _wanted(options)
    ends = None if options.budget_s is None else time.monotonic() + options.budget_s
    found: list[Found] = []
    for fault in faults:
        if ends is not None and time.monotonic() > ends:
            progress(f"The time is over: {len(faults) - len(found)} faults were not made")
            break
        progress(f"{fault.name}: {fault.breaks}")
        found.append(_kept(fault, workspace, people, options, progress))
        progress(_line(found[-1]))
    return _section(found, faults, people, options)


def under(fault: Fault, workspace: Path, people: int, lasting: float, calm: float = _CALM) -> Found:
    """Let people talk, break the part, mend it, and look up what was acknowledged."""
    with TemporaryDirectory(prefix="tastegraph-fault-") as name:
        folder = Path(name)
        copy = copy_of(workspace, folder)
        try:
            settings = fault.prepare(copy, folder)
            with Served(copy, folder / "home", settings) as served:
                if served.start() != "ready":
                    raise TastegraphError(f"The application cannot open its catalogue. {served.tail()}")
                crowd = Crowd(served, people, _scripts(copy, people))
                try:
                    return _through(fault, served, crowd, lasting, calm)
                finally:
                    crowd.close()
        except CannotInject as error:
            return Found(name=fault.name, breaks=fault.breaks, skipped=str(error))
        finally:
            fault.close()


def _through(fault: Fault, served: Served, crowd: Crowd, lasting: float, calm: float) -> Found:
    crowd.start()
    try:
        time.sleep(calm)
        broken = time.monotonic()
        fault.inject(served)
        time.sleep(lasting)
        fault.heal(served)
        mended = time.monotonic()
        back = crowd.await_whole(mended, _BACK_SECONDS)
        time.sleep(calm / 2)
    finally:
        crowd.stop()
    lost = crowd.lost()
    return _found(fault, crowd.seen, broken, mended, back).model_copy(
        update={
            "acknowledged": crowd.acknowledged(),
            "lost": tuple(lost),
            "tracebacks": served.tracebacks(),
        }
    )


def _found(fault: Fault, seen: Sequence[Seen], broken: float, mended: float, back: float | None) -> Found:
    times = {
        "before": [one for one in seen if one.began + one.seconds < broken],
        "during": [one for one in seen if one.began < mended and one.began + one.seconds >= broken],
        "after": [one for one in seen if one.began >= mended],
    }
    unwanted = _UGLY if not fault.answers else (*_UGLY, "broken off", "away")
    bad = [
        one
        for when, found in times.items()
        for one in found
        if one.outcome in (unwanted if when == "during" else ("ugly", "broken off", "away"))
    ]
    said = Counter(one.why for one in times["during"] if one.outcome != "whole")
    return Found(
        name=fault.name,
        breaks=fault.breaks,
        said=dict(said.most_common(8)),
        bad=tuple(f"{one.what} {one.outcome}: {one.why}" for one in bad[:5]),
        bad_count=len(bad),
        back=back,
        **{when: dict(Counter(one.outcome for one in found)) for when, found in times.items()},
    )


def _scripts(workspace: Path, people: int) -> Callable[[int], Iterator[tuple[str, str]]]:
    items = Workspace.open(workspace).items
    kinds = sorted({kind.lower() for item in items for kind in item.attributes.get("genre", ())})

    def of(number: int) -> Iterator[tuple[str, str]]:
        own = items[number::people]
        return script(
            f"person {number}",
            [item.title for item in own],
            [item.id for item in own],
            kinds[number::people] or kinds,
        )

    return of


def _wanted(options: MeasureOptions) -> list[Fault]:
    known = every_fault()
    given = [name.strip() for name in options.settings.get("faults", "").split(";") if name.strip()]
    if unknown := [name for name in given if name not in {fault.name for fault in known}]:
        names = "; ".join(fault.name for fault in known)
        raise TastegraphError(f"There is no fault {unknown[0]!r}. There are: {names}.")
    return [fault for fault in known if not given or fault.name in given]


def _kept(
    fault: Fault, workspace: Path, people: int, options: MeasureOptions, progress: Callable[[str], None]
) -> Found:
    """Return what a fault did: read, where a run like this has made it, else made and written down."""
    lasting = _QUICK_FAULT if options.quick else _FAULT
    manifest = Workspace.open(workspace).manifest
    told = json.dumps([fault.name, fault.breaks, people, lasting, manifest.data_hash, code_hash()])
    file = options.out / "faults" / f"{hashlib.sha256(told.encode()).hexdigest()[:12]}.json"
    if file.is_file():
        progress("  kept from a run before")
        return Found.model_validate_json(file.read_text(encoding="utf-8"))
    found = under(fault, workspace, people, lasting)
    if not found.skipped:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, found.model_dump_json(indent=1))
    return found


def _line(found: Found) -> str:
    if found.skipped:
        return f"  not made: {found.skipped}"
    back = f"back after {found.back:.1f} s" if found.back is not None else "not back"
    lost = f"{len(found.lost)} of {found.acknowledged} lost"
    return f"  while it lasted {_counts(found.during)}; {found.bad_count} bad; {lost}; {back}"


def _section(found: list[Found], wanted: list[Fault], people: int, options: MeasureOptions) -> Section:
    made = [one for one in found if not one.skipped]
    acknowledged = sum(one.acknowledged for one in made)
    during = sum(sum(one.during.values()) for one in made)
    note = f"{len(made)} faults of {len(wanted)}, {people} people at once"
    lost = [line for one in made for line in one.lost]
    figures = (
        Figure(
            name="acknowledged and lost",
            value=len(lost),
            reach="<= 0",
            note=f"of {acknowledged:,} turns, likes and tastes, each looked up after recovery; {note}"
            + (f"; {'; '.join(lost[:3])}" if lost else ""),
        ),
        Figure(
            name="answers that were neither whole nor said what is missing",
            value=sum(one.bad_count for one in made),
            reach="<= 0",
            note=f"of {during:,} while a part was away, and those before and after",
        ),
        Figure(
            name="faults after which not everybody was answered in full again",
            value=sum(one.back is None for one in made),
            reach="<= 0",
            note=f"within {_BACK_SECONDS:.0f} s of the mending",
        ),
        Figure(
            name="errors in the log that nobody foresaw",
            value=sum(one.tracebacks for one in made),
            reach="<= 0",
            note="tracebacks; " + "; ".join(f"{one.name} {one.tracebacks}" for one in made if one.tracebacks),
        ),
    )
    return Section(
        title="Faults while people talk",
        question="What do people see when a part fails, and is anything lost that was acknowledged?",
        figures=figures,
        tables=(_summary(found), _words(made)),
        config={"people": people, "seconds of a fault": _QUICK_FAULT if options.quick else _FAULT},
    )


def _summary(found: list[Found]) -> Table:
    rows = tuple(
        (one.name, one.breaks, f"not made: {one.skipped}", "", "", "")
        if one.skipped
        else (
            one.name,
            one.breaks,
            _counts(one.during),
            f"{len(one.lost)} of {one.acknowledged}",
            "not back" if one.back is None else f"{one.back:.1f} s",
            "; ".join(one.bad) or "none",
        )
        for one in found
    )
    return Table(
        title="Faults",
        columns=(
            "fault",
            "what was done",
            "answers while it lasted",
            "lost of acknowledged",
            "back",
            "bad answers",
        ),
        rows=rows,
        note="Answers: whole; degraded (says what is missing); refused (an error in the API's form with its id); "
        "away and broken off (nobody answers, or the connection ends: allowed only where the application itself is "
        "stopped). Back: from the end of the mending until everybody had a whole answer.",
    )


def _words(found: list[Found]) -> Table:
    rows = tuple(
        (one.name, words[:240], f"{count:,}")
        for one in found
        for words, count in list(one.said.items())[:4]
        if words
    )
    return Table(title="What people were told", columns=("fault", "words", "how often"), rows=rows)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(counts.items())) or "none"
