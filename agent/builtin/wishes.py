"""From the roles in a sentence to wishes, tastes and feedback."""

from __future__ import annotations

import re
from typing import Literal

from agent.builtin import acts
from agent.builtin.acts import Act
from agent.builtin.cues import Role, Stance
from agent.builtin.dialogue import Dialogue, Reference
from agent.builtin.lexicon import Lexicon, Sense
from agent.builtin.quantities import Calendar, Quantity
from agent.builtin.request import Request, Verdict
from agent.builtin.scene import Scene
from agent.builtin.skeleton import Span
from agent.knowledge import Knowledge
from kg.text import fold_name, fold_word
from recsys.occasions import only_scene

_TAG = re.compile(r"<[a-z]\d+>")
"""Where a span stands in a sentence's skeleton."""

_SHORT_FILM = 100
_TURNED_DOWN = re.compile(
    r"\b(?:none of|not (?:that|this|these|those|the|number|<r)|not <r\d+>|any but|anything except|skip|"
    r"except|no to)\b"
)
_DIRECTLY_NOT = re.compile(r"(?:\bnot|\bnothing|\bno|\bnever|n't|\bexcept)(?: [\w']+){0,2} ?$")
_REMARK = re.compile(
    r"^(?:yes|yeah|oh|well|no|wow|and|but|,| )*(?:<r\d+>(?:'s| is| was| looks?| sounds?|"
    r" seems?)|sounds|looks|seems) (?:[\w']+ )*<[vo]"
)
_IS = re.compile(r"'s\b| is\b| was\b| are\b")
_CALLS_IT = re.compile(
    r"(?:<[rtu]\d+>|\b(?:it|that|this|they|those|these))(?:'s|'re| is| are| was| were)(?: [\w']+){0,3} $"
)
_OF_AN_ITEM = re.compile(
    r"(?:<[rtu]\d+>|\bit)(?:'s| is| was| were| are)(?: \w+){0,3} $|\bsuch an? $|, (?:very|so|really|pretty) $"
)
"""What stands before a word that describes an item which was named, and is no wish."""
_OF_SOMEBODY = re.compile(
    r"(?<!\bthat)(?<!\bwhich)(?<!\bwho)(?<!movies)(?<!films)(?:'s| is| are| was| were)(?: (?:so|very|really|pretty|"
    r"just|"
    r"always|such an?|a bit|too))+ $"
)


class Reader:
    """Reads wishes with one workspace's words."""

    def __init__(self, lexicon: Lexicon, calendar: Calendar, knowledge: Knowledge) -> None:
        self._lexicon = lexicon
        self._calendar = calendar
        self._noun = knowledge.noun
        self._films = knowledge.domain in ("films", "series")

    def read(
        self, plain: str, found: dict[int, Role], scene: Scene, request: Request, asked: bool, shop: bool
    ) -> None:
        """Add what one skeleton sentence says to `request`."""
        wished = False
        for number, role in found.items():
            wished |= self._span(plain, number, role, scene, request)
        said_taste = any(role.stance in (Stance.LOVE, Stance.HATE) for role in found.values())
        asking = acts.is_asking(plain)
        more = bool(acts.ANOTHER.search(plain)) and not re.search(r"\b(?:seen|watched) .*again", plain)
        if more and scene.dialogue.last_wish:
            request.another = True
        if acts.ANYTHING.search(plain) and not wished:
            request.anything = True
        words = acts.content_words(plain)
        person_work = acts.PERSON_WORK.search(plain) and re.search(r"<[phx]\d+>", plain)
        if (
            person_work
            and not said_taste
            and not acts.is_asking(re.sub(r"\b(?:something|anything|give me|show me|find)\b", "", plain))
        ) or (acts.is_search(plain, shop) and (wished or words or request.bare) and not request.slots.deltas):
            request.add(Act.SEARCH)
        elif wished or (asking and not said_taste) or request.another or request.anything:
            request.add(Act.RECOMMEND)
        if asking or acts.names_domain(plain) or wished or (not found and words):
            request.words += [w for w in words if w not in request.words]
        if any(role.stance is Stance.LOVE or role.loved for role in found.values()) and (
            request.slots.like or request.slots.include
        ):
            request.implied = True

    def _span(self, plain: str, number: int, role: Role, scene: Scene, request: Request) -> bool:
        """Add one span; say whether it carries a wish (rather than a taste or feedback)."""
        span = scene.spans[number]
        if span.tag in "tu":
            return self._title(plain, number, span, role, scene, request)
        if span.tag == "r":
            return self._reference(plain, number, span, role, scene, request)
        if span.tag in "px":
            return self._named(span.name, span.surface, "person", role, request)
        if span.tag == "h":
            earlier = [s.name for k, s in scene.spans.items() if s.tag == "p" and k < number]
            name = earlier[-1] if earlier else scene.dialogue.person
            if name is None:
                return False
            return self._named(name, name, "person", role, request)
        if span.tag == "v":
            return self._value(plain, number, span, role, request)
        if span.tag == "d":
            request.slots.deltas.append(span.name)  # type: ignore[arg-type]
            request.phrases.append(("delta", span.surface))
            return True
        return self._amount(plain, number, span, role, request)

    def _title(self, plain: str, number: int, span: Span, role: Role, scene: Scene, request: Request) -> bool:
        slots = request.slots
        label = _shown(span.name, scene.dialogue)
        name = label or span.name
        if span.tag == "u" and role.stance not in (Stance.SEEN, Stance.UNSEEN, Stance.HATE, Stance.NOT):
            request.unknown.append(span.name)
        after = plain[plain.find(f"<{span.tag}{number}>") + len(f"<{span.tag}{number}>") :]
        collective = span.tag == "u" and re.match(r" (?:movies|films|stuff)\b", after)
        if collective and role.stance in (Stance.LOVE, Stance.WISH, Stance.PLAIN, Stance.ASK):
            return self._named(name, span.surface, "value", role, request)
        if role.stance in (Stance.LOVE, Stance.HATE):
            self._judge(name, bool(label), role.stance, request)
            return role.wished and role.stance is Stance.LOVE
        if role.stance is Stance.SEEN and span.tag == "t":
            request.feedback.setdefault(name, "seen")
            return False
        if role.stance in (Stance.SEEN, Stance.UNSEEN):
            request.unseen.append(name)
            return False
        if role.stance is Stance.NOT:
            slots.exclude.append(name)
            request.phrases.append(("not", span.surface))
            return True
        if role.stance is Stance.SEED or role.wished:
            slots.like.append(name)
            request.phrases.append(("like", span.surface))
            if role.loved and not label:
                request.tastes[name] = "like"
            return True
        request.bare.append(name)
        return False

    def _judge(self, name: str, shown: bool, stance: Stance, request: Request) -> None:
        """Note that an item is loved or hated: feedback when it was shown, a taste otherwise."""
        loved = stance is Stance.LOVE
        if shown:
            request.feedback[name] = "like" if loved else "dislike"
            return
        request.feedback.pop(name, None)
        request.tastes[name] = "like" if loved else "dislike"
        if loved and name not in request.slots.like:
            request.slots.like.append(name)
            request.phrases.append(("like", name))
        elif not loved and name not in request.slots.exclude:
            request.slots.exclude.append(name)
        if name in request.bare:
            request.bare.remove(name)

    def _reference(
        self, plain: str, number: int, span: Span, role: Role, scene: Scene, request: Request
    ) -> bool:
        if not isinstance(span.data, Reference):
            return False
        labels = scene.resolve(span.data, number)
        named_here = [s.name for k, s in scene.spans.items() if s.tag in "tu" and k < number]
        if role.stance is Stance.SEED:
            request.slots.like += [label for label in labels if label not in request.slots.like]
            request.phrases += [("like", label) for label in labels]
            if not labels:
                request.lost.append(span.surface)
            return bool(labels)
        verdict: Verdict | None = None
        if role.stance in (Stance.LOVE, Stance.HATE):
            for label in labels:
                self._judge(
                    label,
                    label not in named_here or bool(_shown(label, scene.dialogue)),
                    role.stance,
                    request,
                )
            if not labels:
                request.lost.append(span.surface)
            if role.stance is Stance.HATE and not labels and scene.dialogue.last_list:
                request.another = True
            return False
        if role.stance is Stance.SEEN:
            verdict = "seen"
        elif (
            role.stance is Stance.NOT
            and not _IS.match(plain.partition(f"<r{number}>")[2])
            and (_TURNED_DOWN.search(plain) or len(plain.split()) <= 4)
        ):
            verdict = "skip"
        if verdict is None:
            if role.stance is Stance.UNSEEN:
                request.add(Act.REACT)
            return False
        for label in labels:
            if label in named_here and not _shown(label, scene.dialogue):
                continue
            request.feedback.setdefault(label, verdict)
        if not labels and scene.dialogue.last_list and span.data.how != "places":
            request.another = True
        elif not labels:
            request.lost.append(span.surface)
        return False

    def _named(self, name: str, surface: str, kind: str, role: Role, request: Request) -> bool:
        slots = request.slots
        if role.stance is Stance.HATE:
            request.tastes[name] = "dislike"
            slots.exclude.append(name)
            request.phrases.append(("not", surface))
            return False
        if role.stance in (Stance.NOT, Stance.LESS):
            slots.exclude.append(name)
            request.phrases.append(("not", surface))
            return True
        if role.stance in (Stance.SEEN, Stance.UNSEEN):
            return False
        slots.include.append(name)
        request.phrases.append((kind, surface))
        if role.stance is Stance.LOVE:
            request.tastes[name] = "like"
            return role.wished
        return True

    def _value(self, plain: str, number: int, span: Span, role: Role, request: Request) -> bool:
        sense: Sense = span.data
        slots = request.slots
        word = sense.quality or span.surface.lower()
        values = self._spoken(plain, number, span, sense)
        stance = role.stance
        if stance is Stance.PLAIN and sense.describes and _REMARK.match(plain):
            request.add(Act.REACT)
            return False
        if stance in (Stance.PLAIN, Stance.LOVE) and sense.describes and not role.wished:
            before = plain[: plain.find(f"<v{number}>")]
            if _OF_AN_ITEM.search(before) or (_OF_SOMEBODY.search(before) and not acts.is_asking(plain)):
                request.add(Act.REACT)
                return False
        after = plain[plain.find(f"<v{number}>") + len(f"<v{number}>") :]
        if (
            stance is Stance.MORE
            and values
            and not sense.describes
            and (
                span.surface.lower().endswith("s")
                or re.match(rf" (?:{self._noun}|film|movie|one|product)s?\b", after)
            )
        ):
            request.another = True
            stance = Stance.WISH
        if stance is Stance.LESS or (stance is Stance.NOT and sense.comparative):
            slots.less.append(word)
            request.phrases.append(("less", span.surface))
            return True
        if sense.comparative or stance is Stance.MORE:
            slots.more.append(word)
            request.phrases.append(("more", span.surface))
            return True
        if sense.broad:
            request.words.append(span.surface.lower())
            word = span.surface.lower()
        if stance in (Stance.HATE, Stance.NOT):
            request.phrases.append(("not", span.surface))
            if values and not sense.broad:
                slots.exclude += values
            else:
                slots.less.append(word)
            if stance is Stance.HATE:
                request.tastes[values[0] if values and not sense.broad else span.surface.lower()] = "dislike"
                return False
            return True
        if stance in (Stance.SEEN, Stance.UNSEEN):
            return False
        kind = "bound" if not values and " " in span.surface else "value"
        request.phrases.append(
            (
                "theme"
                if sense.facet == "theme" and values and not re.match(r" (?:film|movie)", after)
                else kind,
                span.surface,
            )
        )
        if values:
            slots.include += [value for value in values if value not in slots.include]
        else:
            slots.more.append(word)
        beside = _TAG.search(plain.replace(f"<v{number}>", " ")) is not None
        # In `Toy Story for the kids` the children are the occasion of a taste, not one more of them.
        occasion = beside and only_scene(span.surface)
        if (stance is Stance.LOVE or role.loved) and not occasion:
            for value in values if values and not sense.broad else [span.surface.lower()]:
                request.tastes[value] = "like"
            return role.wished
        return True

    def _spoken(self, plain: str, number: int, span: Span, sense: Sense) -> list[str]:
        """Return the values of a span; `in French` is the language, where the catalogue has it."""
        spoken = re.search(
            rf"\b(?:in|speaks?|speaking) <v{number}>|<v{number}>[- ](?:language|speaking)", plain
        )
        if spoken and fold_word(span.surface) in self._lexicon.languages:
            return [span.surface.capitalize()]
        return list(sense.values)

    def _amount(self, plain: str, number: int, span: Span, role: Role, request: Request) -> bool:
        slots = request.slots
        if span.tag == "o":
            return self._era(
                span,
                role,
                plain[plain.find(f"<o{number}>") + len(f"<o{number}>") :],
                bool(_REMARK.match(plain) or _CALLS_IT.search(plain[: plain.find(f"<o{number}>")])),
                request,
            )
        quantity = span.data
        if not isinstance(quantity, Quantity):
            return False
        before = plain[: max(plain.find(f"<{span.tag}{number}>"), 0)]
        if quantity.kind == "count" and quantity.high:
            slots.count = int(quantity.high)
            return False
        if quantity.kind == "runtime" and quantity.high:
            slots.max_runtime = int(quantity.high)
        elif quantity.kind == "price" and quantity.high:
            slots.max_price = quantity.high
        elif role.stance is Stance.SEEN:
            return False
        else:
            low, high = quantity.low, None if quantity.high is None else int(quantity.high)
            if role.stance is Stance.HATE or _DIRECTLY_NOT.search(before):
                self._not_years(low, high, quantity.bound, span, request)
                return role.stance is not Stance.HATE
            slots.years.append((low, high, quantity.bound))
            if role.stance is Stance.LOVE and low is not None and not quantity.bound:
                request.tastes[f"{low}s" if low % 10 == 0 else str(low)] = "like"
        request.phrases.append(("bound", span.surface))
        return role.stance is not Stance.LOVE

    def _not_years(
        self, low: int | None, high: int | None, bound: bool, span: Span, request: Request
    ) -> None:
        if bound and high is not None:
            request.slots.years.append((high + 1, None, True))
        elif bound and low is not None:
            request.slots.years.append((None, low - 1, True))
        elif low is not None:
            request.slots.exclude.append(f"{low}s" if low % 10 == 0 else str(low))
        request.phrases.append(("not", span.surface))

    def _era(self, span: Span, role: Role, after: str, remark: bool, request: Request) -> bool:
        slots = request.slots
        if re.match(r" (?:(?:film|movie|one) )?<[tu]", after):
            return False
        if role.stance is Stance.PLAIN and remark:
            request.add(Act.REACT)
            return False
        against = role.stance in (Stance.HATE, Stance.NOT, Stance.LESS)
        if span.name == "short":
            if self._films and not against:
                slots.max_runtime = _SHORT_FILM
            else:
                (slots.less if against else slots.more).append("short")
        elif role.stance in (Stance.SEEN, Stance.UNSEEN):
            return False
        elif (span.name == "old") != against:
            slots.eras.append((None, self._calendar.old_until, True))
        else:
            slots.eras.append((self._calendar.recent_from, None, True))
        if role.stance in (Stance.LOVE, Stance.HATE):
            polarity: Literal["like", "dislike"] = "like" if role.stance is Stance.LOVE else "dislike"
            request.tastes[f"{span.name} {self._noun}s"] = polarity
            request.implied = request.implied or role.stance is Stance.LOVE
        request.phrases.append(("not" if against else "bound", span.surface))
        return role.stance not in (Stance.LOVE, Stance.HATE)


def _shown(name: str, dialogue: Dialogue) -> str | None:
    """Return the label of a shown item of this name, or None."""
    wanted = fold_name(name)
    for card in dialogue.last_list:
        if wanted in (fold_name(card.label), fold_name(card.title)):
            return card.label
    earlier = dialogue.card(name)
    return earlier.label if earlier and earlier.label in dialogue.shown_labels else None
