"""Clauses that ask for nothing: thanks, farewells, `I will check it out`, `great suggestions`, `never heard of it`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.builtin.acts import Act, content_words

_GOOD = (
    r"(?:good|great|nice|awesome|amazing|perfect|excellent|wonderful|fantastic|lovely|cool|interesting|fun|"
    r"promising|intriguing|terrific|super|solid|fine|brilliant|neat|superb|exciting|hilarious|<[vo]\d+>)"
)
_VERY = (
    r"(?:really|very|so|pretty|super|quite|absolutely|all|both|also|definitely|kinda|rather|truly|just|too)"
)
_ADVICE = (
    r"(?:sugg?est\w*|sugestions?|rec+om+[ea]nd?\w*|recs?|choices?|ideas?|picks?|selections?|options?|tips?|"
    r"advice|job|work|call|taste)"
)
_THING = r"(?:<[rtux]\d+>|it|that|this|them|they|those|these|both|either|one|all)"
_STOP = (
    r"(?=$|[,.!?;]| (?:thanks?|thank you|have an?|but|do you|can you|could you|any|what|how|bye|good ?bye|"
    r"because|since|will|gonna|i'll|i will|we'll|i (?:also |really |do )?(?:like|love|want|need|am|have|loved|"
    r"liked))\b)"
)
_ACTS: tuple[tuple[Act, str], ...] = (
    (
        Act.THANKS,
        r"(?:many |much |again )*(?:thanks?|thank (?:you|u|ya)|thx|tysm|i(?: do| really)? appreciate)\b"
        r"(?: (?:you|your|again|so|very|much|a lot|a bunch|a million|lots|all|both|anyway|though|tons|once more|"
        r"<r\d+>|it|that|the|help|time))*"
        r"(?: (?:for|with)(?: (?!the best|a good)[\w'-]+| <[a-z]\d+>){1,8}?(?=$|[,.!?;]| (?:have an?|i|we|and|bye|"
        r"good|do|"
        r"can|but|what|any|see|take|you)\b))?",
    ),
    (
        Act.BYE,
        r"(?:hope (?:you|u) |you )?have (?:an? |yourself an? )(?:[\w']+ ){0,3}?"
        r"(?:day|night|evening|weekend|one|time|afternoon|week|morning|life)\b|good ?bye|"
        r"\bbye+\b(?: bye)?(?: for now)?|"
        r"\bgood ?(?:night|nite)\b|take care|see (?:you|ya)(?: later| soon)?\b|talk to you later|"
        r"enjoy (?:your|the rest of (?:your|the))(?: \w+){1,2}|happy (?:new year|holidays|\w+day)|merry christmas|"
        r"happy (?:\w+ )?watching|"
        r"\byou too\b|same to you|"
        r"(?:it(?:'s| was| has been|'s been) |<r\d+> (?:was|has been) )?(?:great|nice|good|lovely|fun|a pleasure) "
        r"(?:chatting|talking|speaking|chat)\b(?: (?:with|to) (?:you|u))?|"
        r"(?:i|we)(?: think| guess)?(?: (?:i|we))?(?:'m|'re| am| are) (?:all )?(?:good|set|done|fine)(?: now| for now)?"
        rf"{_STOP}|i have (?:enough|plenty)\b[^,.!?;]*",
    ),
    (
        Act.REACT,
        r"\b(?:i|we)(?: (?:think|guess|hope|know|really|definitely|probably|also|just|actually|still) ?(?:i|we)?)*"
        r"(?:'ll| will|'d| would| am going| 'm going|'m going|'re going|'m| might| may| should| need| have| must| "
        r"gotta| can't wait| cannot wait| can| could| want| wanted| wanna| plan| am gonna|'m gonna| was)"
        r"(?: (?:definitely|really|probably|also|have|like|love|try|to|be|on|and|still|sure|just|totally|go|then|"
        r"actually|"
        r"want|need|wanted|hoping|going|planning|give|always|maybe|certainly))*"
        r" (?:check\w*|watch\w*|see|seeing|give|giving|try|trying|look\w*|add\w*|put\w*|keep|rent\w*|buy|get|find|"
        r"catch\w*|"
        r"rewatch\w*|re-watch|download|stream|queue|take|remember|go)\b"
        r"(?:(?!\b(?:something|anything|an?|some|like|similar|more|another)\b|<[vnpoce])[^,.!?;])*?"
        rf"(?:{_THING}|\bout\b|\binto\b|\bup\b|\byour\b|\bsoon\b|\bmarathon\b|\blists?\b)"
        rf"(?:(?!\b(?:but|because|like)\b)[^,.!?;])*?{_STOP}|"
        rf"(?:^|, ?|\band )(?:will|gonna|definitely|must|gotta) (?:definitely |have to |try to |also )*"
        rf"(?:check|watch|see|look|try|keep|add|give|do|put|find|rent|buy|get)\b(?:(?!<[vnpoce])[^,.!?;])*?{_STOP}|"
        rf"(?:{_THING}(?: (?:one|movie|film|others?|all|does|do|would|{_VERY}))*|the others?|i think <r\d+>|^|, ?|"
        rf"\band |wow )"
        rf" ?(?:does |do )?(?:sounds?|looks?|seems?)(?: (?:like |{_VERY}|to be))*(?: (?:an?|like))*"
        rf" {_GOOD}(?: (?:one|movies?|films?|too|to me|though|thing|then|<c\d+>))*{_STOP}|"
        rf"(?:(?:{_THING}|you|there|your|here)(?:'s|'ve| are| is| have| has|'re| were)?"
        rf"(?: (?:{_VERY}|some|an?|given|gave|me|had|have|got|really))* |^(?:oh |wow |ok(?:ay)? |yes |yeah |these |"
        rf"those |for |\w+ are )*)"
        rf"(?:{_VERY} )?{_GOOD}(?:,? {_GOOD})* (?:\w+ )?{_ADVICE}\b(?: (?:by the way|so far|though|bro|man))*{_STOP}|"
        rf"(?:i(?:'ve| have)?|we(?:'ve| have)?)? ?(?:also |only |definitely |actually |just |even |never )*heard "
        rf"(?:(?:of|about)\b|(?:that )?(?:really |very |so |a lot of |many )*(?:good|great|amazing|nice|many|wonderful)"
        rf"(?: (?:things|reviews|stuff))?)(?:(?!<[vnpoce])[^,.!?;])*?{_STOP}|"
        rf"(?:i|we) (?:{_VERY} |do )*(?:like|love|liked|loved) (?:all |both )?(?:of )?(?:<r\d+>|your|the|all|"
        rf"both)(?: of)?"
        rf"(?: \w+)? {_ADVICE}\b{_STOP}|(?:it |that |<r\d+> )?sounds? like (?:it|they|<[rt]\d+>)\b[^,.!?;]*|"
        rf"(?:i |i do |really )*hope (?:it|they|that|we|you|to|<[rt]\d+>)\b[^,.!?;]*|"
        rf"(?:i(?:'m| am) |so |really |very )*(?:excited|looking forward|can'?t wait|cannot wait) (?:to|"
        rf"for)\b[^,.!?;]*|"
        r"(?:i|we) (?:really |do )?like the (?:sound|look|looks|idea) of (?:it|that|this|<[rt]\d+>)|"
        rf"(?:i(?:'ve| have)? |we(?:'ve| have)? )?(?:also |just )*heard (?:that )?(?:it|they|<[rt]\d+>)(?:'s| is|"
        rf" was| were|"
        rf" are)\b[^,.!?;]*?{_STOP}|(?:i|we) (?:do not|don't) (?:really )?know {_THING}(?: one| movie| film)?{_STOP}|"
        r"(?:i think |i bet |i hope |maybe |i'm sure |sure )?(?:i|he|she|they|we|(?:my|the|our|his|her) (?:\w+|<v\d+>))"
        rf"(?:'ll| will| might| may| would) (?:\w+ )?(?:enjoy|love|like)(?! to) {_THING}{_STOP}|"
        rf"(?:no,? |nope,? |oh,? )*(?:i|we) (?:do not |don't )?(?:haven'?t|have not|didn'?t|did not|never(?: have)?|"
        rf"hav?ent)"
        rf"(?: yet| either| actually)*{_STOP}|(?:no,? |nope,? )*not yet{_STOP}",
    ),
)
_CLAUSES = tuple((act, re.compile(pattern)) for act, pattern in _ACTS)
_REQUEST = re.compile(
    r"\b(?:can|could|would|will) (?:you|u)\b|\bdo (?:you|u)\b|\bany(?:thing)?\b(?! of)|\banother\b|\belse\b|"
    r"\b(?:what|how) about\b|\blooking for\b|\bin the mood\b|\bsomething\b|\bsuggest (?:me|a|an|some)\b|"
    r"\brecommend (?:me|a|an|some)\b|\bgive me\b|\bshow me\b|\b(?:one|few|some) more\b|\bother (?:\w+ )?(?:movies?|"
    r"films?|"
    r"suggestions?|recommendations?|ones?|ideas?|options?)\b"
)
_ASKS = re.compile(
    r"^(?:is|are|was|were|does|do|did|what|who|how|why|when|where|which)\b(?=.* <r\d+>|.*\babout\b)"
)


@dataclass(frozen=True)
class Asides:
    """What a sentence says beside its point."""

    acts: tuple[Act, ...] = ()
    """What the asides are, in the order of the kinds above, each once."""
    rest: str = ""
    """The sentence without them."""
    nothing_left: bool = False
    """Whether the rest says nothing."""


def split_asides(sentence: str) -> Asides:
    """Take the clauses that ask for nothing out of a skeleton sentence; a request keeps its own words."""
    rest, found = sentence, []
    requested = bool(_REQUEST.search(sentence))
    for act, pattern in _CLAUSES:
        if requested and act is Act.REACT:
            continue
        cut = pattern.sub(" ", rest)
        if cut != rest:
            found.append(act)
            rest = cut
    if not found:
        return Asides(rest=sentence)
    rest = re.sub(r"\s{2,}", " ", rest).strip(" ,.!;")
    left = re.sub(r"<[rc]\d+>", " ", rest)
    asks = rest.endswith("?") or _ASKS.match(rest)
    empty = "<" not in left and not content_words(left) and not asks
    return Asides(tuple(found), rest, empty and not _REQUEST.search(rest))
