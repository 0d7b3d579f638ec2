"""Text of a catalogue is data: what in it speaks to a model or leads a reader away is taken out before it is shown."""

from __future__ import annotations

import re
from functools import lru_cache

_LINK = re.compile(r"!?\[([^\]\n]*)\]\s*\([^)\n]*\)?")
_URL = re.compile(
    r"(?:(?:https?|ftp|javascript|data|file|mailto):/{0,2}|www\.)[^\s<>\"'»”）)\]]+", re.IGNORECASE
)
_BARE = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|info|shop|example|test|invalid|ru|cn|de|es)(?:/\S*)?(?!\w)",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"(?<![\w@.])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|info|shop|example|test|invalid|ru|cn|de|es)"
    r"(?:/\S*)?(?![\w.])"
)
_SCRIPT = re.compile(
    r"<(script|style|iframe|tool_call|function_call|tool_result|tool_response)\b.*?(?:</\1\s*>|$)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>?")
_MARKUP = re.compile(r"<\|.*?\|>|\[/?INST\]|<<?/?SYS>>?|```[a-z]*|^#{1,6}\s", re.IGNORECASE | re.MULTILINE)
_OBJECT = re.compile(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}?")
_SPLIT = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])\s*|\n+")
_ROLE = re.compile(
    r"^\W*(?:system|assistant|developer|user|human|tool|function|ai|admin|operator|sistema|asistente|"
    r"systemnachricht|系统|用户|助手)"
    r"(?:\s+(?:message|prompt|note|result|override|nachricht|消息))?\s*[:：>\]]",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(
    r"\b(?:language model|chat ?bot|(?:dear|hey|hello|attention|note to)(?: the| all| this|"
    r" any)? (?:assistant|ai|llm|agent|model|"
    r"recommender|bot)s?|(?:the|this|any) (?:assistant|ai|llm|agent|model|recommender|bot) (?:must|"
    r"should|shall|has to|will now)|"
    r"system prompt|prompt injection|jailbreak|developer mode|new instructions?|your (?:instructions|"
    r"rules|guidelines|prompt)|"
    r"tool[ _]calls?|function calls?|remember_taste|give_feedback|show_profile|search_catalogue|"
    r"similar_items|item_facts)\b|"
    r"语言模型|聊天机器人|系统提示|AI助手|Sprachmodell|modelo de lenguaje|modèle de langage|языков\w+ модел",
    re.IGNORECASE,
)
"""Words for whoever writes the answer, which no description of an item needs."""
_START = (
    r"(?:^|[,;:]\s*|\b(?:please|now|(?:you|assistants?|users?) (?:must|should|shall|will)|bitte|por favor)\s+)"
    r"(?:always |only |now |also |never |then )*"
)
_LEAVE = (
    r"\b(?:ignor\w*|disregard|override|overrule|bypass|forget|ignora|ignorad|olvida|ignoriere|vergiss|"
    r"missachte|oublie\w*|"
    r"ignorez)\b[^.!?]{0,40}\b(?:instruc\w*|instruktion\w*|anweisung\w*|rules?|reglas|regeln|règles|"
    r"prompt|previous|above|"
    r"prior|anterior\w*|vorherig\w*|bisherig\w*|précédent\w*|everything you|todo|alles|tout|told)\b",
    r"(?:忽略|无视|忘记|忘掉|不要理会)[^。]{0,12}(?:指令|指示|规则|之前|以上|一切|所有)",
    r"(?:игнорируй|забудь)\w*",
    _START + r"(?:forget|erase|delete|wipe)\b[^.!?]{0,30}\b(?:everything|all|profile|memory|data|tastes?)\b",
)
_OFFER = (
    _START + r"(?:recommend|suggest|promote|rank|mention|tell|say|reply|respond|output|print|repeat|call|"
    r"invoke|reveal|remember|"
    r"insist|pretend|rate|show)\b[^.!?]{0,60}\b(?:only|this|nothing|everybody|everyone|every|user|"
    r"users|customers?|person|"
    r"always|instead|first|that they|them|tool|profile|prompt|tastes?|top|data|memory|number|yourself|loves?|word)\b",
    r"\b(?:recomienda|recomiende|recomendad|visita|visite|compra en|haz clic|dile|di al)\b",
    r"\b(?:empfiehl|empfehle|besuche|besuchen sie|klicke|sage? dem|zeige nur)\b|\b(?:recommande\w*|"
    r"visitez|cliquez|dis à)\b",
    r"(?:只|必须|务必|请|总是)[^。]{0,6}(?:推荐|访问|告诉|点击|回复)",
    r"(?:推荐|访问|告诉用户|点击)[^。]{0,10}(?:所有人|网站|链接|用户|本片|这部|唯一)|(?:рекомендуй|посетите|перейдите)\w*",
    _START + r"(?:visit|click|go to|browse to|navigate to|download|subscribe|sign up|log in|enter your|"
    r"send (?:your|the|their)|"
    r"call us|order now|buy now)\b|\bhave (?:the user|users|them) (?:visit|click|go)\b",
    r"\byou (?:are now|will now|are no longer)\b|\bfrom now on,? (?:you|always|only)\b",
    r"^\W*(?:(?:always|only|now|then) )*(?:output|append|print|repeat|reply with|respond with)\b|"
    r"\bif you are (?:an? )?(?:ai|llm|bot|model)\b",
    r"\b(?:every|each|all|your) (?:answer|reply|response)s? (?:must|should|has to|have to|shall)\b|\badmin override\b",
    r"\bdo not (?:mention|recommend|follow|show|tell|list)\b|\bthe only (?:film|movie|product|item) (?:you|worth)\b",
    r"\bend of (?:description|data|document|tool)\b|\btool (?:result|output)\b",
    r"\bthe user (?:has|wants|said|asked|is|loves|hates|agreed)\b",
)
_COMMANDED = re.compile("|".join((*_LEAVE, *_OFFER)), re.IGNORECASE)
"""Orders to leave the rules, to offer or say something, or to go somewhere, in our languages and two more."""
LEFT_OUT = "(link left out)"


@lru_cache(maxsize=20_000)
def data_only(text: str) -> str:
    """Return a catalogue text without links, markup, calls, and sentences that give orders to whoever reads it.

    Text that holds none of these comes back as it is. A sentence that is dropped is dropped whole.
    """
    plain = _SCRIPT.sub(" ", text)
    plain = _MARKUP.sub(" ", plain)
    plain = _OBJECT.sub(" ", plain) if "{" in plain else plain
    plain = _LINK.sub(r"\1", plain)
    plain = _TAG.sub(" ", plain) if "<" in plain else plain
    kept = [
        part
        for part in _SPLIT.split(plain)
        if part.strip()
        and not (_URL.search(part) or _BARE.search(part))
        and not (_ROLE.search(part) or _ADDRESSED.search(part) or _COMMANDED.search(part.strip()))
    ]
    result = " ".join(" ".join(kept).split())
    return text if result == " ".join(text.split()) else result


def no_links(text: str) -> str:
    """Return a text in which no Markdown link, image, address or HTML tag is live; for everything that is shown."""
    if "](" in text or "][" in text:
        text = _LINK.sub(r"\1", text).replace("](", "] (").replace("][", "] [")
    if "<" in text:
        text = re.sub(r"<(?=[a-zA-Z/!?])", "‹", text)
    text = _URL.sub(LEFT_OUT, text) if ":" in text or "www." in text.lower() else text
    return _HOST.sub(LEFT_OUT, text) if "." in text else text
