"""Lets an answer out sentence by sentence: what the evidence does not support is written again once, or
cut."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from agent.bounded import within
from agent.catalogue_text import no_links
from agent.context import TurnContext
from agent.events import TextDelta
from agent.grounding import Verdict, check_sentence
from agent.grounding.support import Support
from agent.prompts import REWRITE
from agent.sentences import SentenceBuffer

log = logging.getLogger(__name__)
_LIST_LINE = re.compile(r"^(?P<space>\s*)(?P<number>\d{1,2})(?P<rest>[.)]\s+)")
_EVIDENCE_CHARACTERS = 3000


@dataclass(frozen=True)
class Report:
    """What checking an answer found; sent beside the events, for the end of the turn."""

    claims: int
    cut: list[str]
    unsupported: int = 0


@dataclass
class Release:
    """The answer of one model call on its way out."""

    turn: TurnContext
    support: Support
    max_rewrites: int
    write: Callable[[Any], None]
    rewriter: BaseChatModel | None = None
    """A language model that may write a sentence again; None when the model cannot."""
    rewrite_seconds: float = 30.0
    """How long that may take."""
    evidence: str = ""
    """The turn's payloads as JSON, for the model that writes again."""
    claims: int = 0
    cut: list[str] = field(default_factory=list)
    unsupported: int = 0
    """Claims, among `claims`, that nothing supported, as first written and as written again."""
    text: str = ""
    """What was shown of this call."""
    _buffer: SentenceBuffer = field(default_factory=SentenceBuffer)
    _taken: int = 0
    _about: frozenset[str] = frozenset()
    """The item that the sentence before was about."""
    _skip_line: bool = False
    _fewer: int = 0
    """Lines of the list under way that were cut, so that the next ones move up."""

    def catch_up(self, whole: str) -> None:
        """Take what is new in the text that the model wrote so far."""
        new, self._taken = whole[self._taken :], len(whole)
        for sentence in self._buffer.feed(new):
            self._let_out(sentence)

    def finish(self) -> None:
        """Let out the last sentence."""
        for sentence in self._buffer.flush():
            self._let_out(sentence)

    def restart(self) -> None:
        """Forget the unfinished sentence of a model that failed; another one starts anew."""
        self._buffer = SentenceBuffer()
        self._taken = 0
        self._skip_line = False
        self._fewer = 0
        self.rewriter = None
        if self.text.strip():
            self.show("\n\n")

    def show(self, text: str) -> None:
        """Send text that needs no check."""
        text = no_links(text)
        if not self.text and self.turn.shown:
            text = "\n\n" + text.lstrip()
        self.text += text
        self.turn.shown.append(text)
        self.write(TextDelta(text=text))

    def _let_out(self, sentence: str) -> None:
        if self._skip_line:
            # The rest of a list line is about the item that was cut with its beginning.
            # ... unless it names another one itself.
            verdict = check_sentence(sentence, self.support, self.turn.services.language)
            if verdict.supported and verdict.about:
                self._skip_line = False
                self._let_out(sentence)
                return
            self._skip_line = not sentence.endswith("\n")
            if sentence.strip():
                self.cut.append(sentence.strip())
            return
        verdict = self._check(sentence)
        if verdict.supported:
            self._show_sentence(sentence)
            return
        again = self._again(sentence, verdict.unsupported)
        if again is not None:
            self._show_sentence(again)
            return
        log.info("cut a sentence: nothing supports %s", verdict.unsupported)
        self.cut.append(sentence.strip())
        if _LIST_LINE.match(sentence):
            self._fewer += 1
            self._skip_line = not sentence.endswith("\n")
        elif sentence.endswith("\n") and self.text and not self.text.endswith("\n"):
            self.show("\n")

    def _show_sentence(self, sentence: str) -> None:
        line = _LIST_LINE.match(sentence)
        if line and int(line["number"]) == 1:
            self._fewer = 0
        if line and self._fewer:
            number = int(line["number"]) - self._fewer
            sentence = f"{line['space']}{number}{line['rest']}{sentence[line.end() :]}"
        self.show(sentence)

    def _again(self, sentence: str, claims: list[str]) -> str | None:
        if self.rewriter is None or self.turn.rewrites >= self.max_rewrites:
            return None
        self.turn.rewrites += 1
        line = _LIST_LINE.match(sentence)
        prompt = REWRITE.format(
            claims=", ".join(claims),
            evidence=self.evidence[:_EVIDENCE_CHARACTERS],
            sentence=sentence[line.end() if line else 0 :].strip(),
        )
        try:
            rewriter = self.rewriter
            written = within(self.rewrite_seconds, lambda: rewriter.invoke([HumanMessage(prompt)])).text
        except Exception as error:
            # The sentence is cut all the same; the turn goes on with what is supported.
            log.warning("a sentence could not be written again: %s: %s", type(error).__name__, error)
            return None
        again = " ".join(str(written).split())
        if not again or again.strip(" .\"'").upper() == "NOTHING":
            return None
        end = sentence[len(sentence.rstrip()) :]
        again = (line[0] if line else "") + again + end
        return again if self._check(again).supported else None

    def _check(self, sentence: str) -> Verdict:
        """Check a sentence; of one that may be shown it is kept what it is about, for the `it` of the next."""
        verdict = check_sentence(sentence, self.support, self.turn.services.language, self._about)
        self.claims += verdict.claims
        self.unsupported += len(verdict.unsupported)
        if verdict.supported:
            self._about = verdict.about
        return verdict
