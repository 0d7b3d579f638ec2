"""How a sentence stands to what it names: wanted, loved, hated, seen, not wanted, more of it, less of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agent.builtin.skeleton import Span


class Stance(StrEnum):
    """What the sentence says about a span."""

    PLAIN = "plain"
    WISH = "wish"
    LOVE = "love"
    HATE = "hate"
    SEEN = "seen"
    UNSEEN = "unseen"
    SEED = "seed"
    """`like Heat`."""
    NOT = "not"
    MORE = "more"
    LESS = "less"
    ASK = "ask"
    """`have you seen Heat`."""


@dataclass(frozen=True)
class Role:
    """The stance of a sentence to one span."""

    stance: Stance
    loved: bool = False
    """True for a seed inside a taste: `I love films like Heat`."""
    wished: bool = False
    """True when the same sentence asked for something before: `I want a comedy, I love Chaplin` has it for
    both."""


_ADVERB = (
    r"(?:really |also |absolutely |just |particularly |even |much |especially |"
    r"always |do |did |totally |quite |still )*"
)
_WHO = (
    r"(?:i|we|they|he|she|who|kids?|wife|husband|son|daughter|friends?|boyfriend|girlfriend|partner|mom|"
    r"mum|dad|you know|"
    r"also|really|do|always|usually|typically|still|generally|mostly|especially|and|but|both|guess|think|"
    r"actually)"
)
_PATTERNS: tuple[tuple[Stance, str], ...] = (
    (
        Stance.HATE,
        r"hate[sd]?|(?:can'?t|cannot|couldn'?t) (?:really )?stand|dislike[sd]?|detest(?:ed)?|loathed?|"
        r"despised?|"
        rf"(?:do|does|did|would)(?:n'?t| not) {_ADVERB}(?:like|love|enjoy|care (?:\w+ ){{0,2}}for|care about)|"
        r"never (?:really )?(?:liked|enjoyed|cared for)|not (?:really )?(?:a|much of a) (?:big |huge |"
        r"great )?fan of|"
        r"not (?:really |so |that |too )?(?:into|fond of|keen on|interested in)|(?:sick|tired) of|"
        r"bored (?:of|by|with)|"
        r"no interest in|do(?:n'?t| not) think (?:that )?i(?:'m| am|'d be| would be)? (?:really )?(?:interested in|"
        r"into)|(?:no|don'?t) longer (?:like|love|enjoy)|allergic to",
    ),
    (
        Stance.WISH,
        r"want(?:ed)?(?: to (?:see|watch|buy|try))?|wanna(?: see| watch)?|looking (?:for|to (?:see|watch|"
        r"buy))|look for|need|"
        r"(?:in the )?mood (?:for|to)|feel(?:ing)? like(?: (?:watching|seeing))?|(?:i'd|we'd|would|'d|"
        r"id) (?:really )?"
        r"(?:like|love)(?: to (?:see|watch|buy))?(?! me)|will (?:like|love) to (?:see|watch)|recommend|suggest|"
        r"find me|find|give me|show me|"
        r"get me|hop(?:e|ing) for|"
        r"hop(?:e|ing) to find|searching for|craving|up for|something|please|only|rather have|i'd rather|"
        r"i would rather|"
        r"instead(?! of)|must have|has to have|has to be|should be|preferably|ideally",
    ),
    (
        Stance.LOVE,
        r"who (?:does|would|could|did)(?:n'?t| not) (?:love|like|enjoy)|"
        r"(?:love|like|enjoy)s? (?:to (?:watch|see|read|listen to)|watching|seeing|reading)|love[ds]?|"
        r"loving|adore[ds]?|enjoy(?:ed|s|ing)?|liked|prefer(?:red|s)?|"
        r"(?:big |huge |great )?fan of|(?:am|i'm|im|are|we're|really|been|get) (?:really |very |so |"
        r"totally |big )?into|"
        r"fav(?:ou?rites?|s)?(?: (?:[\w']+|<\w+>)){0,3} (?:is|are|was|were|would be|includes?)|sucker for|"
        r"crazy about|fond of|keen on|"
        rf"obsessed with|\b{_WHO} {_ADVERB}likes?",
    ),
    (
        Stance.SEED,
        r"like|such as|similar to|along the lines of|in the (?:vein|style|spirit) of|reminiscent of|"
        r"reminds? me of|"
        r"remind me of|comparable to|the likes of|for example|to the effect of|as good as|"
        r"in the same (?:vein|style) as|"
        r"based on(?= <[tur])|example (?:is|being)",
    ),
    (
        Stance.UNSEEN,
        r"(?:haven'?t|have not|havent|hasn'?t|never|didn'?t|did not|don'?t think i'?(?:ve| have)|"
        r"(?:have )?yet to|"
        r"can'?t say (?:that )?i have|not)(?: \w+){0,2} (?:seen|watched|see|saw|heard of|watch|heard|"
        r"gotten around to seeing)|(?:not|n'?t)(?: \w+)? familiar with|unfamiliar with|(?:will|'ll|gonna|going to|"
        r"should|gotta) (?:have to |definitely |probably |"
        r"try and |try to )*"
        r"(?:check out|try|watch|give|look (?:at|into|up)|see|rent|add)",
    ),
    (
        Stance.SEEN,
        r"seen|watched|rewatched|rewatching|saw|did (?:see|watch)|already (?:have|own|bought|read|know)|have already|"
        r"finished(?: watching)?",
    ),
    (
        Stance.ASK,
        r"(?:have|did|do|are|would|will) you (?:ever |already |also |really |a )*(?:seen|watched|"
        r"heard (?:of|about)|know|like|"
        r"see|watch|have|liked|think of|recommend watching)|you seen|think (?:of|about)",
    ),
    (
        Stance.LESS,
        r"(?:a bit |a little |much |far )?less|not as|not (?:too|so|that|very|overly|super|quite|"
        r"particularly|all that)(?: much)?|"
        r"(?:is|are|was|were|does|do)n'?t (?:too|so|that|very|as|overly|super)|nothing (?:too|so|that|very|"
        r"overly|super)|"
        r"without (?:too much|much|a lot of)|not (?:too )?much|not (?:a lot|lots) of|fewer|(?:way |a bit |"
        r"a little |far |much )?too "
        r"(?:much|many)|(?:way |a bit |a little |far |much )?too(?= [<a-z])|tone down|dial down",
    ),
    (
        Stance.MORE,
        r"(?:a bit |a little |much |far |even |some )?more(?! than)|with extra",
    ),
    (
        Stance.NOT,
        r"no|not|nothing|without(?: any)?|none of|never|don'?t (?:want|need|feel like|show|recommend|"
        r"suggest|give|include)?|"
        r"do not (?:want|need|show|recommend|suggest|include)?|anything except|everything except|"
        r"except(?: for)?|other than|"
        r"avoid(?:ing)?|excluding|exclude|minus|isn'?t|aren'?t|doesn'?t|won'?t|skip|hold the|rather not|"
        r"leave out|free of|nor|"
        r"instead of|rather than|anything that isn'?t|drop|apart from|besides|cut the|can do without|zero",
    ),
    (
        Stance.PLAIN,
        r"(?:will|'ll|might|may|could|going to|gonna|should|sure) (?:\w+ )?(?:enjoy|love|like)(?! to)|"
        r"^(?:is|are|was|were|do|does|did|have|has|would|could)n'?t(?= (?:<r|that|it|you|he|she|they))|"
        r"not (?:only|just|sure|bad)|no (?:problem|matter|worries|idea|preference|doubt|longer than|"
        r"more than|need)|why not|"
        r"if not|or not|more or less|no one|like to(?! (?:watch|see|read|listen))|would you like|looks? like|"
        r"sounds? like|"
        r"seems? like|it'?s like|sort of like|love to|other than that|never mind|not really|not yet",
    ),
)
_CUES = [(stance, re.compile(rf"(?<![\w'])(?:{pattern})(?![\w'])")) for stance, pattern in _PATTERNS]
_START_LIKE = re.compile(r"^(?:also |really )?like(?= (?:<[vp]|all|most|every))")
_TAG = re.compile(r"<\w+>")
_SPOKEN = re.compile(r"<[vo](\d+)>")
_SEPARATOR = re.compile(
    r"^(?: (?:films?|movies?|ones?|stuff))? ?(?:,|and\b|or\b|nor\b|/|&)(?: ?(?:and|or|nor|the|any|too|a|an|"
    r"much|no)\b)* ?$"
)
_PRAISE = re.compile(
    r"^(?: (?:movies?|films?|series|one))?,?(?: (?:is|was|are|were|it was|which was|'s|looks|looked|"
    r"seems?))(?: (?:really|so|very|pretty|just|"
    r"a|an|one of|also|absolutely|such|definitely|still|both|all|quite|truly))* (?:great|good|awesome|amazing|"
    r"my (?:[\w-]+ ){0,3}fav\w*|fantastic|excellent|fun|funny|entertaining|beautiful|"
    r"wonderful|nice|the best|best|brilliant|perfect|superb|lovely|hilarious|incredible|favou?rites?|classics?|"
    r"outstanding|terrific|epic|phenomenal|(?:current|all[- ]time) fav\w*)\b(?! (?:to|for) \w)"
)
_SCORN = re.compile(
    r"^(?: (?:movies?|films?|one))?,?(?: (?:is|was|are|were|it was|which was|'s))(?: (?:really|so|very|"
    r"pretty|just|a|an|one of|also|"
    r"absolutely|kind of|sort of|such|a bit|a little))* (?:bad|terrible|awful|boring|too|horrible|tedious|"
    r"meh|the worst|worst|"
    r"disappointing|dull|stupid|lame|rubbish|trash|garbage|overrated|not (?:good|great|my|for me|that)|"
    r"n't (?:good|great|my|for me))"
)
_THEN_LOVED = re.compile(
    r"^[^<]*\b(?:and|which) (?:i |we )?(?:really |absolutely |also |just )*(?:liked?|loved?|"
    r"enjoyed)(?: <r\d+>)?(?: a lot| very much| too)?$|"
    r"^[^<]*, (?:it (?:is|was) |<r\d+> (?:is|was) |and (?:it|<r\d+>) was )?(?:(?:definitely|really|such|very|so|pretty|"
    r"absolutely|an?) )*(?:great|good|awesome|amazing|fantastic|excellent|wonderful|hilarious|incredible)"
    r"(?: (?:movie|film|one|watch))?(?=$|,)"
)
_FAN = re.compile(r"^(?: (?:movies?|films?))? (?:fan|buff|lover|junkie|nut|person|guy|girl)\b")
_A_FAN = re.compile(
    r"(?:\bi'?m|\bi am|\bwe are|\bwe're)(?: (?:a|an|big|huge|really|total|massive|such|more|of|kind))* $"
)
_TOP = re.compile(
    r"^(?: (?:movies?|films?|ones?|genre))?(?: (?:is|are))(?: (?:really|just|definitely|usually|always|also|"
    r"one of|probably))* my (?:[\w-]+ ){0,2}(?:fav\w*|thing|genre|top|go[- ]to|jam|type)\b"
)
_LASTING = frozenset({Stance.LOVE, Stance.HATE, Stance.SEEN, Stance.SEED, Stance.UNSEEN, Stance.ASK})


def find_cues(sentence: str) -> list[tuple[int, int, Stance]]:
    """Return (start, end, stance) of the cues of a skeleton sentence, left to right; longer cues beat
    shorter ones."""
    found = [(m.start(), m.end(), stance) for stance, pattern in _CUES for m in pattern.finditer(sentence)]
    start = _START_LIKE.match(sentence.strip())
    if start:
        found.append((0, start.end() + 1, Stance.LOVE))
    found.sort(key=lambda cue: cue[0] - cue[1])
    kept: list[tuple[int, int, Stance]] = []
    for cue in found:
        if not any(cue[0] < k[1] and k[0] < cue[1] for k in kept):
            kept.append(cue)
    return sorted(kept)


def roles(sentence: str, spans: dict[int, Span]) -> dict[int, Role]:
    """Return the role of every span of a skeleton sentence, by the span's number.

    Args:
        sentence: one sentence of `Skeleton.words`, with its tags.
        spans: all spans by number; the sentence's tags name some of them.
    """
    cues = find_cues(sentence)
    found: dict[int, Role] = {}
    asked = sentence.rstrip().endswith("?")
    for match in re.finditer(r"<[a-z](\d+)>", sentence):
        index = int(match[1])
        before = [cue for cue in cues if cue[1] <= match.start()]
        stance, loved = Stance.PLAIN, False
        for start, end, cue in reversed(before):
            gap = sentence[end : match.start()]
            if _reaches(cue, gap, sentence[end:]):
                stance = cue
                if cue is Stance.SEED:
                    earlier = [c for c in before if c[1] <= start]
                    loved = any(c[2] is Stance.LOVE for c in earlier) and not any(
                        c[2] is Stance.WISH for c in earlier
                    )
                break
            if cue in (Stance.PLAIN, Stance.WISH):
                break
        after = _SPOKEN.sub(lambda m: spans[int(m[1])].surface.lower(), sentence[match.end() :].rstrip(" .!"))
        if (
            not asked
            and stance in (Stance.PLAIN, Stance.WISH)
            and _FAN.match(after)
            and _A_FAN.search(sentence[: match.start()])
        ):
            stance = Stance.LOVE
        if not asked and spans[index].tag == "v" and stance is Stance.PLAIN and _TOP.match(after):
            stance = Stance.LOVE
        if not asked and spans[index].tag in "turp" and stance not in (Stance.LOVE, Stance.HATE):
            if _PRAISE.match(after) or (stance in (Stance.SEEN, Stance.PLAIN) and _THEN_LOVED.search(after)):
                stance = Stance.LOVE
            elif _SCORN.match(after) and spans[index].tag != "r":
                stance = Stance.HATE
        found[index] = Role(stance, loved, any(cue[2] is Stance.WISH for cue in before))
    return found


def _reaches(cue: Stance, gap: str, rest: str) -> bool:
    """Say whether a cue still governs what follows `gap`: through lists always, past a comma only for
    lasting ones."""
    first, *between = _TAG.split(gap)
    listed = all(_SEPARATOR.match(piece) for piece in between)
    if "," not in gap:
        return listed or cue not in (Stance.MORE, Stance.LESS)
    if cue in _LASTING:
        return True
    if "," in first or not listed:
        return False
    joined = []
    for piece in _TAG.split(rest)[1:]:
        joined.append(piece)
        if not _SEPARATOR.match(piece):
            break
    return any(re.search(r"\b(?:or|nor|and)\b", piece) for piece in joined[:-1])
