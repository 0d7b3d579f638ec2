"""From what the tools returned to the answer: opening, list, facts, confirmations, notes and questions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.builtin.details import compared, explained, facts_told, joint
from agent.builtin.dialogue import LIST_TOOLS, Dialogue, listed
from agent.builtin.phrases import facts as in_words
from agent.builtin.phrases import of_language
from agent.builtin.phrases.answers import Told, in_language, social
from agent.builtin.phrases.facts import CONFIRMING, confirmed
from agent.builtin.phrases.structure import Phrases
from agent.builtin.request import Request
from agent.builtin.smalltalk import SmallTalk, fresh, pick
from agent.evidence import ItemCard, ToolPayload
from agent.knowledge import Knowledge
from agent.labels import plural

_HINTS = (
    "Ask why for any of them, or say what should be different.",
    "Say older, newer or less of something, and I will adjust.",
    "Like or dislike one, and the next list will know it.",
    "",
    "",
)
_ASKED = ", as you asked"
_PREFIXES = ("Remembered: you like ", "Remembered: you dislike ", "Noted: you like ", "Noted: you have seen ")


class Writer:
    """Writes answers for one workspace; every name and number comes from payloads or the person's own
    words."""

    def __init__(self, knowledge: Knowledge, smalltalk: SmallTalk) -> None:
        self._noun = knowledge.noun
        self._nouns = plural(knowledge.noun)
        self._films = knowledge.domain in ("films", "series")
        self._smalltalk = smalltalk

    def reply(self, request: Request, text: str) -> str:
        """Return a reply without evidence, in the person's language where it is a social one; else preceded by a
        word in it."""
        if request.language is None:
            return text
        phrases = of_language(request.language.code)
        if phrases is not None and (said := social(request, phrases)):
            return said
        return f"{request.language.help}\n\n{text}"

    def write(self, request: Request, dialogue: Dialogue, seed: str) -> str:
        """Return the answer to the newest message from the payloads of its turn."""
        payloads = dialogue.now.payloads
        phrases = of_language(request.language.code) if request.language else None
        if phrases is not None:
            return in_language(self._content(request, dialogue, phrases), phrases, seed)
        parts: list[str] = [request.language.notice] if request.language else []
        parts += [
            payload.say or "That did not work; please try again." for payload in payloads if not payload.ok
        ]
        good = [payload for payload in payloads if payload.ok]
        parts.append(_confirmed(good))
        for payload in good:
            parts.append(self._told(payload, request, dialogue))
        items = listed(good)
        parts += _notes(good, request, bool(items))
        if items:
            parts.append(self._opening(request, good, dialogue, seed) + "\n\n" + _list(items))
        questions = [payload.question for payload in good if payload.question]
        parts += questions
        if not questions:
            parts.append(self._closing(request, good, bool(items), seed))
        text = "\n\n".join(dict.fromkeys(part.strip() for part in parts if part.strip()))
        return text or self._smalltalk.unclear(seed)

    def _content(self, request: Request, dialogue: Dialogue, phrases: Phrases) -> Told:
        """Return what there is to say, for an answer in another language."""
        good = [payload for payload in dialogue.now.payloads if payload.ok]
        lists = [payload for payload in good if payload.tool in LIST_TOOLS]
        others = [p.say or "" for p in dialogue.now.payloads if not p.ok]
        own: list[str] = []
        whys = []
        for payload in good:
            if payload.tool in CONFIRMING:
                said, english = confirmed(payload, phrases)
                own, others = [*own, *said], [*others, *english]
            elif payload.tool == "item_facts" and payload.items:
                own.append(in_words.facts_told(payload, request, phrases))
                others.append(payload.items[0].about if not request.facets and not request.checks else "")
            elif payload.tool == "compare" and len(payload.items) > 1:
                own.append(in_words.compared(payload.items, phrases))
            elif payload.tool == "explain" and {fact.kind for fact in payload.facts} <= {"reason", "share"}:
                whys += payload.items[:1]
            elif payload.tool == "show_profile":
                others += [f"- {fact.text}" for fact in payload.facts]
            else:
                others.append(self._told(payload, request, dialogue))
        return Told(
            items=listed(good),
            whys=whys,
            own=[text for text in own if text],
            others=[text for text in (*others, *_notes(good, request, bool(lists))) if text],
            questions=[payload.question for payload in good if payload.question],
            searched=any(payload.tool == "search_catalogue" for payload in good),
            another=request.another,
            known=_by_taste(dialogue),
            profile=any(payload.tool == "show_profile" and payload.facts for payload in good),
            empty=bool(lists) and not any(payload.items or payload.question for payload in lists),
            before=_reply_before(dialogue),
        )

    def _told(self, payload: ToolPayload, request: Request, dialogue: Dialogue) -> str:
        if payload.tool == "item_facts":
            return facts_told(payload, request)
        if payload.tool == "explain":
            again = any(c.name == "explain" for turn in dialogue.past[-1:] for c in turn.calls)
            return explained(payload, again)
        if payload.tool == "compare":
            return compared(payload)
        if payload.tool == "show_profile":
            if not payload.facts:
                return ""
            lines = "\n".join(f"- {fact.text}" for fact in payload.facts)
            return f"Here is what I remember of you:\n\n{lines}\n\nTell me to forget any of it, and I will."
        if payload.tool in ("answer_help", "forget"):
            return " ".join(fact.text for fact in payload.facts)
        return ""

    def _opening(
        self, request: Request, payloads: Sequence[ToolPayload], dialogue: Dialogue, seed: str
    ) -> str:
        before = _reply_before(dialogue)
        if any(p.tool == "search_catalogue" for p in payloads):
            return fresh(
                ("Here is what the catalogue has:", "This is what I found:", "Found in the catalogue:"),
                seed,
                before,
            )
        wish = self._wish(request)
        if request.another and not wish:
            return fresh(
                (f"Here are other {self._nouns}:", "Some more to choose from:", "Then perhaps one of these:"),
                seed,
                before,
            )
        if not wish and _by_taste(dialogue):
            return fresh(
                (
                    "Going by what I know of you, these may suit you:",
                    "With your taste in mind, I suggest these:",
                    "From what you like, these come to mind:",
                ),
                seed,
                before,
            )
        if not wish:
            return fresh(
                ("These may suit you:", f"Here are {self._nouns} to start with:", "You could try these:"),
                seed,
                before,
            )
        forms = (
            f"For {wish}, I suggest these:",
            f"Looking for {wish}, I found these:",
            f"You asked for {wish}; these come closest:",
        )
        return fresh(forms, seed, before)

    def _wish(self, request: Request) -> str:
        """Return the wishes in the person's own words, or an empty string."""

        def said(*kinds: str) -> list[str]:
            words = [_plain(words) for kind, words in request.phrases if kind in kinds]
            return list(dict.fromkeys(w for w in words if w and w.casefold() in request.text.casefold()))

        values = said("value")
        after = [v for v in values if re.match(r"(?:for|with|in|without) ", v, re.IGNORECASE)]
        before = [v for v in values if v not in after]
        lacking = {title.casefold() for title in request.unknown}
        known = [like for like in said("like") if like.casefold() not in lacking]
        likes, people, refused, themes = known, said("person"), said("not"), said("theme")
        head = " ".join(before[:3])
        if not head:
            head = self._nouns if likes or people or after or refused or themes else "something"
        elif self._films and not before[-1].endswith("s"):
            head = f"{head} {self._nouns}"
        elif not self._films and not before[-1].endswith("s"):
            head = f"{'an' if head[0].lower() in 'aeiou' else 'a'} {head}"
        head += f" about {_and(themes[:2])}" if themes else ""
        head += f" like {_and(likes[:3])}" if likes else ""
        head += f" {after[0]}" if after else ""
        head += f" with {_and(people[:3])}" if people else ""
        moved = [
            *(f"less {word}" for word in said("less")[:2]),
            *map(_more, [*said("more"), *said("delta")][:2]),
        ]
        extra = [*said("bound")[:3], *moved]
        if extra:
            head += (" " if head in ("something", self._nouns) else ", ") + ", ".join(extra)
        if refused:
            head += (" " if head == self._nouns else ", ") + f"without {_and(refused[:3], 'or')}"
        return head if request.phrases and head != "something" else ""

    def _closing(self, request: Request, payloads: Sequence[ToolPayload], has_list: bool, seed: str) -> str:
        if has_list:
            return pick(_HINTS, seed + "hint")
        tools = {payload.tool for payload in payloads}
        liked = any(
            "you like" in fact.text for p in payloads if p.tool == "give_feedback" for fact in p.facts
        )
        if tools == {"give_feedback"} and liked:
            return pick(("Shall I look for more like it?", "Do you want more of that kind?"), seed)
        if any(p.notes for p in payloads) and not any(p.facts or p.items for p in payloads):
            return f"Name another {self._noun}, or say what kind you feel like."
        if tools == {"remember_taste"}:
            return f"What would you like instead? Name a kind of {self._noun}, or a title."
        if tools & LIST_TOOLS and not any(p.notes or p.question for p in payloads):
            return (
                f"Nothing in the catalogue fits that. Leave a condition out, or name a {self._noun} you like."
            )
        return ""


def _reply_before(dialogue: Dialogue) -> str:
    return dialogue.past[-1].reply if dialogue.past else ""


def _by_taste(dialogue: Dialogue) -> bool:
    """Whether what is known of the person, and no wish of this dialogue, drove the list."""
    calls = [call for call in dialogue.now.calls if call.name in LIST_TOOLS]
    plain = bool(calls) and all(call.name == "recommend" and set(call.args) <= {"count"} for call in calls)
    kinds = {reason.kind for card in listed(dialogue.now.payloads) for reason in card.reasons}
    return plain and bool(kinds & {"path", "history"})


def _confirmed(payloads: Sequence[ToolPayload]) -> str:
    """Return the confirmations of tastes and feedback; those that begin alike become one sentence."""
    texts = [f.text for p in payloads if p.tool in ("remember_taste", "give_feedback") for f in p.facts]
    out: list[str] = []
    for prefix in _PREFIXES:
        same = [text for text in texts if text.startswith(prefix) and text.endswith(".") and ";" not in text]
        if len(same) > 1:
            subjects = [text[len(prefix) : -1] for text in same]
            out.append(f"{prefix}{_and(subjects)}.")
            texts = [text for text in texts if text not in same]
    return " ".join([*out, *texts])


def _notes(payloads: Sequence[ToolPayload], request: Request, has_list: bool) -> list[str]:
    """Return every note; and say of titles that the catalogue lacks, unless a note does."""
    notes = [note for payload in payloads for note in payload.notes]
    told = " ".join(notes).casefold()
    if has_list:
        lacking = [title for title in request.unknown if title.casefold() not in told]
        notes += [f"{title} is not in this catalogue, so your own words had to do." for title in lacking]
    return [" ".join(dict.fromkeys(notes))] if notes else []


def _list(items: Sequence[ItemCard]) -> str:
    return "\n".join(f"{k}. **{card.label}**{_why(card)}" for k, card in enumerate(items, 1))


def _why(card: ItemCard) -> str:
    reasons = _two_reasons(card)
    if not reasons:
        about = re.split(r"(?<=[.!?])\s", card.about.strip(), maxsplit=1)[0].rstrip(". …")
        return f" – {about}." if about else ""
    return f"{joint(reasons[0])}{' and '.join(reasons)}."


def _two_reasons(card: ItemCard) -> list[str]:
    """Return the strongest reason that the graph carries, where there is one, and the strongest other one."""
    told = [reason for reason in card.reasons if reason.text.strip()]
    paths = [reason for reason in told if reason.kind == "path"]
    first = paths[:1] or told[:1]
    second = [reason for reason in told if reason not in first and (not paths or reason.kind != "path")][:1]
    texts = [reason.text.strip().rstrip(".") for reason in [*first, *(second or paths[1:2])]]
    if len(texts) == 2 and texts[0].endswith(_ASKED) and "you asked" in texts[1]:
        texts[0] = texts[0].removesuffix(_ASKED)
    return texts


def _plain(words: str) -> str:
    return re.sub(r"^(?:from|in) (?=the |\d)", "from ", " ".join(words.split()).strip(' ,.!?"“”'))


def _more(word: str) -> str:
    lower = word.lower()
    return lower if lower.endswith("er") or " " in lower else f"more {lower}"


def _and(names: Sequence[str], last: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"
