"""What the builtin chat model's rules say of a message, in the labels of the measuring data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from numpy.typing import NDArray

from agent.builtin.acts import Act
from agent.builtin.dialogue import Dialogue
from agent.builtin.request import Request
from agent.builtin.understand import Understanding
from agent.knowledge import Knowledge
from agent.nlu.labels import IARD_INTENTS, INTENTS
from agent.nlu.sources import IARD, REDIAL_TEST, Said
from agent.training.redial import read_dialogues, seeker_turns

_SOCIAL = {Act.GREET, Act.HOW_ARE_YOU, Act.THANKS, Act.BYE, Act.WHO, Act.YES, Act.NO, Act.OFF_TOPIC}


class Rules:
    """The rules over one catalogue, without the learned reader."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._understanding = Understanding(replace(knowledge, has_help=True))

    def intents(self, data: Path) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return what the rules tell on IARD's test turns and what is right, (turns, intents) each.

        Here a turn comes after its whole ReDial dialogue, with the films that were named as lists that were shown.
        """
        labelled = json.loads((data / IARD).read_text(encoding="utf-8"))
        told, right = [], []
        for dialogue in read_dialogues(data / REDIAL_TEST):
            turns = labelled.get(str(dialogue["conversationId"]))
            if turns is None:
                continue
            seeker = [t for t in turns["dialogue_info"].values() if t["role"] == "seeker"]
            for turn, (_, messages) in zip(seeker, seeker_turns(dialogue), strict=True):
                told.append(_row(intents_of(*self._read(messages))))
                right.append(_row({IARD_INTENTS[i] for i in turn["sub-intent/action"] if i in IARD_INTENTS}))
        return np.array(told), np.array(right)

    def polarities(self, given: Sequence[Said]) -> list[str]:
        """Return `like`, `dislike`, or an empty string where the rules find neither or both."""
        found: list[str] = []
        for said in given:
            request, _ = self._read(_messages(said))
            liked = [
                p for p in (*request.tastes.values(), *request.feedback.values()) if p in ("like", "dislike")
            ]
            found.append(liked[0] if len(set(liked)) == 1 else "")
        return found

    def outside(self, given: Sequence[Said]) -> NDArray[np.bool_]:
        """Return for which messages the rules say that they are about something else."""
        return np.array([Act.OFF_TOPIC in self._read(_messages(said))[0].acts for said in given])

    def service(self, given: Sequence[Said]) -> NDArray[np.bool_]:
        """Return which messages the rules would answer from the help desk."""
        return np.array([Act.HELP in self._read(_messages(said))[0].acts for said in given])

    def _read(self, messages: Sequence[BaseMessage]) -> tuple[Request, Dialogue]:
        dialogue = Dialogue.read(messages)
        return self._understanding.read(dialogue.now.text, dialogue), dialogue


def intents_of(request: Request, dialogue: Dialogue) -> set[str]:
    """Return our intents of what the rules understood; `other` where it is none of them."""
    found: set[str] = set()
    acts, slots = set(request.acts), request.slots
    if {Act.RECOMMEND, Act.SEARCH} & acts:
        moves = request.continues or slots.deltas or ((slots.exclude or slots.less) and dialogue.last_wish)
        found.add("critique" if moves and not request.another else "request")
    if slots.like or request.tastes or request.bare:
        found.add("preference")
    verdicts = set(request.feedback.values())
    found |= {"accept"} if "like" in verdicts else set()
    found |= {"reject"} if verdicts & {"dislike", "skip"} else set()
    found |= {"seen"} if "seen" in verdicts else set()
    found |= {"inquire"} if {Act.QUESTION, Act.EXPLAIN, Act.COMPARE} & acts else set()
    found |= {"neutral"} if Act.REACT in acts or request.unseen else set()
    found |= {"other"} if _SOCIAL & acts or not found else set()
    return found


def _messages(said: Said) -> list[BaseMessage]:
    before: list[BaseMessage] = [AIMessage(said.before)] if said.before else []
    return [*before, HumanMessage(said.text)]


def _row(intents: set[str]) -> list[bool]:
    return [name in intents for name in INTENTS]
