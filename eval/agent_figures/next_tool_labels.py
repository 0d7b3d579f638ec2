"""How a label says which tools may come next, and whether calls are what a label asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kg.text import fold_name, split_year

Kind = Literal["r", "s", "rs", "i", "f+", "f-", "fs", "fk", "t+", "t-", "w", "c", "p", "x"]
_TOOLS: dict[str, tuple[str, ...]] = {
    "r": ("recommend",),
    "s": ("search_catalogue",),
    "rs": ("recommend", "search_catalogue"),
    "i": ("item_facts",),
    "f+": ("give_feedback", "remember_taste"),
    "f-": ("give_feedback", "remember_taste"),
    "fs": ("give_feedback",),
    "fk": ("give_feedback",),
    "t+": ("remember_taste",),
    "t-": ("remember_taste",),
    "w": ("explain",),
    "c": ("compare",),
    "p": ("show_profile",),
    "x": ("forget",),
}
_VERDICTS = {"f+": "like", "f-": "dislike", "fs": "seen", "fk": "skip"}
NONE = "none"
"""The name of the next step that calls no tool."""

_SAME = (
    ("comedy", "comedic", "funny", "humorous", "humor", "humour"),
    ("horror", "scary"),
    ("romance", "romantic"),
    ("kid", "child", "children", "family", "family friendly"),
    ("animation", "animated", "cartoon"),
    ("science fiction", "sci fi", "scifi"),
    ("suspense", "suspenseful", "thriller"),
    ("history", "historical", "period"),
    ("documentary", "doc"),
    ("old", "classic", "older"),
    ("musical", "music"),
)
"""Words for one value: the catalogue may know either."""
_SAME_AS = {word: group[0] for group in _SAME for word in group}
_NOUN = re.compile(r" (?:movie|film|flick|one|show|genre)$")
_ERA = re.compile(
    r"\b(?:old\w*|new\w*|recent\w*|classics?|vintage|modern|latest|(?:19|20)?\d0'?s|(?:19|20)\d\d)\b"
)


@dataclass(frozen=True)
class Value:
    """A value of an argument; any of its spellings is right."""

    names: tuple[str, ...]
    needed: bool
    """False for one that may be left out."""


@dataclass(frozen=True)
class Wanted:
    """One call that a label speaks of."""

    kind: Kind
    titles: tuple[Value, ...] = ()
    """What it is about, or should be like; the name `*` stands for any title."""
    wanted: tuple[Value, ...] = ()
    unwanted: tuple[Value, ...] = ()
    facets: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    era: Literal["", "old", "new"] = ""
    """`old` allows a latest year, `new` an earliest one; neither is needed."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that make this call."""
        needed = [v for v in (*self.titles, *self.wanted, *self.unwanted) if v.needed]
        if "r" in self.kind:
            one = len(needed) == 1 and needed[0] in self.titles
            either = not needed and len(self.titles) == 1
            return (*_TOOLS[self.kind], *(["similar_items"] if one or either else []))
        return _TOOLS[self.kind]


@dataclass(frozen=True)
class Label:
    """What should come next: groups of calls, each either needed or only right too, and whether no call is right."""

    groups: tuple[tuple[Wanted, ...], ...]
    """Any call of a group makes the group."""
    needed: tuple[bool, ...]
    """Beside each group, whether it must be made in this turn."""
    none: bool
    """Whether answering without a tool is right."""
    text: str
    """As it was written."""

    @property
    def tools(self) -> frozenset[str]:
        """Every tool that may come next; `none` among them when no call is right."""
        found = {tool for group in self.groups for call in group for tool in call.tools}
        return frozenset(found | ({NONE} if self.none else set()))

    @property
    def first(self) -> str:
        """The tool that the label names first."""
        first = self.text.split(" ; ", maxsplit=1)[0].removeprefix("?").split()[0]
        return NONE if first == "n" else _TOOLS[first][0]


@dataclass(frozen=True)
class Score:
    """What one answer to a labelled turn was worth."""

    tool: str
    """The tool that it called first, or `none`."""
    tool_right: bool
    arguments_right: bool
    """The first call has an accepted tool and exactly the arguments that count."""
    turn_right: bool
    """Every call is accepted with its arguments, and none that is needed is missing."""


def parse_label(text: str, titles: Mapping[str, str]) -> Label:
    """Read a label as the guide writes it. `titles` gives the titles for numbers; raises `ValueError` on bad form."""
    groups, needed, none = [], [], False
    for part in text.split(" ; "):
        if part in ("n", "?n"):
            none = True
            continue
        needed.append(not part.startswith("?"))
        groups.append(tuple(_call(one, titles) for one in part.removeprefix("?").split(" | ")))
    return Label(tuple(groups), tuple(needed), none, text)


def _call(text: str, titles: Mapping[str, str]) -> Wanted:
    kind, *words = text.split()
    if kind not in _TOOLS:
        raise ValueError(f"A label knows no call {kind!r}: {text!r}")

    def value(word: str) -> Value:
        needed = not word.endswith("?")
        names = word.rstrip("?").split("|")
        return Value(tuple(titles[n[1:]] if n[0] == "@" else n.replace("_", " ") for n in names), needed)

    if kind in ("r", "s", "rs"):
        kept = [word for word in words if word not in ("old", "new")]
        return Wanted(
            kind,  # type: ignore[arg-type]
            titles=tuple(value(w[1:]) for w in kept if w[0] == "~"),
            wanted=tuple(value(w[1:]) for w in kept if w[0] == "+"),
            unwanted=tuple(value(w[1:]) for w in kept if w[0] == "-"),
            era="old" if "old" in words else "new" if "new" in words else "",
        )
    if kind in ("t+", "t-"):
        return Wanted(kind, subject=value(words[0]).names)  # type: ignore[arg-type]
    if kind == "i":
        return Wanted("i", titles=(value(words[0]),), facets=tuple(words[1:]))
    return Wanted(kind, titles=tuple(value(w) for w in words))  # type: ignore[arg-type]


class Judge:
    """Compares calls with labels.

    Args:
        same_item: whether two titles name one item of the catalogue; titles that fold to one name are the same anyway.
    """

    def __init__(self, same_item: Callable[[str, str], bool] = lambda _a, _b: False) -> None:
        self._same_item = same_item

    def score(
        self,
        calls: Sequence[tuple[str, Mapping[str, Any]]],
        label: Label,
        shown: Sequence[str] = (),
        named_before: Sequence[str] = (),
        said_before: str = "",
    ) -> Score:
        """Say what the calls of one answer, in their order, are worth.

        Args:
            calls: (tool, arguments); empty when the answer called none.
            label: what should come next.
            shown: labels of the newest list, for arguments such as `second`.
            named_before: titles that were named in earlier turns; leaving these out or giving them along is not judged.
            said_before: what the person said in earlier turns; wishes from there may be carried on.
        """
        if not calls:
            return Score(NONE, label.none, label.none, label.none)
        right = [
            [
                any(self._matches(c, a, w, shown, named_before, said_before) for w in group)
                for group in label.groups
            ]
            for c, a in calls
        ]
        tool = calls[0][0]
        made = [any(row[k] for row in right) for k in range(len(label.groups))]
        return Score(
            tool,
            tool in label.tools,
            any(right[0]),
            all(any(row) for row in right) and all(m for m, n in zip(made, label.needed, strict=True) if n),
        )

    def _matches(
        self,
        tool: str,
        args: Mapping[str, Any],
        wanted: Wanted,
        shown: Sequence[str],
        named: Sequence[str],
        said: str,
    ) -> bool:
        if tool not in wanted.tools:
            return False
        if tool in ("recommend", "similar_items", "search_catalogue"):
            return self._list(args, wanted, shown, named, said)
        if tool == "remember_taste":
            polarity = "like" if wanted.kind.endswith("+") else "dislike"
            subject = str(args.get("subject", ""))
            if args.get("polarity") != polarity:
                return False
            if wanted.kind[0] == "f":
                return self._is(subject, wanted.titles[0], shown)
            return any(same_value(subject, name) or self._title(subject, name, ()) for name in wanted.subject)
        if tool in ("item_facts", "give_feedback", "explain"):
            if not self._is(str(args.get("title", "")), wanted.titles[0], shown):
                return False
            if tool == "give_feedback":
                return args.get("verdict") == _VERDICTS[wanted.kind]
            given = set(args.get("facets") or ())
            return tool == "explain" or not given or given == set(wanted.facets)
        if tool == "compare":
            given_titles = [str(t) for t in args.get("titles") or ()]
            return len(given_titles) == len(wanted.titles) and all(
                any(self._is(t, w, shown) for t in given_titles) for w in wanted.titles
            )
        return True

    def _list(
        self, args: Mapping[str, Any], wanted: Wanted, shown: Sequence[str], named: Sequence[str], said: str
    ) -> bool:
        like = [*_texts(args, "like"), *([str(args["title"])] if args.get("title") else [])]
        good = [*_texts(args, "include"), *_texts(args, "more")]
        bad = [*_texts(args, "exclude"), *_texts(args, "less")]
        for value in wanted.titles:
            if value.needed and not any(self._is(title, value, shown) for title in like):
                return False
        for values, given in ((wanted.wanted, good), (wanted.unwanted, bad)):
            for value in values:
                if value.needed and not any(_value(word, value) for word in given):
                    return False
        carried = {key(word) for word in re.findall(r"[\w'-]+", said)}

        def earlier(word: str) -> bool:
            return key(word) in carried or word.casefold() in said

        def is_named(title: str) -> bool:
            return any(self._title(title, name, shown) for name in (*named, *shown))

        return (
            all(any(self._is(t, v, shown) for v in wanted.titles) or is_named(t) for t in like)
            and all(any(_value(w, v) for v in wanted.wanted) or earlier(w) for w in good)
            and all(any(_value(w, v) for v in wanted.unwanted) or earlier(w) or is_named(w) for w in bad)
            and _years(args, wanted.era, said)
        )

    def _is(self, title: str, value: Value, shown: Sequence[str]) -> bool:
        return any(name == "*" or self._title(title, name, shown) for name in value.names)

    def _title(self, title: str, name: str, shown: Sequence[str]) -> bool:
        title = _placed(title, shown)
        (bare, year), (other, other_year) = split_year(title), split_year(name)
        if fold_name(bare) == fold_name(other):
            return year is None or other_year is None or year == other_year
        return self._same_item(title, name)


def key(word: str) -> str:
    """Return the form in which two words for one value are the same."""
    plain = fold_name(word.replace("-", " "))
    plain = _NOUN.sub("", _singular(plain)) or plain
    plain = _singular(plain)
    return _SAME_AS.get(plain, plain)


def same_value(one: str, other: str) -> bool:
    """Say whether two words mean one value: case, plural, `movies` behind it and synonyms do not matter."""
    return key(one) == key(other)


def _value(word: str, value: Value) -> bool:
    return any(same_value(word, name) for name in value.names)


def _singular(name: str) -> str:
    *head, word = name.split(" ")
    if word.endswith("ies") and len(word) > 4 and word not in ("movies", "series"):
        word = f"{word[:-3]}y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is", "series")):
        word = word[:-1]
    return " ".join([*head, word])


def _texts(args: Mapping[str, Any], name: str) -> list[str]:
    value = args.get(name)
    return [str(v) for v in value] if isinstance(value, list | tuple) else []


_PLACES = ("first", "second", "third", "fourth", "fifth")


def _placed(title: str, shown: Sequence[str]) -> str:
    """Return the title at a place of the last list, when `title` is one: `second`, `2`."""
    plain = title.strip().casefold().removeprefix("the ").removesuffix(" one")
    place = (
        _PLACES.index(plain)
        if plain in _PLACES
        else int(plain) - 1
        if plain.isdigit() and len(plain) < 2
        else -1
    )
    return shown[place] if 0 <= place < len(shown) else title


def _years(args: Mapping[str, Any], era: str, said: str) -> bool:
    low, high = args.get("year_from"), args.get("year_to")
    if _ERA.search(said):
        return True
    return (low is None or era == "new") and (high is None or era == "old")
