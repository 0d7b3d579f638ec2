"""What of a profile counts now: in which scene, how much after so long, and which opinion where two disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from kg.text import fold_name
from recsys.occasions import DEFAULT, scene_phrase
from recsys.schema import GRAINS, Interest, Item, Profile

FADED = 1.0 / 16.0
"""Weight from which an interest counts: after four half-lives it stays in the profile, and moves no score."""
_GENERAL_WORDS = frozenset(
    "a an the film films movie movies flick flicks series show shows thing things stuff product products item items "
    "music band bands artist artists book books article articles genre kind kinds of".split()
)


def subject_key(interest: Interest) -> tuple[str, str, str]:
    """Return what an interest is about: of two of one key the newer counts.

    `horror`, `Horror films` and `the horror genre` are one subject. That somebody has seen an item is no opinion
    of it, and what holds in one scene says nothing of another.
    """
    topic = "seen" if interest.kind == "seen" else "opinion"
    if interest.subject_id is not None:
        return topic, interest.scene, f"#{interest.subject_id}"
    words = fold_name(interest.subject).split()
    about = " ".join([word for word in words if word not in _GENERAL_WORDS] or words)
    return topic, interest.scene, about or " ".join(interest.subject.casefold().split())


def counts_in(interest: Interest, scene: str) -> bool:
    """Whether an interest counts in a scene: those of `default` everywhere, others where they were meant for."""
    return interest.scene in (DEFAULT, scene)


def counting(profile: Profile, scene: str, now: datetime) -> Profile:
    """Return the interests that count in `scene` at `now`, their strength being what they weigh then.

    What was said of a subject for this scene stands in place of what was said of it in general. What has faded is
    left out.
    """
    here = [one for one in profile.interests if counts_in(one, scene)]
    special = {subject_key(one)[::2] for one in here if one.scene != DEFAULT}
    kept = []
    for one in here:
        if one.scene == DEFAULT and subject_key(one)[::2] in special:
            continue
        weight = one.weight(now)
        # What weighed little from the start was meant to; only time can take an interest out.
        if weight >= FADED * one.strength:
            kept.append(one if weight == one.strength else one.model_copy(update={"strength": weight}))
    return profile.model_copy(update={"interests": tuple(kept)})


def statement(interest: Interest) -> str:
    """Return an interest as a sentence to the person: `You like Heat (1995).`, `You dislike horror for the kids.`"""
    if interest.kind == "seen":
        verb = "have seen"
    elif interest.kind == "skipped":
        verb = "did not want"
    else:
        verb = "like" if interest.polarity > 0 else "dislike"
    scene = scene_phrase(interest.scene)
    return f"You {verb} {interest.subject}{f' {scene}' if scene else ''}."


def share_left(interest: Interest, now: datetime) -> float:
    """Return how much of its first weight an interest still has at `now`, in [0, 1]."""
    return interest.weight(now) / interest.strength if interest.strength else 0.0


def fading_words(interest: Interest, now: datetime) -> str:
    """Return how much an interest counts by now, in words to the person; an empty string while it counts in full."""
    left = share_left(interest, now)
    if left > 0.75:
        return ""
    if left > 0.375:
        return "it counts about half by now"
    return "it counts little by now" if left >= FADED else "it no longer counts"


@dataclass(frozen=True)
class Tension:
    """Two opinions that pull in opposite directions. Both stand; the nearer one counts first."""

    nearer: Interest
    wider: Interest

    @property
    def text(self) -> str:
        """The tension in words to the person."""
        near, wide = ("like", "dislike") if self.nearer.polarity > 0 else ("dislike", "like")
        return (
            f"You {near} {self.nearer.subject}, though you {wide} {self.wider.subject} in general; "
            f"where the two meet, what you said of {self.nearer.subject} counts first."
        )


def tensions(interests: Iterable[Interest], item_of: Callable[[str], Item | None]) -> list[Tension]:
    """Return where an opinion of one item stands against one of something that the item is or has, newest first.

    `item_of` gives the item of an id, None where the catalogue has it no more.
    """
    opinions = [one for one in interests if one.kind in ("stated", "liked", "disliked")]
    wider = [one for one in opinions if one.granularity in ("entity", "attribute")]
    found = []
    for one in opinions:
        item = item_of(one.subject_id) if one.granularity == "item" and one.subject_id else None
        if item is None:
            continue
        found += [
            Tension(one, other)
            for other in wider
            if other.polarity != one.polarity and falls_under(item, other)
        ]
    return found


def falls_under(item: Item, interest: Interest) -> bool:
    """Whether an item has the value or the person that an interest speaks of."""
    # It brings SciPy, which a face that only shows interests need not wait for.
    from recsys.attributes import PERSON_FACETS

    value, facet = interest.subject.casefold(), interest.facet.casefold()
    facets = PERSON_FACETS if interest.granularity == "entity" and facet == "person" else {facet}
    return any(
        value == one.casefold()
        for name, values in item.attributes.items()
        if name.casefold() in facets
        for one in values
    )


def nearest_first(interests: Iterable[Interest]) -> list[Interest]:
    """Return interests by how near they speak: of one item first, a free phrase last; else in the order given."""
    return sorted(interests, key=lambda one: GRAINS.index(one.granularity))
