"""From a message and its dialogue to what is asked for: acts, wishes, tastes, feedback, targets."""

from __future__ import annotations

import re
from typing import Literal, Protocol

from agent.builtin import acts
from agent.builtin.acts import Act
from agent.builtin.asides import split_asides
from agent.builtin.cues import Role, Stance, roles
from agent.builtin.dialogue import Dialogue
from agent.builtin.languages import Language, detect, reordered, to_english
from agent.builtin.lexicon import Lexicon
from agent.builtin.quantities import Calendar
from agent.builtin.request import Request
from agent.builtin.scene import Scene
from agent.builtin.settle import settle
from agent.builtin.skeleton import clean
from agent.builtin.spans import Finder
from agent.builtin.verdicts import assessment, judged, says_seen
from agent.builtin.wishes import Reader
from agent.knowledge import Knowledge

_SENTENCE = re.compile(
    r"(?<=[.!?;])(?=\s|$)|\n+| (?=(?:but|however|although|though)\b)|(?<=,) (?=(?:but|however|who|what|"
    r"when|why|how|where|which|"
    r"tell me|does|do you|can you|could you)\b)"
)
_BUT = re.compile(r"\b(anything|everything|nothing|all) but\b", re.IGNORECASE)
_VS = re.compile(r"\bvs\.", re.IGNORECASE)
_ITEM_TAGS = re.compile(r"<[tur](\d+)>")
_OPINION = re.compile(r"\b(?:i|we) (?:\w+ )?(?:liked?|loved?|thought|enjoyed|hated|found)\b")
_CLAUSE = re.compile(r", | but | and ")
_SHORTENED = re.compile(
    r"\b(that|what|it|who|there|he|she)(s)(?= (?:an?|the|so|very|really|not|my|about|your|good|great|with|in)\b)|"
    r"\b(do|does|did|have|has|is|are|was|were|could|would|should|wo|ca)(?:nt'?|'t|n;t)(?!\w)|\b(hav)(?:n'?t|"
    r"'?ent)'?(?!\w)",
    re.IGNORECASE,
)
"""`thats`, `didnt`, `did't`."""
_VALUE_TAGS = re.compile(r"<[vo](\d+)>")
_ANY_TAG = re.compile(r"<[a-z](\d+)>")

_LANGUAGE_LASTS = 4
"""Messages back from which a language may be carried on."""


class Learned(Protocol):
    """A reader that was trained, for what no rule reads."""

    def act(self, text: str, dialogue: Dialogue) -> Act | None:
        """Return what a message asks for, or None when it is not sure."""

    def outside(self, text: str, dialogue: Dialogue) -> bool:
        """Say whether a message is surely about something else than items, tastes and orders."""

    def verdict(self, text: str, dialogue: Dialogue) -> Literal["like", "dislike"] | None:
        """Return what a message that names nothing says of the item just talked about."""


class Understanding:
    """Understands messages about one workspace. Keeps nothing of a dialogue; threads may share it."""

    def __init__(self, knowledge: Knowledge, learned: Learned | None = None) -> None:
        self._learned = learned
        self.lexicon = Lexicon(knowledge.facet_values, knowledge.domain)
        self._linker = knowledge.linker
        self._finder = Finder(knowledge, self.lexicon)
        self._has_help = knowledge.has_help
        self._shop = "price" in knowledge.facet_values or knowledge.domain in ("shop", "products")
        self._reader = Reader(self.lexicon, Calendar(knowledge.facet_values), knowledge)

    def read(self, text: str, dialogue: Dialogue) -> Request:
        """Return what `text` asks for after `dialogue`; any text is understood somehow, none raises."""
        plain = clean(text)
        request = Request(plain, empty=not any(c.isalnum() for c in plain))
        if request.empty:
            return request
        language = detect(plain, _language_before(dialogue))
        request.language = language
        if language:
            plain = reordered(plain, language)
            protected = [
                (m.start, m.end) for m in self._linker.find(plain) if " " in m.surface or m.start > 0
            ]
            protected = [(s, e) for s, e in protected if self.lexicon.sense_of(plain[s:e]) is None]
            plain = to_english(plain, language, protected)
        plain = _SHORTENED.sub(_spelt_out, plain)
        skeleton = self._finder.read(
            _VS.sub("vs", _BUT.sub(r"\1 except", plain)), len(dialogue.last_list), dialogue.shown_labels
        )
        scene = Scene(skeleton, dialogue)
        for sentence in _split(skeleton.words):
            self._sentence(sentence, scene, request)
        if self._found_nothing(request):
            self._unread(request, dialogue)
        settle(request, skeleton, dialogue, self.lexicon)
        self._look_again(request, dialogue)
        return request

    @staticmethod
    def _found_nothing(request: Request) -> bool:
        said = (request.acts, request.tastes, request.feedback, request.lost, request.bare, request.unseen)
        return not any(said) and not request.slots.constrained

    def _unread(self, request: Request, dialogue: Dialogue) -> None:
        """Let the learned reader say what a message is in which the rules found nothing."""
        if self._learned is not None:
            act = self._learned.act(request.text, dialogue)
            if act is not None:
                request.add(act)

    def _look_again(self, request: Request, dialogue: Dialogue) -> None:
        """Let the learned reader correct what the rules made of words alone: an opinion of what was just talked about,
        or another subject altogether. It reads English only."""
        if self._learned is None or request.language or not _of_words_alone(request):
            return
        verdict = self._learned.verdict(request.text, dialogue)
        if verdict is not None and dialogue.focus is not None:
            request.acts, request.feedback = [], {dialogue.focus: verdict}
        elif self._learned.outside(request.text, dialogue):
            request.acts = [Act.OFF_TOPIC]

    def knows(self, title: str) -> bool:
        """Say whether the catalogue has an item of this title."""
        return self._finder.title(title) is not None

    def _sentence(self, sentence: str, scene: Scene, request: Request) -> None:
        bare = sentence.strip(" ,.!;")
        plain = bare.rstrip("?").strip()
        self._social(plain, request)
        if acts.WHO.search(plain):
            return
        asides = split_asides(bare)
        for act in asides.acts:
            request.add(act)
        if asides.nothing_left:
            return
        bare = asides.rest
        found = roles(bare if asides.acts else sentence, scene.spans)
        plain = bare.rstrip("?").strip()
        if self._judges(plain, bare, scene, request):
            return
        if self._memory(plain, scene, request):
            return
        if self._has_help and acts.HELP.search(plain) and not acts.EXPLAIN.search(plain):
            request.add(Act.HELP)
            if not acts.is_asking(plain) or not re.search(r"<[vtu]\d+>", plain):
                return
        targets = [scene.spans[int(m[1])].name for m in _ITEM_TAGS.finditer(bare) if m[0][1] != "r"]
        pointed = self._pointed(bare, scene, request)
        if self._explains(plain, scene, request) or self._compares(bare, scene, request):
            return
        if self._asks(bare, found, scene, request):
            return
        if not targets and not pointed and acts.OFF_TOPIC.search(plain) and not _has_wish(plain):
            request.add(Act.OFF_TOPIC)
            return
        self._reader.read(plain, found, scene, request, asked=bare.endswith("?"), shop=self._shop)

    def _social(self, plain: str, request: Request) -> None:
        patterns = (
            (acts.GREET, Act.GREET),
            (acts.HOW, Act.HOW_ARE_YOU),
            (acts.BYE, Act.BYE),
            (acts.WHO, Act.WHO),
            (acts.YES, Act.YES),
            (acts.NO, Act.NO),
        )
        for pattern, act in patterns:
            if pattern.search(plain):
                request.add(act)
        if acts.THANKS.search(plain) and not re.match(r"^no\b", plain):
            request.add(Act.THANKS)

    @staticmethod
    def _judges(plain: str, bare: str, scene: Scene, request: Request) -> bool:
        """Read a sentence that is nothing but a verdict on what was just talked about, or says that it was
        seen."""
        dialogue = scene.dialogue
        if not dialogue.last_list or bare.endswith("?"):
            return False
        verdict = assessment(_VALUE_TAGS.sub(lambda m: scene.spans[int(m[1])].surface.lower(), plain))
        if verdict:
            labels = [] if request.feedback or request.tastes or request.bare else judged(plain, scene)
            if not labels:
                seen = [label for label, said in request.feedback.items() if said == "seen"]
                request.feedback.update(dict.fromkeys(seen, verdict))
                request.add(Act.REACT)
                return True
            for label in labels:
                request.feedback[label] = verdict
            return True
        if {Act.REACT, Act.NO} & set(request.acts):
            return False
        clause = _CLAUSE.split(plain, maxsplit=1)
        if dialogue.past and dialogue.focus and says_seen(clause[0], dialogue.past[-1].reply):
            request.feedback.setdefault(dialogue.focus, "seen")
            return len(clause) == 1
        return False

    def _memory(self, plain: str, scene: Scene, request: Request) -> bool:
        if acts.UNDO.search(plain):
            request.add(Act.FORGET)
            request.undo = True
            return True
        forget = acts.FORGET.match(plain)
        if forget and not (self._has_help and re.search(r"\b(?:account|order|item|cart|basket)\b", plain)):
            rest = forget["rest"]
            request.add(Act.FORGET)
            if acts.EVERYTHING.search(rest) or not rest.strip():
                request.forget = ""
            else:
                names = [scene.spans[int(m[1])] for m in _ANY_TAG.finditer(rest)]
                if names:
                    request.forget = names[0].name
                    resolved = scene.resolve(names[0].data) if names[0].tag == "r" else []
                    request.forget = resolved[0] if resolved else request.forget
                else:
                    words = re.sub(
                        r"^(?: that| about| my| the| i| like| love| liked| hate| enjoy)+\b", "", rest
                    )
                    request.forget = words.strip() or rest.strip()
            return True
        if acts.PROFILE.search(plain):
            request.add(Act.PROFILE)
            return True
        return False

    def _pointed(self, sentence: str, scene: Scene, request: Request) -> list[str]:
        """Return the labels that the sentence's titles and references stand for, in order; note the lost
        ones."""
        labels: list[str] = []
        for match in _ITEM_TAGS.finditer(sentence):
            span = scene.spans[int(match[1])]
            labels += scene.resolve(span.data, int(match[1])) if span.tag == "r" else [span.name]
        return list(dict.fromkeys(labels))

    def _explains(self, plain: str, scene: Scene, request: Request) -> bool:
        away = acts.counterfactual(plain)
        if away is not None and (scene.dialogue.focus or scene.dialogue.last_list):
            names = [scene.spans[int(m[1])].name for m in _ANY_TAG.finditer(away)]
            request.without = names[0] if names else away
            shown = [card.label for card in scene.dialogue.last_list]
            request.add(Act.EXPLAIN)
            request.targets += [scene.dialogue.focus] if scene.dialogue.focus else shown[:1]
            return True
        if not acts.EXPLAIN.search(plain):
            return False
        labels = self._pointed(plain, scene, request)
        shown = [card.label for card in scene.dialogue.last_list]
        if not labels:
            named = _ITEM_TAGS.search(plain)
            if named and scene.spans[int(named[1])].data.how == "places":
                request.lost.append(scene.spans[int(named[1])].surface)
            else:
                labels = [scene.dialogue.focus] if scene.dialogue.focus else shown[:1]
        if not labels and not request.lost:
            request.lost.append("")
        request.add(Act.EXPLAIN)
        request.targets += [label for label in labels[:3] if label not in request.targets]
        return True

    def _compares(self, sentence: str, scene: Scene, request: Request) -> bool:
        asked = bool(acts.COMPARE.search(sentence))
        chooses = bool(acts.OR_CHOICE.search(sentence.strip(" ?")))
        if not asked and not chooses:
            return False
        labels = self._pointed(sentence, scene, request)
        shown = [card.label for card in scene.dialogue.last_list]
        if len(labels) < 2 and asked and len(shown) > 1 and not re.search(r"<[tu]\d+>", sentence):
            labels = labels + [label for label in shown if label not in labels]
        if len(labels) < 2:
            if (
                asked
                and acts.COMPARE.search(sentence)
                and re.search(r"\bcompar|\bversus|\bvs\b|differ", sentence)
            ):
                request.add(Act.COMPARE)
                request.targets += labels
                return True
            return False
        request.add(Act.COMPARE)
        request.targets += [label for label in labels[:4] if label not in request.targets]
        return True

    def _asks(self, sentence: str, found: dict[int, Role], scene: Scene, request: Request) -> bool:
        facets = acts.question_facets(sentence)
        check = acts.is_check(sentence)
        if self._asks_who(sentence, scene, request):
            return True
        if not sentence.endswith("?") and _OPINION.search(sentence):
            return False
        if facets is None and not check:
            return False
        if acts.is_asking(sentence) and not sentence.endswith("?") and facets and "<t" not in sentence:
            return False
        if facets == () and re.search(
            r"\b(?:recommend|suggest|looking for|in the mood|something like)\b", sentence
        ):
            return False
        if (
            re.search(r"\b(?:films?|movies?|something|anything)\b.* (?:about|of) <", sentence)
            and facets == ()
        ):
            return False
        targets = self._pointed(sentence, scene, request)
        tags = [scene.spans[int(m[1])] for m in _ITEM_TAGS.finditer(sentence)]
        people = [scene.spans[int(m[1])] for m in re.finditer(r"<[phx](\d+)>", sentence)]
        if not targets and not tags and people:
            return False
        if not targets and not tags:
            if check or not (sentence.endswith("?") or len(sentence.split()) <= 5):
                return False
            if not scene.named and scene.dialogue.focus is None and not scene.dialogue.last_list:
                return False
            targets = scene.named[-1:] or ([scene.dialogue.focus] if scene.dialogue.focus else [])
        if not targets:
            if check and not scene.dialogue.last_list:
                return False
            if tags and all(
                found.get(k, Role(Stance.PLAIN)).stance is Stance.SEEN for k in scene.numbers(tags)
            ):
                return False
            request.lost.append(tags[0].surface if tags else "")
        request.add(Act.QUESTION)
        request.targets += [label for label in targets[:3] if label not in request.targets]
        request.facets += [facet for facet in facets or () if facet not in request.facets]
        if check or (facets and sentence.endswith("?") and "<v" in sentence):
            values = [scene.spans[int(m[1])] for m in re.finditer(r"<v(\d+)>", sentence)]
            request.checks += [word for span in values for word in (span.surface, *span.data.values)]
            for span in values:
                if span.data.facet and span.data.facet not in (*request.facets, "genre", "mood", "theme"):
                    request.facets.append(span.data.facet)
            if not values and check:
                request.checks += acts.content_words(sentence)
        return True

    @staticmethod
    def _asks_who(sentence: str, scene: Scene, request: Request) -> bool:
        """Read whether somebody is in what was shown: `is Pacino in any of those?`, `isn't that Al Pacino?`, `Al
        Pacino?`."""
        match = acts.IS_IN.search(sentence) or acts.IS_LIKE.search(sentence)
        if not match or not scene.dialogue.last_list:
            return False
        if acts.is_asking(sentence) and not acts.IS_LIKE.search(sentence):
            return False
        if not re.search(r"<[pxu]\d+>", sentence) and not acts.IS_LIKE.search(sentence):
            name = " ".join(re.split(r" in (?:any of )?<r", sentence.strip(" ?"))[0].split()[-2:])
            if "<" in name or ("anyone" not in name and len(acts.content_words(name)) < 2):
                return False
        labels: list[str] = []
        for one in re.finditer(r"<r(\d+)>", sentence):
            labels += scene.resolve(scene.spans[int(one[1])].data, int(one[1]))
        labels = labels or ([scene.dialogue.focus] if scene.dialogue.focus else [])
        if not labels:
            return False
        request.add(Act.QUESTION)
        request.targets += [label for label in dict.fromkeys(labels[:3]) if label not in request.targets]
        request.facets += ["cast"] if acts.IS_IN.search(sentence) and "cast" not in request.facets else []
        request.checks += [scene.spans[int(one[1])].surface for one in re.finditer(r"<[pxu](\d+)>", sentence)]
        return True


def _of_words_alone(request: Request) -> bool:
    """Say whether the rules found no title, value, taste or reference in a message, and made a wish, a look-up, a
    reaction or nothing of its words."""
    found = (request.tastes, request.feedback, request.lost, request.bare, request.unseen, request.targets)
    said = (request.anything, request.another, request.continues, request.implied, request.slots.constrained)
    if any(found) or any(said) or not set(request.acts) <= {Act.RECOMMEND, Act.SEARCH, Act.REACT}:
        return False
    return bool(request.words) or not {Act.RECOMMEND, Act.SEARCH} & set(request.acts)


def _split(words: str) -> list[str]:
    return [part for part in (p.strip() for p in _SENTENCE.split(words)) if part.strip(" ,.!?;")]


def _spelt_out(match: re.Match[str]) -> str:
    return f"{match[1]}'s" if match[1] else f"{match[3] or match[4] + 'e'}n't"


def _has_wish(plain: str) -> bool:
    return bool(re.search(r"<[vtupn]\d+>", plain)) and acts.is_asking(plain)


def _language_before(dialogue: Dialogue) -> Language | None:
    """Return the language of the messages before, where they were not in English."""
    language: Language | None = None
    for turn in dialogue.past[-_LANGUAGE_LASTS:]:
        language = detect(turn.text, language)
    return language
