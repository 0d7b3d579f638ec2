"""How a genre, a country or a language is written in a text, and what the graph calls it."""

from __future__ import annotations

import re

from kg.text import fold_name

GENRES: dict[str, str] = {
    "action": "Action", "adventure": "Adventure", "animated": "Animated", "animation": "Animated",
    "biographical": "Biography", "biography": "Biography", "biopic": "Biography", "comedies": "Comedy",
    "comedy": "Comedy", "comic": "Comedy", "crime": "Crime", "dance": "Dance", "disaster": "Disaster",
    "documentary": "Documentary", "drama": "Drama", "dramatic": "Drama", "dramedy": "Drama",
    "epic": "Epic", "erotic": "Erotic", "family": "Family", "fantasy": "Fantasy", "film noir": "Noir",
    "found footage": "Found Footage", "historical": "Historical", "history": "Historical", "horror": "Horror",
    "independent": "Independent", "martial arts": "Martial Arts", "melodrama": "Drama", "musical": "Musical",
    "mystery": "Mystery", "noir": "Noir", "political": "Political", "romance": "Romance",
    "romantic": "Romance", "satire": "Satire", "satirical": "Satire", "sci-fi": "Science Fiction",
    "science fiction": "Science Fiction", "short": "Short", "silent": "Silent", "slasher": "Slasher",
    "sport": "Sports", "sports": "Sports", "spy": "Spy", "superhero": "Superhero",
    "supernatural": "Supernatural", "suspense": "Suspense", "teen": "Teen", "thriller": "Thriller",
    "war": "War", "western": "Western",
}  # fmt: skip
"""Words for a genre, in lower case, to its name."""

NATIONS: dict[str, str] = {
    "american": "United States", "u.s": "United States", "us": "United States", "usa": "United States",
    "argentine": "Argentina", "argentinian": "Argentina", "australian": "Australia", "austrian": "Austria",
    "belgian": "Belgium", "brazilian": "Brazil", "british": "United Kingdom", "english": "United Kingdom",
    "uk": "United Kingdom", "bulgarian": "Bulgaria", "canadian": "Canada", "chilean": "Chile",
    "chinese": "China", "colombian": "Colombia", "cuban": "Cuba", "czech": "Czech Republic",
    "danish": "Denmark", "dutch": "Netherlands", "egyptian": "Egypt", "finnish": "Finland",
    "french": "France", "german": "Germany", "greek": "Greece", "hong kong": "Hong Kong",
    "hungarian": "Hungary", "icelandic": "Iceland", "indian": "India", "indonesian": "Indonesia",
    "iranian": "Iran", "irish": "Ireland", "israeli": "Israel", "italian": "Italy", "japanese": "Japan",
    "korean": "South Korea", "south korean": "South Korea", "mexican": "Mexico", "nigerian": "Nigeria",
    "new zealand": "New Zealand", "norwegian": "Norway", "polish": "Poland", "portuguese": "Portugal",
    "romanian": "Romania", "russian": "Russia", "scottish": "United Kingdom", "senegalese": "Senegal",
    "soviet": "Soviet Union", "south african": "South Africa", "spanish": "Spain", "swedish": "Sweden",
    "swiss": "Switzerland", "taiwanese": "Taiwan", "thai": "Thailand", "turkish": "Turkey",
}  # fmt: skip
"""Adjectives of nations, in lower case, to the country."""

_COUNTRIES = {
    "usa": "United States", "united states of america": "United States", "uk": "United Kingdom",
    "ussr": "Soviet Union", "korea": "South Korea", "west germany": "Germany", "the netherlands": "Netherlands",
    "republic of korea": "South Korea", "great britain": "United Kingdom", "england": "United Kingdom",
}  # fmt: skip
_SYNONYMS = {
    "sci-fi": "Science Fiction",
    "film-noir": "Noir",
    "animation": "Animated",
    "history": "Historical",
}
_LANGUAGE = re.compile(r"[\s-]+language$", re.IGNORECASE)


def canonical(relation: str, text: str) -> str:
    """Return the name that the graph uses for what a text calls `text`: `romantic` is the genre `Romance`."""
    tidy = " ".join(text.split()).strip(' ,;:"“”')
    key = tidy.casefold().rstrip(".")
    if relation == "genre":
        return GENRES.get(key) or _SYNONYMS.get(key) or tidy.title()
    if relation == "country":
        return NATIONS.get(key) or _COUNTRIES.get(key) or tidy
    if relation == "language":
        return _LANGUAGE.sub("", tidy).title()
    if relation in ("material", "feature", "colour"):
        return key
    return tidy


def value_key(relation: str, text: str) -> str:
    """Return what two names of one value share."""
    return fold_name(canonical(relation, text))
