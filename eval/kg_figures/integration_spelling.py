"""How another source might write a title or a name: articles, subtitles, numerals, initials, short forms, slips.

Every change is one that catalogues are known to make; which one is drawn with a seed.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence

from kg.resolution.names import SHORT_FORMS

_ARTICLES = ("The ", "A ", "An ", "Les ", "Le ", "La ", "L'", "Der ", "Die ", "Das ", "El ", "Il ")
_NUMBERS = (
    ("1", "I", "One"),
    ("2", "II", "Two"),
    ("3", "III", "Three"),
    ("4", "IV", "Four"),
    ("5", "V", "Five"),
    ("6", "VI", "Six"),
    ("7", "VII", "Seven"),
    ("8", "VIII", "Eight"),
    ("12", "XII", "Twelve"),
)
_SPELLINGS = (
    ("colour", "color"),
    ("harbour", "harbor"),
    ("theatre", "theater"),
    ("grey", "gray"),
    ("honour", "honor"),
    (" versus ", " vs. "),
    ("mister ", "mr. "),
    ("doctor ", "dr. "),
    ("saint ", "st. "),
    ("part ", "pt. "),
)
_CLOSE = ("ck", "kc", "ie", "ei", "iy", "yi", "sz", "zs", "fv", "ou", "ao", "ea", "mn", "bd")
_GROUPS = [group.split() for group in SHORT_FORMS.split("|")]


def retitle(title: str, rng: random.Random) -> str:
    """Return the title as another source might have it; the same where the drawn change does not apply."""
    changes: list[Callable[[str, random.Random], str]] = [
        without_article,
        without_article,
        inverted,
        without_subtitle,
        without_subtitle,
        other_joint,
        and_sign,
        other_number,
        other_spelling,
        plain_letters,
        slip,
        without_word,
        closed_up,
    ]
    return _first_that_changes(title, changes, rng)


def respell(name: str, rng: random.Random) -> str:
    """Return a person's name as another source might have it; the same where no change applies."""
    changes: list[Callable[[str, random.Random], str]] = [
        short_form,
        short_form,
        middle_name,
        middle_name,
        initials,
        plain_letters,
        slip,
        slip,
        other_letter,
        generation,
        turned,
        half_surname,
    ]
    return _first_that_changes(name, changes, rng)


def without_article(title: str, rng: random.Random) -> str:
    """Leave the article out: `The Castle`, `Castle`."""
    found = next((a for a in _ARTICLES if title.startswith(a) and len(title) > len(a)), "")
    rest = title[len(found) :]
    return rest[:1].upper() + rest[1:]


def inverted(title: str, rng: random.Random) -> str:
    """Put the article last: `Castle, The`."""
    found = next((a for a in _ARTICLES if title.startswith(a) and len(title) > len(a)), "")
    return f"{title[len(found) :]}, {found.strip()}" if found else title


def without_subtitle(title: str, rng: random.Random) -> str:
    """Cut at a colon or a dash; now and then the subtitle is what stays."""
    parts = re.split(r":\s+|\s+[-–]\s+", title)
    if len(parts) == 1:
        return title
    return parts[-1] if rng.random() < 0.2 else parts[0]


def other_joint(title: str, rng: random.Random) -> str:
    """Write the subtitle behind another mark."""
    return title.replace(": ", " - ") if ": " in title else title.replace(" - ", ": ")


def and_sign(title: str, rng: random.Random) -> str:
    """Exchange `and` and `&`."""
    return title.replace(" & ", " and ") if " & " in title else title.replace(" and ", " & ")


def other_number(title: str, rng: random.Random) -> str:
    """Write a number in digits, Roman or in words; a first part may have its number left out or put there."""
    words = title.split()
    for place, word in enumerate(words):
        for forms in _NUMBERS:
            if word in forms and not (word == "I" and place == 0):
                return " ".join(
                    [*words[:place], rng.choice([f for f in forms if f != word]), *words[place + 1 :]]
                )
    return title


def other_spelling(title: str, rng: random.Random) -> str:
    """Exchange a British and an American spelling, or a word and its short form."""
    low = title.lower() + " "
    for one, other in _SPELLINGS:
        for old, new in ((one, other), (other, one)):
            if (at := low.find(old)) >= 0:
                changed = title[:at] + (new.title() if title[at].isupper() else new) + title[at + len(old) :]
                return changed.strip()
    return title


def plain_letters(text: str, rng: random.Random) -> str:
    """Take the accents off, or a letter that has none apart (`ø`, `ß`)."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.replace("ø", "o").replace("Ø", "O").replace("ß", "ss").replace("ł", "l").replace("æ", "ae")


def slip(text: str, rng: random.Random) -> str:
    """Swap, drop, double or exchange one letter of a word of four or more."""
    places = [m.start() + k for m in re.finditer(r"\w{4,}", text) for k in range(1, len(m[0]) - 1)]
    if not places:
        return text
    at = rng.choice(places)
    how = rng.randrange(4)
    if how == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if how == 1:
        return text[:at] + text[at + 1 :]
    if how == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + rng.choice("aeiouhlnrst") + text[at + 1 :]


def other_letter(text: str, rng: random.Random) -> str:
    """Exchange a letter for one that sounds alike, as other transliterations do."""
    places = [(k, two[1]) for k, c in enumerate(text) for two in _CLOSE if c == two[0]]
    if not places:
        return text
    at, new = rng.choice(places)
    return text[:at] + new + text[at + 1 :]


def without_word(title: str, rng: random.Random) -> str:
    """Leave a word out of a long title."""
    words = title.split()
    if len(words) < 4:
        return title
    gone = rng.randrange(1, len(words))
    return " ".join(word for place, word in enumerate(words) if place != gone)


def closed_up(title: str, rng: random.Random) -> str:
    """Write two words as one, or a hyphenated word as two."""
    if "-" in title:
        return title.replace("-", " ", 1)
    words = title.split()
    if len(words) < 2:
        return title
    at = rng.randrange(len(words) - 1)
    return " ".join([*words[:at], words[at] + words[at + 1].lower(), *words[at + 2 :]])


def short_form(name: str, rng: random.Random) -> str:
    """Exchange a first name and a short form of it."""
    first, _, rest = name.partition(" ")
    found = [group for group in _GROUPS if first.lower() in group]
    if not rest or not found:
        return name
    group = rng.choice(found)
    others = group[1:] if first.lower() == group[0] else group[:1]
    return f"{rng.choice(others).title()} {rest}"


def middle_name(name: str, rng: random.Random) -> str:
    """Leave a middle name out, or to its initial; put an initial in where there is none."""
    words = name.split()
    if len(words) == 2:
        return f"{words[0]} {rng.choice('ABCDEFGHJLMPRSTW')}. {words[1]}"
    if len(words) < 3:
        return name
    if rng.random() < 0.3 and len(words[1]) > 2:
        return " ".join([words[0], f"{words[1][0]}.", *words[2:]])
    return f"{words[0]} {' '.join(words[2:])}"


def initials(name: str, rng: random.Random) -> str:
    """Write first names as initials."""
    words = name.split()
    return " ".join([*(f"{word[0]}." for word in words[:-1]), words[-1]])


def generation(name: str, rng: random.Random) -> str:
    """Leave `Jr.` out, or write it in another way."""
    match = re.search(r",? (Jr\.?|Sr\.?|Junior|Senior)$", name)
    if not match:
        return name
    bare = name[: match.start()]
    return bare if rng.random() < 0.5 else f"{bare} {'Junior' if match[1][0] == 'J' else 'Senior'}"


def turned(name: str, rng: random.Random) -> str:
    """Put the family name of a name of two words first."""
    words = name.split()
    return f"{words[1]} {words[0]}" if len(words) == 2 else name


def half_surname(name: str, rng: random.Random) -> str:
    """Leave half of a double surname out, or its hyphen."""
    words = name.split()
    if len(words) < 2 or "-" not in words[-1]:
        return name
    halves = words[-1].split("-")
    return " ".join([*words[:-1], rng.choice([halves[0], halves[-1], " ".join(halves)])])


def _first_that_changes(
    text: str, changes: Sequence[Callable[[str, random.Random], str]], rng: random.Random
) -> str:
    for change in rng.sample(changes, len(changes)):
        changed = " ".join(change(text, rng).split())
        if changed and changed != text:
            return changed
    return text
