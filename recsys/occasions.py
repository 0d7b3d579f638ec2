"""For whom or when is it meant? The scene that a person's own words name, by rule."""

from __future__ import annotations

import re

from kg.text import fold_name

DEFAULT = "default"
"""No scene in particular."""
SCENES: dict[str, str] = {
    "kids": "for the kids",
    "family": "with the family",
    "date": "as a couple",
    "friends": "with friends",
    "gift": "as a gift",
    "work": "for work",
    "tonight": "for tonight",
}
"""Every scene that is known, and how it is said. An interest of a scene counts where that scene is asked for."""
_CLAUSE = re.compile(
    r"[,.;:!?，。；：！？\n]+|\b(?:but|and (?=what|can|could|is|show|find|i )|so (?=what|i ))\b",
    re.IGNORECASE,
)
_SHORT = 5
"""Words of a clause that only sets the scene."""
_MINE = r"(?:the|my|our|his|her|their|some|two|three|small|little|young)"
_CHILD = (
    r"(?:(?:grand)?(?:kids?|child(?:ren)?|sons?|daughters?)|toddlers?|nephews?|nieces?)"
    r"(?! (?:actors?|stars?|in it\b|in them\b|dying|being))"
)
_PARTNER = r"(?:partner|wife|husband|girlfriend|boyfriend|spouse)"
_PRESENT = r"(?:gift|present)"
_RULES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (scene, re.compile(rule, re.IGNORECASE))
    for scene, rule in (
        # Who is alone wants nothing of a scene that was named before.
        (DEFAULT, r"\b(?:(?:just|only) (?:for )?me|for myself|(?:by|on) my own|all by myself)\b"),
        (
            "gift",
            rf"\b(?:as|for|need|want|find|a(?:nother)?|birthday|christmas) (?:a |an )?(?:\w+ )?{_PRESENT}s?\b"
            r"(?![- ](?:wrap|day))"
            rf"|\b{_PRESENT}s? for\b"
            r"|\bals geschenk\b|\b(?:como|de|para) (?:un )?regalo\b|当礼物|做礼物|送礼|作为礼物",
        ),
        (
            "kids",
            rf"\bfor (?:{_MINE} ){{0,3}}{_CHILD}\b|\bwith (?:{_MINE} ){{1,3}}{_CHILD}\b"
            r"|\b(?:kid|child)[- ]friendly\b"
            rf"|\b(?:my|our) {_CHILD} (?:will|would|can|could|love|like|want|watch|play|are|is)\b"
            r"|\bfür (?:die |meine |unsere )?kinder\b|\bmit (?:den|meinen|unseren) kindern\b"
            r"|\b(?:para|con) (?:los|mis|nuestros) (?:niños|hijos)\b|(?:给|跟|和|陪)(?:我的)?孩子",
        ),
        (
            "family",
            r"\b(?:with|for) (?:the|my|our) (?:whole |entire )?(?:family|parents|folks|mum|mom|mother|dad|father)\b"
            r"|\bfamily (?:movie |film |game )?(?:night|evening)\b"
            r"|\bmit (?:der|meiner|unserer) familie\b|\bcon (?:la|mi) familia\b|(?:和|跟|陪)(?:我)?(?:家人|父母)",
        ),
        (
            "date",
            rf"\bdate[- ]night\b|\bfor a date\b|\b(?:with|for) (?:my|her|his) {_PARTNER}\b"
            r"|\bmit (?:meiner frau|meinem mann|meiner freundin|meinem freund)\b"
            r"|\bcon mi (?:novi[oa]|pareja|mujer|marido)\b|约会",
        ),
        (
            "friends",
            r"\b(?:with|for) (?:my|some|the|a few|our|a group of) (?:\w+ )?(?:friends|mates|buddies|pals)\b"
            r"|\bwith friends\b|\bmit (?:meinen )?freunden\b|\bcon (?:mis |unos )?amigos\b|(?:和|跟)朋友",
        ),
        (
            "work",
            r"\b(?:for|at) (?:work|the office|my office|my team|the team|a client|my colleagues)\b"
            r"|\bteam (?:event|building)\b|\bfürs büro\b|\bfür die arbeit\b|\bpara (?:el trabajo|la oficina)\b|办公",
        ),
        (
            "tonight",
            r"\b(?:tonight|this evening|right now|for today)\b|\bheute abend\b|\besta noche\b|今晚|今天晚上",
        ),
    )
)


def scene_of(text: str) -> str | None:
    """Return the scene that `text` names, `default` where it takes an earlier one back, and None when it names none.

    Of several the more particular one: a gift before a child, a child before an evening.
    """
    return next((scene for scene, rule in _RULES if rule.search(text)), None)


def scene_about(text: str, subject: str) -> str:
    """Return the scene in which `text` speaks of `subject`, `default` where it names none there.

    The scene of another clause is not meant, except where a short clause stands before and sets it: `For the kids,
    no horror` speaks of horror for the kids, and `I like horror, what fits tonight?` of horror in general.
    """
    words = [word for word in fold_name(subject).split() if len(word) > 2] or fold_name(subject).split()
    before = ""
    for clause in _CLAUSE.split(text):
        folded = f" {fold_name(clause)}"
        if any(f" {word}" in folded for word in words):
            return scene_of(clause) or (scene_of(before) if before else None) or DEFAULT
        before = clause if 0 < len(clause.split()) <= _SHORT else ""
    return DEFAULT


def only_scene(text: str) -> bool:
    """Whether a text names a scene and nothing beside it: `for the kids`."""
    return any(not rule.sub("", text).strip(" ,.!") for _, rule in _RULES if rule.search(text))


def scene_phrase(scene: str) -> str:
    """Return a scene in words, `for the kids`; an empty string where it is none in particular."""
    return "" if scene == DEFAULT else SCENES.get(scene, f"for {scene}")
