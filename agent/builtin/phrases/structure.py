"""What the builtin writer says, in one language. A language that lacks a phrase does not construct."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """Sentences and patterns of one language; names in braces are filled in, titles keep their form."""

    code: str
    """ISO 639-1."""
    partly: str
    """Says that some of an answer is in English: notes, descriptions and the catalogue's own words."""
    openings: tuple[str, ...]
    """Above a list of suggestions."""
    openings_known: tuple[str, ...]
    """Above a list that rests on what is known of the person."""
    openings_found: tuple[str, ...]
    """Above what a search found."""
    openings_more: tuple[str, ...]
    """Above further suggestions."""
    hints: tuple[str, ...]
    """Below a list; may be empty."""
    nothing_found: str
    profile: str
    """Above what is remembered."""
    ask: tuple[str, ...]
    """Asks what the person wants."""
    greeting: tuple[str, ...]
    thanks: tuple[str, ...]
    bye: tuple[str, ...]
    shared: str
    """`{value}`, `{other}`: what an item shares with another one."""
    linked: str
    """`{other}`."""
    liked_by: str
    """`{other}`: people who like it like the item."""
    liked_by_simulated: str
    """The same where the behaviour is simulated."""
    has: str
    """`{values}`: what the item has."""
    near: str
    """`{other}`: described much like it, or near to a word."""
    near_wish: str
    popular: str
    popular_simulated: str
    why: str
    """`{label}`: above the reasons."""
    conjunction: str
    """Between the last two of a list, with its spaces."""
    conjunction_of_clauses: str
    """Between two reasons, with its spaces."""
    comma: str
    stop: str
    joint: str
    """Between a title and its reason."""
    noted: Mapping[str, str]
    """Kind of a fact (`agent.evidence.Fact.kind`) to its confirmation; `{subject}`."""
    facets: Mapping[str, str]
    """Facets of a catalogue in words; one that is lacking stays English."""
    fact: str
    """`{facet}`, `{values}`: a line of a list of facts."""
    facts: str
    """`{label}`: above them."""
    holds: str
    """`{label}`, `{facet}`, `{value}`: yes, the catalogue says so."""
    says_nothing: str
    """The catalogue does not say."""
    compared: str
    """Above a comparison."""
