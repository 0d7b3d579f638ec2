"""What a sentence asks for: patterns over skeleton sentences (`who directed <r0>?`)."""

from __future__ import annotations

import re
from enum import StrEnum

from agent.builtin.words import word_set


class Act(StrEnum):
    """One thing that a person wants done."""

    RECOMMEND = "recommend"
    SEARCH = "search"
    QUESTION = "question"
    EXPLAIN = "explain"
    COMPARE = "compare"
    PROFILE = "profile"
    FORGET = "forget"
    HELP = "help"
    GREET = "greet"
    HOW_ARE_YOU = "how_are_you"
    THANKS = "thanks"
    BYE = "bye"
    WHO = "who"
    YES = "yes"
    NO = "no"
    OFF_TOPIC = "off_topic"
    REACT = "react"
    """`I have not seen that`: said about what was shown, asking for nothing."""


TARGET = r"<[tur]\d+>"
_NOUN = (
    r"(?:films?|movies?|flicks?|shows?|series|comed\w+|titles?|products?|items?|things?|ones?|stuff|books?|"
    r"games?|music|songs?|"
    r"albums?|artists?|bands?|documentar\w+)"
)

FORGET = re.compile(
    r"^(?:please |can you |could you |now |ok(?:ay)?,? |and |also )*(?:forget|delete|erase|wipe|unlearn|"
    r"clear|remove|"
    r"(?:don'?t|do not|stop) remember(?:ing)?|scratch)\b(?! (?:about )?(?:it|that)$)(?P<rest>.*)"
)
EVERYTHING = re.compile(
    r"\b(?:everything|all (?:of )?(?:you|my|that|the|about|data)|all of it|(?:my |the )(?:whole |"
    r"entire )?(?:data|profile|history|memory|"
    r"tastes?|preferences)\b(?! (?:for|in|of|about))|all$|about me$|who i am|^ ?me$)"
)
UNDO = re.compile(
    r"^(?:please )?(?:undo(?: that| it)?|take (?:that|<r\d+>) back|i (?:did not|didn'?t) mean (?:that|"
    r"<r\d+>))\b|^undo\b|"
    r"^(?:please )?undo <r\d+>"
)
PROFILE = re.compile(
    r"\bwhat (?:do|did|have|does) you(?:r memory)? (?:know|remember|have|learn|learned|stored?|saved?|"
    r"think|noted?)\b.*\b(?:me|my)\b|"
    r"\b(?:show|see|list|view|open|what(?:'s| is| are| does)|display|tell)\b.*\b(?:my|"
    r"mine)\b (?:\w+ )?(?:profile|tastes?|preferences|"
    r"likes|dislikes|interests|history|data|favou?rites)\b|"
    r"^my (?:profile|tastes?|preferences|likes|interests)$|what (?:have i|did i) (?:told|tell|said|say)|"
    r"what do i like\b|"
    r"(?:you know|you remember|remembered|stored|saved) about me"
)
HELP = re.compile(
    r"\b(?:return(?:s|ed|ing)?(?! to\b)|refund\w*|money back|exchange|send (?:it|this|that|them|"
    r"<r\d+>) back|shipping|shipped|ship|"
    r"deliver(?:y|ed|ies|s)?|parcel|package|order(?:s|ed)? (?:status|number|history|arrive|is|has|was|yet|"
    r"<)|my order|"
    r"(?:an|the|this|that|change|cancel|track|placed?) order|track(?:ing)?|warrant(?:y|ies)|guarantee|"
    r"invoice|receipt|payment|pay (?:by|with|for|via|in|later)|paypal|credit card|debit card|visa|"
    r"instal+ments?|klarna|gift ?(?:cards?|vouchers?|"
    r"wrap\w*)|voucher|coupon|promo(?:tion)? ?codes?|discount(?: codes?)?|cancel(?:led|ling|lation)?|"
    r"complain\w*|complaint|defective|faulty|broken|"
    r"damaged|missing part|wrong (?:item|size|product)|repair\w*|spare parts?|size (?:guide|chart)|sizing|"
    r"customer service|"
    r"(?:speak|talk) to (?:a )?(?:human|person|someone|agent)|contact|opening hours|store hours|(?:my|an|"
    r"the) account|log ?in|password|"
    r"newsletter|data protection|privacy|customs|import dut\w+|courier|collect(?:ion)? point|"
    r"pick ?up (?:point|in store)|in stock|restock\w*|"
    r"back in stock|price match\w*|assembly|recycl\w+ (?:my|old)|loyalty|points)\b"
)
EXPLAIN = re.compile(
    r"^(?:(?:but|and|ok(?:ay)?|so|hm+),? )*(?:why|how come)(?: (?:though|exactly|again))?$|"
    rf"\b(?:why|how come)\b.*(?:{TARGET}|<v\d+>.* (?:you|<r)|\b(?:pick|picked|recommend\w*|suggest\w*|"
    rf"chose|choose|select\w*|shown?|list\w*|"
    rf"rank\w*|those|these|this|that|them|you|i get|i like)\b)|what makes you (?:think|recommend|suggest|"
    rf"pick)|"
    rf"(?:explain|justify)(?: (?:to me|me|your (?:choice|pick|reasoning|recommendation)s?))?(?: of|"
    rf" for)?(?: {TARGET}|$)|"
    r"(?:reasons?|reasoning) (?:for|behind)|what(?:'s| is) the reason"
)
COUNTERFACTUAL = re.compile(
    r"\b(?:if|had|without)\b.*?\b(?:i |you |me )(?:had |have )?(?:not|never|n't|hadn'?t|didn'?t|did not)?\b ?"
    r"(?:have )?(?:told|tell|telling|said|say|mentioned|mention|known?|knowing|like|liked|love|loved|hate|hated)\b"
    r"(?P<rest>.*)"
)
"""`what if I had not told you that I like <t0>?`, `would you suggest it if you did not know that I love <v1>?`"""
_DENIED = re.compile(r"\b(?:not|never|without)\b|n'?t\b")
_OPINION = re.compile(
    r"^(?: you| me)?(?: about| that)?(?: i| my)?(?: (?:really )?(?:like|love|hate|dislike|enjoy)\w*)?"
)


def counterfactual(sentence: str) -> str | None:
    """Return what should be thought away, as it is written, where a sentence asks what would be without it."""
    match = COUNTERFACTUAL.search(sentence)
    if match is None or not _DENIED.search(match[0][: match.start("rest") - match.start()]):
        return None
    return _OPINION.sub("", match["rest"]).strip(" ?.,!")


COMPARE = re.compile(
    r"\bcompar(?:e|ed|ison|ing)\b|\bversus\b|\bvs\b|differences? between|\bdiffer(?:s|ent)? from\b|"
    r"side by side|"
    r"\bwhich (?:one )?(?:of (?:them|these|those|the (?:two|three)|<r\d+>) )?(?:is|are|would|should|has|do|"
    r"does|one|film|movie)\b.*"
    r"(?:better|best|shorte\w+|longe\w+|newe\w+|olde\w+|cheape\w+|funnie\w+|scarie\w+|<[dv]\d+>|more|most|"
    r"less|least|pick|prefer|choose)|"
    rf"(?:is|are|was) {TARGET} (?:\w+ |<[vd]\d+> )+than {TARGET}"
)
OR_CHOICE = re.compile(
    rf"^(?:so |and |or |hm+ |what about |how about |which (?:one )?(?:is better|should i (?:watch|get|buy|"
    rf"see))(?: first)?:? ?,? ?|"
    rf"(?:should|shall) (?:i|we) (?:watch|get|buy|see|take|pick|choose|go (?:for|with)) |better,? |"
    rf"is (?:it )?better,? )*{TARGET}"
    rf"(?:, {TARGET})*,? or (?:the )?{TARGET}(?: better| first| tonight)?\??$"
)

_QUESTIONS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("director",),
        r"\bwho(?:'s| is| was)? (?:the )?(?:director|directed|made|filmed|behind)|director of|"
        r"\bdirected by (?:who|whom)\b|whose film",
    ),
    (
        ("writer",),
        r"\bwho(?:'s| is| was)? (?:the )?(?:writer|wrote|author|screenwriter)|who penned|written by (?:who|"
        r"whom)\b",
    ),
    (
        ("cast",),
        r"\bwho(?: else)?(?:'s| is| are| was| were)? (?:in|starring|stars?|starred|plays?|played|acts?|"
        r"acted|acting|the (?:actors?|actress\w*|"
        r"leads?|main|star|stars|cast))|\b(?:the )?cast (?:of|in|list)|^(?:the )?cast$|which actors|"
        r"what actors|actors (?:are )?in\b",
    ),
    (
        ("runtime",),
        r"\bhow long\b(?! (?:does (?:delivery|shipping)|until|have you))|\b(?:run ?time|running time|"
        r"duration|length)\b|how many (?:minutes|hours)",
    ),
    (
        ("year",),
        r"\bwhen (?:was|did|is|were)\b|\b(?:what|which) year|how old (?:is|are|was)\b(?! you)|"
        r"release (?:date|year)",
    ),
    (
        ("price",),
        r"\bhow much (?:is|are|does|do|for|was)\b|\bprice of|what(?:'s| is| does).* (?:price|cost)\b|"
        r"how expensive|\bcosts?\b",
    ),
    (
        ("colour",),
        r"\b(?:what|which) colou?rs?|\bcolou?rs? (?:does|is|are|do|available)|come in <v|available in <v|"
        r"(?:come|comes|available) in other colou?rs",
    ),
    (
        ("size",),
        r"\b(?:what|which) sizes?|sizes? (?:does|are|available)|how (?:big|large|heavy|tall|wide) (?:is|are)",
    ),
    (("material",), r"\b(?:what|which) material|made (?:of|from|out of)\b"),
    (("brand",), r"\b(?:what|which) brand|who makes|who manufactures"),
    (
        ("country",),
        r"\b(?:what|which) country|\bwhere (?:is|was|were|does) .*(?:made|filmed|shot|from|produced|"
        r"come from)",
    ),
    (("language",), r"\b(?:what|which) language|language (?:is|are)"),
    (
        ("genre",),
        r"\b(?:what|which) (?:genres?|kind of (?:film|movie)|type of (?:film|movie))|genres? (?:is|of)",
    ),
    (("rating",), r"\brat(?:ed|ings?)\b"),
    (
        (),
        rf"\bwhat(?:'s| is| was| were| are)? {TARGET} (?:about|like)|what (?:it|that|this) about|"
        rf"{TARGET}(?:'s)? (?:about|plot)|what happens in|"
        rf"\b(?:plot|storyline|synopsis|summary|premise|story of)\b|"
        rf"tell me (?:\w+ ){{0,3}}(?:about|of) (?:the )?{TARGET}|(?:more )?(?:info|information|details?|"
        rf"facts)\b|describe|"
        rf"(?:what|how) about {TARGET}|what(?:'s| is| was| are) {TARGET}|what do you (?:know|"
        rf"think) (?:about|of) {TARGET}|"
        rf"(?:have|did|do|are|would) you (?:ever |already |also |really )*(?:seen?|watched|watch|"
        rf"heard (?:of|about)|know(?: of)?|like|liked|love|a fan of)"
        rf"(?: the)?(?: new| old| <o\d+>)?(?: movie| film| one)? {TARGET}|you (?:seen|heard of) {TARGET}|"
        rf"is {TARGET} (?:any |a |really |very )*(?:good|great|worth|nice|fun|ok)|"
        rf"(?:should|would) i (?:like|enjoy|watch|buy|get|see) {TARGET}|how (?:is|was|good is) {TARGET}|"
        rf"tell me more$|more about {TARGET}|"
        rf"how about the one\b|how does {TARGET} end|(?:seen|watched|heard of) {TARGET} ?\?$",
    ),
)
_QUESTION = tuple((facets, re.compile(pattern)) for facets, pattern in _QUESTIONS)
_CHECK = re.compile(
    rf"^(?:and |but |so |ok(?:ay)?,? |hm+,? )*(?:is|are|was|were|does|do|did|has|have|can|could|"
    rf"will)(?:n'?t)? (?:the )?{TARGET}(?:'s)?\b ?(?P<rest>.*)\?|"
    rf"^(?:and |but |so )*(?:is|are|does|do|has) {TARGET} (?:<v|come|have|fit|available|made|suitable|ok|"
    rf"for|in |also|really|too|very|<d)"
)
PERSON_WORK = re.compile(
    r"\b(?:what else|other (?:films?|movies?|work)|more (?:films?|movies?|by|from|with|of (?:his|her|"
    r"their))|another (?:one |film |movie )?(?:by|with|from)|"
    r"films (?:by|with|of|from)|movies (?:by|with|of|from)|anything (?:else )?(?:by|with|from)|"
    r"something (?:else )?(?:by|with|from)|"
    r"filmography|(?:what|which) (?:films?|movies?|else)?\b.*\b(?:has|did|have|was|is)\b|who(?:'s|"
    r" is) <[px]|all (?:of )?(?:the )?(?:films?|movies?))\b"
    r"|\bwho(?:'s| is| was) <[px]\d+>"
)
_SEARCH = re.compile(
    r"\b(?:do|did) you (?:have|sell|carry|stock|offer|know)\b|\bhave you (?:got|any)\b|\bsearch\b|"
    r"\blook(?:ing)? up\b|\blist (?:all|me|every|the|your|of)\b|^list\b|"
    rf"\b(?:is|are) there (?:a|an|any|some|{TARGET})|\bshow me (?:all|every|your|the|{_NOUN} (?:by|with|"
    rf"from|starring|featuring|directed))\b|"
    r"\bfind (?:all|every|films?|movies?)\b|\bwhat .*\bdo you (?:have|sell|carry)|"
    r"\bwhich .*\bdo you (?:have|sell|carry)|"
    r"\bgot any\b|\bhow many\b|\bwhat else (?:has|did|have)|\bfilmography\b"
)
_ONE_OF = re.compile(r"\b(?:an?|one|another|some) (?:[\w<>'-]+ ){0,3}(?:film|movie|one|comedy|drama)\b")
_CREATED = re.compile(
    rf"\b{_NOUN} (?:that were |that are )?(?:by|with|starring|featuring|directed by|from|of|made by|"
    rf"written by|<v\d+> by) <[px]\d+>"
)
_ASKING = re.compile(
    r"\brec+om+[ea]?nd\w*|\brec+om?mend\w*|\breccoment\b|\brecomend\w*|\bsuggest\w*|\bsu+gestions?\b|"
    r"\blooking (?:for|to|forward)|\bin (?:the )?mood|\bmood for|\bfeel(?:ing)? like|"
    r"\bwhat (?:should|can|could|shall) (?:i|we) (?:watch|see|buy|get|read|listen)|\bwhat to (?:watch|see|"
    r"buy|get)|\bany (?:good|great|ideas|tips|decent)|\b(?:any|some|have|need|other|more) (?:[\w]+ )?ideas?\b|"
    r"\bgive me\b|\bshow me\b|\bfind me\b|\bfind\b|\bget me\b|\bpick (?:me )?(?:a|an|some|one|for)\b|"
    r"\bsurprise me|\bi(?:'d| would|d)? (?:really )?(?:want|wanna|need|like to|love to)\b|"
    r"\bwe (?:want|need)\b|\bi(?:'m| am)? (?:craving|after|up for|into|hoping)|\bsomething\b|\banything\b|"
    r"\bnothing\b|\bhelp me\b|\bsearching for|\btell me (?:a|any|some)\b|"
    r"\b(?:any|some|know(?: of)?|want|need|see|watch) (?:an? |the |really |some |any |of )*(?:good|best|great|nice|"
    r"decent)\b|"
    r"^(?:so |and |ok |please |well |hi,? |hello,? )*(?:the |an? |some |really )*(?:good|best|great|nice|decent) "
    rf"(?:[\w<>-]+ ){{0,2}}{_NOUN}\b|^<v\d+>|\bhow about\b|\bwhat about\b|\bmovie night|\bi have to\b|\b(?:i'd|"
    rf"would) like\b|"
    r"\bi(?:'m| am) open\b"
)
_GOOD = re.compile(
    r"\brec+om|\brecom|\bsuggest|\bgood\b|\bbest\b|\bgreat\b|\bideas?\b|\bfavou?rite|\bin the mood|"
    r"\bwant\b|\blooking for\b|\bfor me\b|\bneed\b"
)
_GENERAL = re.compile(
    rf"\b(?:{_NOUN}|watch|tonight|weekend|genre|director|actor|actress|catalogue|catalog|plot|cinema|buy|"
    rf"gift|present)\b"
)
ANYTHING = re.compile(
    r"\b(?:best|greatest|top rated) (?:films?|movies?|products?|ones?)\b|"
    r"\b(?:anything|whatever|what ever|what you (?:want|like|recommend)|surprise me|any (?:movie|film|"
    r"genre|kind|type|one|product)s?|open to (?:any|all|every|pretty)\w*|"
    r"you (?:choose|pick|decide)|up to you|your choice|(?:don'?t|do not) (?:care|mind)|all (?:kinds|types|"
    r"genres|movies|films|sorts)|no preferences?|"
    r"pretty much anything|everything|i (?:don'?t|do not) know|no idea|idk|not (?:really )?sure|random|"
    r"just pick)\b"
)
ANOTHER = re.compile(
    r"\b(?:another(?: one| film| movie)?(?! (?:one )?(?:i|we)\b)|(?:anything|something|someone) else|what else|"
    r"more (?:suggestions|"
    r"recommendations|options|ideas|films|movies|picks|like (?:that|this|those|<r\d+>)|"
    r"please|of (?:these|those|them|that|<r\d+>))|any (?:other|more)s?\b|other (?:suggestions?|"
    r"recommendations?|ones|options|ideas|films|movies|products|choices)|others|next(?: one)?|"
    r"different (?:ones?|films?|movies?|options)|(?:<c\d+>|a few|some) more|something (?:else|different)|(?:show|"
    r"give) me (?:some )?more|one more|try again|again|keep going|new ones|the next)\b|"
    r"^(?:some |any |and |a few |one )?(?:more|other)\??$"
)
FRAGMENT = re.compile(
    r"^(?:but|and|only|also|no|not|nothing|without|with|from|under|less|more|in|make it|make them|maybe|"
    r"ok(?:ay)?|what about|how about|preferably|ideally|just|even|"
    r"a (?:bit|little)|rather|instead|that'?s|it'?s|they'?re|these are|those are|anything|except|set in|"
    r"starring|by|before|after|since|between|directed by|for|on|then)\b|^<[vnmedo]\d+> ?(?:ones?|please|"
    r"instead|though)?$"
)
GREET = re.compile(
    r"^(?:hi+|hello+|hey+|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|hi there|"
    r"hello there|hey there)\b"
)
HOW = re.compile(
    r"\bhow(?:'s| is| are) (?:you|it going|your day|things|everything|u)\b|\bhow do you do\b|"
    r"\bwhat'?s up\b|\b(?:and|what about|how about) you$|nice to meet you"
)
THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|cheers|much appreciated|appreciate (?:it|that|<r\d+>)|great help|perfect|"
    r"awesome|that helps)\b"
)
BYE = re.compile(
    r"^(?:ok(?:ay)?,? )?(?:good ?bye|bye+|see (?:you|ya)|farewell|good night|have a (?:nice|good|great)|"
    r"take care|cya|later$|that(?:'s| is) all|that will be all)\b|\b(?:good ?bye|bye)$"
)
WHO = re.compile(
    r"\bwho are you\b|\bwhat are you\b|\bwhat can (?:you|i) (?:do|ask|say|help)|\bwhat do you do\b|"
    r"\bhow (?:do|does) (?:you|this) work|\bare you (?:a |an )?(?:robot|human|bot|real|person|machine|ai)\b|"
    r"\bwhat(?:'s| is) your name|\bhow can you help|how (?:many|big) .*(?:do you (?:have|know)|are there|"
    r"catalogue)|^help(?: me)?$|\bwhat is this\b(?! (?:film|movie|"
    r"about))|\bwhat (?:kind of |sort of )?(?:things|questions) can"
)
YES = re.compile(
    r"^(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please do|go ahead|of course|definitely|sounds good|why not|"
    r"yes please|do it|alright|absolutely|great|cool)\b"
)
NO = re.compile(r"^(?:no|nope|nah|not really|no thanks?|no thank you)(?:,? thanks?)?$")
OFF_TOPIC = re.compile(
    r"\b(?:weather|forecast|news|headline|write (?:me )?(?:a |an |some )?(?:\w+ )?(?:code|poem|essay|story|"
    r"song|email|letter|program|function|script)|python|javascript|java|sql query|"
    r"solve|calculate|equation|square root|capital (?:city )?of|population of|prime minister|president|"
    r"election|politic\w*|bitcoin|crypto|stock market|stocks|translate|"
    r"recipe|cook|football score|joke|what time is|horoscope|homework|medical|doctor'?s advice|lawyer|"
    r"marry me|love me|hack|bomb|flight to|book (?:a|me) (?:flight|hotel|table|taxi)|"
    r"ignore (?:all |your |the |any )*(?:previous|prior|above)? ?(?:instructions?|rules)|system prompt|"
    r"\d+ ?[-+*/×] ?\d+)\b"
)
_WH = re.compile(
    r"^(?:so |and |but |hey |please )*(?:who|what|when|where|how|which|why|can you|could you|will you|is|"
    r"are|do you)\b"
)

IS_IN = re.compile(
    r"^(?:so |and |but |oh |ok(?:ay)?,? |wait,? )*(?:(?:is|are|was|were)(?:n'?t)? (?!there\b)(?:<[px]\d+>|"
    r"(?:[a-z'-]+ ){1,2}[a-z'-]+) "
    r"(?:also |both )?in (?:any of )?<r\d+>|(?:is|was)(?:n'?t)? (?:<r\d+>|that|it) (?:the one |the movie )?(?:with |"
    r"starring )?"
    r"(?:<[px]\d+>|[a-z'-]{3,} [a-z'-]{4,})|<[px]\d+>|[a-z'-]{3,} [a-z'-]{4,})(?: movie| one)? ?\?$"
)
"""`is <p0> in it?`, `isn't that <p0>?`, `<p0>?`, where the name may be one that the catalogue lacks."""
IS_LIKE = re.compile(
    r"^(?:so |and |but |oh |ok(?:ay)?,? )*(?:is|was)(?:n'?t)? (?:<r\d+>|that|it) (?:kind of |sort of |anything |a bit |"
    r"just )*(?:like|similar to) .*\?$"
)
"""`is it like <t0>?`, about the item just talked about."""


def question_facets(sentence: str) -> tuple[str, ...] | None:
    """Return the facets that a skeleton sentence asks of an item (empty: all), or None when it asks for
    none."""
    for facets, pattern in _QUESTION:
        if pattern.search(sentence):
            return facets
    return None


def is_check(sentence: str) -> bool:
    """Say whether a sentence asks yes or no about an item: `is <r0> waterproof?`."""
    return bool(_CHECK.search(sentence))


def is_search(sentence: str, domain_is_shop: bool) -> bool:
    """Say whether a sentence looks something up rather than asking for advice."""
    if _GOOD.search(sentence):
        return False
    if _SEARCH.search(sentence) or (_CREATED.search(sentence) and not _ONE_OF.search(sentence)):
        return True
    return domain_is_shop and bool(re.match(r"^(?:got |have you )?any\b", sentence))


def is_asking(sentence: str) -> bool:
    """Say whether a sentence asks for a recommendation in words."""
    return bool(_ASKING.search(sentence))


def names_domain(sentence: str) -> bool:
    """Say whether a sentence speaks of items at all."""
    return bool(_GENERAL.search(sentence))


def is_open_question(sentence: str) -> bool:
    """Say whether a sentence is a question or an order, whatever it is about."""
    return bool(_WH.search(sentence))


_STOP = word_set(
    """
    less older newer omg lol haha yea wow hmm hahaha yup alot okay huh sweet
    a about actually again ago all also always am an and another any anybody anyone anything are as ask at
    awesome be been best better bit both bring but by can cool could day decent did different do does doing
    done else enjoy ever every everything excuse fan feel film films find fine first flick flicks for from
    fun genre get give glad go going good got great had happy has have having hear heard hello help here hey
    hi him hope how i id i'd i'm im i've idea ideas if in interested into is it item items it's its ive just
    kind kinda kinds know last later least let let's like liked likes list little long look looking looks
    lot lots love loved maybe me mean mind mood more most movie movies much my name need new next nice night
    no not nothing now of off oh ok okay on one ones only open options or other others our out over people
    perhaps pick please possible prefer pretty probably product products provide questions quite random
    really recently reccomend reccoment recomend recommend recommendation recommendations recommended right
    same say see seeker seen show so some somebody someone something soon sorry sort stuff such suggest
    suggestion suggestions sure surprise take tell than thank thanks that that's the their them then there
    there's these they thing things think this those though till time title titles to today tonight too top
    totally try trying two type types u up us use usually very wait want wanna was watch watched watching
    way we well were what what's whatever when where which while who whole whom why will wish with without
    wonder wondering would yeah year years yes yet you you're your yours thinking something's come works
    work down could've choose makes nor good-one buy purchase shop store thats dont don't didn't didnt cant
    can't im sounds looks guess actor actress director sugestions recomendations anymore hoping friend sorta
    whats whatcha able been may might must should shall dear sir madam day evening afternoon morning weekend
    """
)


def content_words(sentence: str) -> list[str]:
    """Return the words of a skeleton sentence that say something about the wish: no tags, no filler."""
    bare = re.sub(r"<\w+>(?:'s)?", " ", sentence)
    return [w for w in re.findall(r"[^\W\d_][\w'-]*", bare) if w not in _STOP and len(w) > 2]
