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


_OTHER_LANGUAGES = """
bis frag hallo hasta hola quita
aquí algo además ahora anotado alguna algunas añade antes así aunque busca cada casi como comparte compara
con cuál cuéntame cuándo de del desde di dime director dirigida dirigido dura después donde duración el ella
él ellas ellos en encontré entonces era es esa ese eso esta este esto estas estos estas está están género
hay he la las le lo los los más me menos mira mi muy nada ninguna no nos o otra otras otro otros para pero
pide por porque prueba puedes puedo que qué quieres quién quizá recordado recuerdo recuerda reparto sí se
según si sin sobre su sus también te tengo tema tienes tiene título todo tu tus un una unas unos vi y ya
aber alle als also am an auch auf aus bei beide bisher bitte da damit dann das dazu dein deine dem den denn
der des die dies diese dieser dieses dir doch du ein eine einen einer eines er es etwas falls für gemerkt
genauso gern gerne gibt hat hier hierzu ich ihr im in ist ja jetzt kein keine können kannst mag man mehr
mein mit möchtest nach nein nenne nicht nichts noch nur ob oder ohne sag sage schau sie sind so soll sonst
statt teilt um und unter vielleicht von vor wann war warum was weil welche welcher weniger wenn wer wie wir
wird wo zu zum zur zwei drei vier fünf über
davon nebeneinander vergessen zurückgenommen olvidado retirado jahr drehbuch regie besetzung länge land sprache thema
stimmung gewalt kategorie art marke preis farbe merkmal
"""
OTHER_WORDS = frozenset(fold_word(word) for word in _OTHER_LANGUAGES.split())
PLAIN_WORDS = PLAIN_WORDS | OTHER_WORDS

GERMAN_NOUNS = frozenset(
    fold_word(word)
    for word in """
    film filme filmen films produkt produkte produkten produkts titel titeln artikel katalog regie regisseur
    regisseurin schauspieler schauspielerin darsteller besetzung handlung genre genres jahr jahre jahren
    jahres minute minuten stunde stunden laufzeit länge land länder sprache sprachen thema themen stimmung
    stimmungen preis preise euro farbe farben material materialien marke marken merkmal merkmale kategorie
    grund gründe vorschlag vorschläge vorschlägen empfehlung empfehlungen liste auswahl ergebnis ergebnisse
    treffer wunsch wünsche geschmack profil frage fragen antwort antworten moment weile gespräch gespräche
    unterhaltung anteil punkte punkt ähnlichkeit ähnlichkeiten zuschauer zuschauern käufer kunden leute
    menschen person personen anfang ende teil teile art arten stück hinweis worte wort wörter bedingung
    bedingungen drehbuch autor autorin hauptrolle rolle rollen beispiel bewertung gerät größe gewicht
    verfügung nähe anderes ähnliches neues älteres neueres kürzeres lustiges dunkles passendes ersten
    zweiten dritten erste zweite dritte letzte sie ihnen ihr ihre
    """.split()
)
"""Nouns of our own German answers: a capital in the middle of a German sentence makes no name of them."""

_GERMAN = re.compile(
    r"\b(?:ich|und|der|die|das|dem|den|ist|sind|ein|eine|einen|wie|mit|nicht|von|für|zu|auf|im|hier|dir|du|es|war|wurde|"
    r"teilt|haben|hat|bei|führte|kostet|dauert|spielt|stammt|kommt|auch|sehr|aus|kein|keine|über|weil|nichts|steht|gefällt|mögen|mag)\b",
    re.IGNORECASE,
)
_SHARED = frozenset({"die", "den", "du", "es", "war", "im", "hat", "bei", "dem", "der", "das", "mit", "aus"})
"""Words of `_GERMAN` that names or other languages have as well."""


def is_german(sentence: str) -> bool:
    """Whether the small words of a sentence are German: two of them, of which one is in no other language."""
    found = {word.lower() for word in _GERMAN.findall(sentence)}
    return len(found) >= 2 and bool(found - _SHARED)
