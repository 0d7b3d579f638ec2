"""How does the chat look in a terminal? The same events as the page, printed as they come."""

from __future__ import annotations

import getpass
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent.events import Event, Notice, StepFinished, StepStarted, TextDelta, TurnEnded
from agent.evidence import ItemCard
from kg.graph import GraphError
from recsys.errors import TastegraphError
from recsys.occasions import scene_phrase
from recsys.schema import Interest, Profile
from recsys.taste import statement
from ui.cards import LEARNED_FROM_PEOPLE, share_label, shares_of
from ui.personal import write_export
from ui.render import Answer, after
from ui.sessions import new_thread

if TYPE_CHECKING:
    from agent.session import Agent
    from recsys.workspace import Workspace

HELP = """Write what you feel like. Commands:
  /like 1      store that you like number 1 of the last answer
  /dislike 1   store that you do not
  /profile     what is stored about your taste
  /correct 1 dislike   (or like, or other words: what it should be about) change number 1 of the profile shown last
  /forget 1    erase number 1 of the profile shown last
  /export FILE write everything stored about you to a new file, as JSON
  /erase       erase everything stored about you; asks first (in a pipe: /erase yes)
  /new         begin a new dialogue; what is stored stays
  /quit        leave"""
COLOURS = {
    "behaviour": "dodger_blue2",
    "attributes": "dark_goldenrod",
    "graph": "dark_cyan",
    "text": "medium_purple",
    "popularity": "grey50",
    "sequence": "deep_pink3",
    "social": "dark_olive_green3",
    "context": "light_salmon3",
}
BAR_WIDTH = 20
"""Characters of a share bar."""


def login_name() -> str:
    """Return the login name, or `me` where the system has none for this user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "me"


def clean(text: str) -> str:
    """Return `text` without the characters that command a terminal; a title may hold any."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


class Terminal:
    """One dialogue of one user, printed to `console`; with `as_json` every event as a line of JSON."""

    def __init__(
        self, agent: Agent, user: str, thread: str | None, console: Console, *, as_json: bool = False
    ) -> None:
        self.agent = agent
        self.user = user
        self.thread = thread or new_thread()
        self.console = console
        self.as_json = as_json
        self.cards: tuple[ItemCard, ...] = ()
        self._profiled: tuple[Interest, ...] = ()
        """The interests as `/profile` numbered them last."""
        self._asks = False
        """Whether a question can be asked back: there is a person at a keyboard."""
        self._erasing = False
        """Whether the next line decides about `/erase`."""

    def loop(self, source: TextIO) -> None:
        """Answer line by line until the input ends or `/quit`."""
        self._asks = source.isatty()
        if self._asks and not self.as_json:
            self.console.print(Text("Write what you feel like; /help lists the commands.", style="dim"))
        for line in self._lines(source):
            text = line.strip()
            if self._erasing:
                self._erasing = False
                self._guarded(self._erase if text == "ERASE" else self._keep)
            elif text in ("/quit", "/exit"):
                return
            elif text.startswith("/"):
                self._guarded(partial(self._command, text))
            elif text:
                self.say(text)

    def say(self, text: str) -> None:
        """Answer one message. An error for a person is printed; the dialogue goes on."""
        events = self.agent.turn(self.user, self.thread, text)
        self._guarded(
            lambda: self._print_json(events) if self.as_json else self._print(Answer(question=text), events)
        )

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except (TastegraphError, GraphError) as error:
            self._note(Notice(level="error", text=str(error)))

    def _lines(self, source: TextIO) -> Iterator[str]:
        if not source.isatty():
            yield from source
            return
        while True:
            try:
                yield self.console.input("" if self.as_json else "[bold]you ›[/bold] ")
            except EOFError:
                return

    def _print_json(self, events: Iterable[Event]) -> None:
        for event in events:
            self._line(event.model_dump_json())
            if isinstance(event, TurnEnded):
                self.cards = tuple(event.items)

    def _print(self, answer: Answer, events: Iterable[Event]) -> None:
        words = _Emphasis()
        for event in events:
            answer = after(answer, event)
            match event:
                case StepStarted():
                    self.console.print(Text(f"· {clean(event.label)} …", style="dim"))
                case StepFinished():
                    said = clean(event.summary) if event.ok else f"did not work: {clean(event.summary)}"
                    self.console.print(Text(f"  {said} ({event.seconds:.1f} s)", style="dim"))
                case TextDelta():
                    self.console.print(words.styled(clean(event.text)), end="", soft_wrap=True)
                case Notice():
                    self._note(event)
                case _:
                    continue
        self.console.print(words.rest())
        if answer.cards:
            self.cards = answer.cards
            self.console.print(cards_table(answer.cards))

    def _command(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        if name in ("/like", "/dislike"):
            self._verdict("like" if name == "/like" else "dislike", rest.strip())
        elif name == "/profile":
            profile = self.agent.profile(self.user)
            self._profiled = profile.interests
            if self.as_json:
                self._line(profile.model_dump_json())
            else:
                self.console.print(profile_table(profile))
        elif name == "/correct":
            self._correct(rest.strip())
        elif name == "/forget":
            self._forget(rest.strip())
        elif name == "/export":
            self._export(rest.strip())
        elif name == "/erase":
            self._ask_or_erase(rest.strip())
        elif name == "/new":
            self.thread, self.cards = new_thread(), ()
            self._note(Notice(level="info", text="A new dialogue."))
        elif name == "/help":
            self._note(Notice(level="info", text=HELP))
        else:
            self._note(Notice(level="warning", text=f"There is no command {name}. /help lists them."))

    def _verdict(self, verdict: Literal["like", "dislike"], number: str) -> None:
        card = next((card for card in self.cards if str(card.number) == number), None)
        if card is None:
            known = ", ".join(str(card.number) for card in self.cards) or "none yet"
            self._note(Notice(level="warning", text=f"Say which one: /{verdict} NUMBER ({known})."))
            return
        self._note(Notice(level="info", text=self.agent.feedback(self.user, card.id, verdict)))

    def _correct(self, rest: str) -> None:
        number, _, right = rest.partition(" ")
        chosen = next((one for k, one in enumerate(self._profiled, 1) if str(k) == number), None)
        if chosen is None or not right.strip():
            self._note(
                Notice(
                    level="warning",
                    text="Say which one and what is right: /correct NUMBER like, dislike or WORDS. "
                    "/profile numbers them.",
                )
            )
            return
        polarity, subject = right_is(right)
        now = self.agent.correct(self.user, chosen.id, polarity, subject)
        self._note(Notice(level="info", text=f"Corrected: {statement(now)}"))

    def _forget(self, number: str) -> None:
        chosen = next((one for k, one in enumerate(self._profiled, 1) if str(k) == number), None)
        if chosen is None:
            self._note(Notice(level="warning", text="Say which one: /forget NUMBER. /profile numbers them."))
            return
        self.agent.forget(self.user, chosen.id)
        self._note(Notice(level="info", text=f"Forgotten: {chosen.subject}. The other numbers stay."))

    def _export(self, file: str) -> None:
        if not file:
            self._note(Notice(level="warning", text="Say where to: /export FILE"))
            return
        written = write_export(self.agent.export(self.user), Path(file))
        self._note(Notice(level="info", text=f"Written: {written}"))

    def _ask_or_erase(self, word: str) -> None:
        if word == "yes":
            self._erase()
        elif self._asks:
            self._erasing = True
            self._note(
                Notice(
                    level="warning",
                    text="This erases everything stored about you, for good. Type ERASE to do it.",
                )
            )
        else:
            self._note(Notice(level="warning", text="Nothing was erased. To erase all: /erase yes"))

    def _erase(self) -> None:
        erased = self.agent.erase(self.user)
        self.thread, self.cards, self._profiled = new_thread(), (), ()
        self._note(Notice(level="info", text=erased))

    def _keep(self) -> None:
        self._note(Notice(level="info", text="Nothing was erased."))

    def _note(self, notice: Notice) -> None:
        if self.as_json:
            self._line(notice.model_dump_json())
            return
        style = {"info": "dim", "warning": "yellow", "error": "bold red"}[notice.level]
        self.console.print(Text(clean(notice.text), style=style))

    def _line(self, json_line: str) -> None:
        self.console.print(json_line, markup=False, highlight=False, soft_wrap=True)


class _Emphasis:
    """Turns `**` of streamed Markdown into bold; a pair may come in two parts."""

    def __init__(self) -> None:
        self._bold = False
        self._held = ""

    def styled(self, text: str) -> Text:
        text = self._held + text
        self._held = "*" if text.endswith("*") and not text.endswith("**") else ""
        shown = Text()
        for k, part in enumerate(text.removesuffix(self._held).split("**")):
            self._bold ^= k > 0
            shown.append(part, style="bold" if self._bold else "")
        return shown

    def rest(self) -> Text:
        return Text(self._held)


def cards_table(cards: Iterable[ItemCard]) -> Table:
    """Return the items of an answer: number, title, reasons, and what the score is made of."""
    shown = list(cards)
    table = Table(show_lines=True, expand=False, caption=legend(shown), caption_justify="left")
    table.add_column("", justify="right", style="bold")
    table.add_column("title", overflow="fold")
    table.add_column("why", overflow="fold")
    table.add_column("score made of", no_wrap=True)
    for card in shown:
        title = Text(clean(card.title), style="bold").append(
            f" {card.year}" if card.year else "", style="not bold dim"
        )
        kinds = [value for facet in ("genre", "category") for value in card.facts.get(facet, [])]
        if kinds:
            title.append("\n" + clean(", ".join(kinds[:3])), style="not bold dim")
        why = Text("\n".join(f"• {clean(reason.text)}" for reason in card.reasons[:3]))
        table.add_row(str(card.number or ""), title, why, share_bar(card))
    return table


def share_bar(card: ItemCard) -> Text:
    """Return the shares as blocks of colour, `BAR_WIDTH` characters in all; a share below zero is hatched."""
    bar, used = Text(), 0
    parts = shares_of(card)
    for k, (name, value, part) in enumerate(parts):
        width = BAR_WIDTH - used if k == len(parts) - 1 else min(round(part * BAR_WIDTH), BAR_WIDTH - used)
        bar.append(("█" if value > 0 else "░") * width, style=COLOURS.get(name, "white"))
        used += width
    return bar


def legend(cards: list[ItemCard]) -> Text | None:
    """Return what the colours mean, with `simulated` where shares were learned from simulated behaviour."""
    seen: dict[str, str] = {}
    for card in cards:
        for name, _, _ in shares_of(card):
            if name not in seen or (card.simulated and name in LEARNED_FROM_PEOPLE):
                seen[name] = share_label(card, name)
    if not seen:
        return None
    line = Text()
    for name, label in seen.items():
        line.append("█ ", style=COLOURS.get(name, "white")).append(
            f"{clean(label)}   ", style="not italic dim"
        )
    return line


def profile_table(profile: Profile) -> Table | Text:
    """Return what is stored about a person, or a sentence when nothing is."""
    if not profile.interests:
        return Text("Nothing is stored about your taste yet.", style="dim")
    now = datetime.now(UTC)
    table = Table(title=f"What is stored about {clean(profile.user)}", title_justify="left")
    table.add_column("", justify="right", style="bold")
    for column in ("", "what", "kind", "how", "counts", "when", "from the sentence"):
        table.add_column(column, overflow="fold")
    for number, interest in enumerate(profile.interests, 1):
        scene = scene_phrase(interest.scene)
        table.add_row(
            str(number),
            "+" if interest.polarity > 0 else "−",
            Text(clean(interest.subject)).append(f" {clean(scene)}" if scene else "", style="italic"),
            Text(clean(interest.facet)),
            interest.kind,
            f"{interest.weight(now):.0%}",
            f"{interest.time:%Y-%m-%d %H:%M}",
            Text(clean(interest.sentence), style="dim"),
        )
    return table


def right_is(words: str) -> tuple[Literal[-1, 1] | None, str | None]:
    """Return the polarity that `like` or `dislike` says, or other words as a subject."""
    plain = words.strip()
    if plain.casefold() in ("like", "dislike"):
        return (1 if plain.casefold() == "like" else -1), None
    return None, plain


def manifest_table(workspace: Workspace) -> Table:
    """Return what a workspace holds and what made it."""
    manifest = workspace.manifest
    table = Table(title=Text(clean(manifest.name)), title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    rows = {
        "folder": str(workspace.path),
        "domain": manifest.domain,
        "source": manifest.source,
        "behaviour": "simulated" if manifest.simulated else "observed",
        "holds": ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in manifest.counts.items()),
        "built": f"{manifest.created:%Y-%m-%d %H:%M} UTC, seed {manifest.seed}",
        "data": f"SHA-256 {manifest.data_hash}",
        "made by": ", ".join(f"{name} {version}" for name, version in manifest.versions.items()),
        "notes": "\n".join(manifest.notes),
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, Text(clean(value)))
    return table
