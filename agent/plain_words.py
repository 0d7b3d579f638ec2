"""Words of the language that may stand in capitals at the start of a sentence without being a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kg.text import fold_word

_WORDS = """
a about above absolutely according across actually add after again against ahead all almost along also
alternatively although always among an and another answer any anyone anything apart are aren't around as ask
asking at available away back based be because been before behind being below beside besides best better
between beyond big both brief briefly brought but buy by call can can't cannot careful certain certainly check
cheaper choose clear clearly close closer come compared comparing consider considering costs could curious
currently dark darker depending despite did didn't different directed do does doesn't don't done down each
earlier easily either else enjoy enough especially even ever every everything exactly except excellent expect
explore fair fans few finally find fine first followed following for forget forgotten found fourth from full
fun funny further gentle gentler get give given glad go going good got great had happy hard has hasn't have
haven't he heard hello help her here here's hers hey hi his hope hopefully how however i i'd i'll i'm i've if
important in including indeed inside instead interested into is isn't it it's its just keep known kept last
later least left less let let's lighter like liked likewise list long longer look looking lots love loved made
make many maybe me meanwhile might mine missing more moreover most mostly much must my name namely nearby
nearest neither never nevertheless new newer next nice no nobody none nor not note noted nothing now of off
often oh ok okay old older on once one only onto open or other others otherwise our out over overall own
people perfect perhaps personally pick picked picks please plus possibly prefer probably put quiet quieter
quite rather ready really recommend recommended recorded regarding remember remembered remembering remind
right running same saved say second see seems several shall share shared shares she short shorter should show
shown similar similarly simply since slower so some somebody someone
something sometimes somewhat soon sorry sort spends starring stars starting stay still stop such sure surely
take tell tense than thank thanks that that's the their them then there there's therefore these they they're
third this those though through throughout thus till to today together told too top toward towards tried true
try trying two under understood unfortunately unless unlike until up upon us use using usually very want warm
was we we'll we're we've welcome well were what what's whatever when whenever where whether which while who
who's whom whose why will wish with within without wonderful won't would wouldn't written wrote yes yet you
you'd you'll you're you've your yours three four five six seven eight nine ten adventure animation both
centres comedy compare comparison crime drama either explains fantasy film films horror it'll item items mood
moods movie movies mystery plot price product products profile reason reasons romance runtime series story
taste theme themes thriller title titles violence war western year years cast director country language genre
genres decade actor actors brand category colour material feature features score popular popularity simulated
similarity
asking comparing finding forgetting noting reading remembering searching working
"""
PLAIN_WORDS = frozenset(fold_word(word) for word in _WORDS.split())

ALWAYS = frozenset(
    {"i", "im", "ill", "id", "ive", "ok", "tv", "dvd", "usa", "uk", "eur", "usd", "faq", "nothing"}
)
"""Capitals that name nobody, wherever they stand."""

_LOWER = re.compile(r"(?<![^\s(\"'“—–-])[a-zà-öø-ÿ][a-zà-öø-ÿ'’]+")


def plain_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the closed list with every word that these texts write in lower case."""
    found = {fold_word(word) for text in texts for word in _LOWER.findall(text)}
    return PLAIN_WORDS | frozenset(found)
