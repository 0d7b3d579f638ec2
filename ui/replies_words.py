"""The words of the suggested replies, a table a language. Each is a request that the builtin model understands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Replies in one language; `{title}` is an item with its year, `{value}` a value as the catalogue writes it."""

    code: str
    why_first: str
    like_first: str
    about_first: str
    tell_first: str
    shorter: str
    cheaper: str
    older: str
    newer: str
    other: str
    without: str
    only_decade: str
    """With `{decade}` as `short_decade` says."""
    short_decade: bool
    """Whether a decade of the last century is written with two digits: 90."""
    show: str
    like: str
    why: str
    about: str
    tell: str
    """As `about`, of a thing that has no story."""
    director: str
    runtime: str
    price: str
    anything: str
    known: str
    films: tuple[str, ...]
    shortest: tuple[str, ...] = ()
    cheapest: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()

    def decade(self, first: int) -> str:
        """Return the wish for one decade, given its first year; empty before 1920 and after 2019."""
        if not 1920 <= first <= 2010:
            return ""
        short = self.short_decade and first < 2000
        return self.only_decade.format(decade=first % 100 if short else first)


ENGLISH = Words(
    code="en",
    why_first="Why the first one?",
    like_first="Something like the first one",
    about_first="What is the first one about?",
    tell_first="Tell me about the first one",
    shorter="Something shorter",
    cheaper="Something cheaper",
    older="Something older",
    newer="Something newer",
    other="Something else",
    without="The same without {value}",
    only_decade="Only from the {decade}s",
    short_decade=False,
    show="Show me “{value}”",
    like="Something like “{title}”",
    why="Why “{title}”?",
    about="What is “{title}” about?",
    tell="Tell me about “{title}”",
    director="Who directed “{title}”?",
    runtime="How long is “{title}”?",
    price="How much is “{title}”?",
    anything="Recommend me something",
    known="What do you know about me?",
    films=("A funny film", "Something tense", "Show me science fiction"),
    shortest=("Which one is the shortest?",),
    cheapest=("Which one is the cheapest?",),
    undo=("Undo that",),
)
OTHERS: dict[str, Words] = {
    "es": Words(
        code="es",
        why_first="¿Por qué la primera?",
        like_first="Algo como la primera",
        about_first="¿De qué trata la primera?",
        tell_first="Háblame de la primera",
        shorter="Algo más corto",
        cheaper="Algo más barato",
        older="Algo más antiguo",
        newer="Algo más reciente",
        other="Otra cosa",
        without="Lo mismo sin {value}",
        only_decade="Solo de los años {decade}",
        short_decade=True,
        show="Muéstrame “{value}”",
        like="Algo como “{title}”",
        why="¿Por qué “{title}”?",
        about="¿De qué trata “{title}”?",
        tell="Háblame de “{title}”",
        director="¿Quién dirigió “{title}”?",
        runtime="¿Cuánto dura “{title}”?",
        price="¿Cuánto cuesta “{title}”?",
        anything="Recomiéndame algo",
        known="¿Qué sabes de mí?",
        films=("Una película divertida", "Algo de suspense", "Muéstrame comedias"),
    ),
    "de": Words(
        code="de",
        why_first="Warum der erste?",
        like_first="Etwas wie der erste",
        about_first="Worum geht es in dem ersten?",
        tell_first="Erzähl mir etwas über den ersten",
        shorter="Etwas Kürzeres",
        cheaper="Etwas Günstigeres",
        older="Etwas Älteres",
        newer="Etwas Neueres",
        other="Etwas anderes",
        without="Das Gleiche ohne {value}",
        only_decade="Nur Filme aus den {decade}ern",
        short_decade=True,
        show="Zeig mir “{value}”",
        like="Etwas wie “{title}”",
        why="Warum “{title}”?",
        about="Worum geht es in “{title}”?",
        tell="Erzähl mir etwas über “{title}”",
        director="Wer hat bei “{title}” Regie geführt?",
        runtime="Wie lange dauert “{title}”?",
        price="Was kostet “{title}”?",
        anything="Empfiehl mir etwas",
        known="Was weißt du über mich?",
        films=("Etwas Lustiges", "Etwas Spannendes", "Zeig mir Komödien"),
    ),
    "zh": Words(
        code="zh",
        why_first="为什么第一个？",
        like_first="类似第一个",
        about_first="第一个讲什么？",
        tell_first="介绍一下第一个",
        shorter="更短的",
        cheaper="更便宜的",
        older="更老的",
        newer="更新的",
        other="换一批",
        without="不要{value}",
        only_decade="只要{decade}年代的",
        short_decade=True,
        show="推荐“{value}”",
        like="类似“{title}”",
        why="为什么“{title}”？",
        about="“{title}”讲什么？",
        tell="介绍一下“{title}”",
        director="“{title}”的导演是谁？",
        runtime="“{title}”有多长？",
        price="“{title}”多少钱？",
        anything="推荐一些",
        known="你知道我什么？",
        films=("搞笑的电影", "悬疑电影", "推荐喜剧"),
    ),
}
"""ISO 639-1 code to words; anything else is answered in English."""


def words_of(code: str) -> Words:
    """Return the words of a language, English where there are none."""
    return OTHERS.get(code, ENGLISH)
