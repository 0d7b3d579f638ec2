"""Which language a text is in, by script and small words; and the little that is understood of others than
English."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.builtin.words import word_set
from kg.text import tokenize


@dataclass(frozen=True)
class Language:
    """What is known of a language: how to tell it, what its words mean, what to say in it."""

    code: str
    stop_words: frozenset[str]
    """Folded words that English does not have."""
    words: dict[str, str]
    """Phrases to English, longest applied first."""
    notice: str
    """Says that answers are in English for now. No capitals or digits inside the sentence."""
    help: str
    """Says what one may ask for."""
    forms: tuple[tuple[str, str], ...] = ()
    """Patterns of whole requests, and the same in the order of English."""
    telling: frozenset[str] = frozenset()
    """Folded words of which one is enough, where no word is English."""


def _phrases(table: str) -> dict[str, str]:
    """Return a table `phrase=english; phrase=english` as a mapping."""
    pairs = (entry.partition("=") for entry in " ".join(table.split()).split(";") if "=" in entry)
    return {phrase.strip(): english.strip() for phrase, _, english in pairs}


_ES_TITLE = (
    r"(?!(?:(?:el|la|los|las|es[ae]|est[ea]) )?(?:primer|segund|tercer|últim|ultim|pel[ií]cula|anterior|ella\b|él\b|"
    r"es[ae]\b|est[ea]\b))([^?¿,]+?)(?:,? por favor)?\s*\??"
)
"""A title at the end of a question, which is no word that points at something."""
_ES = Language(
    "es",
    word_set(
        """
        una unas unos que como para pero quiero quisiera me gusta gustan busco algo peliculas pelicula recomienda
        recomiendame recomiendas puedes muy mas menos con sin por favor hola gracias ver del los las el es de y o
        """
    ),
    _phrases(
        """
        quién dirigió=who directed; quien dirigio=who directed; quién sale en=who is in; quién actúa en=who is
        in; cuánto dura=how long is; cuanto dura=how long is; de qué trata=what is it about; de que trata=what is
        it about; háblame de=tell me about; hablame de=tell me about; cuéntame algo de=tell me about; cuéntame
        algo sobre=tell me about; cuéntame más de=tell me more about; dime algo de=tell me about; cuánto
        cuesta=how much is; cuanto cuesta=how much is; ya he visto=i have seen; he visto=i have seen;
        muéstrame=show me; otras=others; algo distinto=something else; prefiero=i prefer; olvídate de=forget; no
        quiero=i don't want; de terror=horror; películas de=films; hola=hi; gracias=thanks; adiós=bye; adios=bye;
        hasta luego=bye; por qué=why; por que=why; compara=compare; qué sabes de mí=what do you know about me;
        que sabes de mi=what do you know about me; olvida=forget; más antigua=older; más antiguo=older; más
        antiguas=older; más reciente=newer; más recientes=newer; más nueva=newer; más nuevo=newer;
        más corto=shorter; más corta=shorter; más barato=cheaper; más barata=cheaper; otra cosa=something else;
        solo=only; sólo=only; de los años 20=from the 1920s; de los años 30=from the 1930s;
        de los años 40=from the 1940s; de los años 50=from the 1950s; de los años 60=from the 1960s;
        de los años 70=from the 1970s; de los años 80=from the 1980s; de los años 90=from the 1990s;
        de los años 2000=from the 2000s; de los años 2010=from the 2010s;
        la primera=the
        first one; la segunda=the second one; la tercera=the third one; el primero=the first one; el segundo=the
        second one; otra=another one; ya la he visto=i have seen it; ya la vi=i have seen it; todo=everything;
        películas=films; peliculas=films; película=film; pelicula=film; recomiéndame=recommend;
        recomiendame=recommend; recomienda=recommend; recomendar=recommend; quiero ver=i want to see; quiero=i
        want; quisiera=i want; busco=looking for; me gustan=i like; me gusta=i like; me encanta=i love; me
        encantan=i love; no me gustan=i don't like; no me gusta=i don't like; odio=i hate; algo como=something
        like; algo=something; parecida a=similar to; parecido a=similar to; como=like; pero=but; sin=without;
        menos=less; más=more; mas=more; con=with; una=a; un=a; de los años=from the; años=; por favor=please;
        y=and; o=or; comedia=comedy; comedias=comedies; terror=horror; miedo=horror; acción=action;
        accion=action; drama=drama; romántica=romantic; romantica=romantic; romance=romance; ciencia
        ficción=science fiction; ciencia ficcion=science fiction; suspenso=thriller; suspense=thriller;
        guerra=war; animación=animation; animacion=animation; dibujos=animation; musical=musical;
        documental=documentary; documentales=documentaries; fantasía=fantasy; aventura=adventure;
        aventuras=adventure; misterio=mystery; divertida=funny; divertido=funny; violenta=violent;
        violento=violent; violencia=violence; sangre=gore; francesa=french; española=spanish; italiana=italian;
        para niños=for kids; niños=kids; corta=short; director=director
        """
    ),
    "(algunas partes están en inglés, tal como figuran en el catálogo)",
    "(dime un título, un género o lo que te apetece; el resto está en inglés)",
    (
        (r"[¿¡]?(?:compara|comparar|compárame) (.+?) (?:con|y) (.+)", r"compara \1 y \2"),
        (rf"¿?qui[eé]n dirigi[oó] {_ES_TITLE}", r"who directed “\1”?"),
        (rf"¿?qui[eé]n (?:sale|actúa|actua) en {_ES_TITLE}", r"who is in “\1”?"),
        (rf"¿?cu[aá]nto dura {_ES_TITLE}", r"how long is “\1”?"),
        (rf"¿?de qu[eé] (?:trata|va) {_ES_TITLE}", r"what is “\1” about?"),
    ),
    telling=word_set(
        """
        quiero quisiera busco gusta gustan encanta odio recomienda recomiendame recomiendas olvida olvidate
        compara quien dime cuentame hola gracias adios pelicula peliculas muestrame prefiero algo porque cuanto
        visto
        """
    ),
)
_DE_TITLE = (
    r"(?!(?:(?:der|die|das|dem|den) )?(?:erste|zweite|dritte|letzte|film\b|er\b|sie\b|es\b|ihm\b|ihr\b|dem\b|"
    r"der\b(?! ))[nmrs]?(?!\w))([^?,]+?)"
)
_DE_END = r"(?:,? bitte)?\s*\??"
_DE = Language(
    "de",
    word_set(
        """
        ich und nicht ein eine einen einem etwas wie aber ohne mit fur suche mochte magst mag gibt es mir bitte
        hallo danke welche empfiehl empfehlen kannst du was ist der das weniger mehr lustig filme oder wurde gern
        gerne """
    ),
    _phrases(
        """
        dem ersten=the first one; dem zweiten=the second one;
        wer hat bei=who is the director of; regie geführt=; wer führte bei=who is the director of; wer führte
        regie bei=who directed; regie=directed; wer spielt in=who is in; wer spielt mit in=who is in;
        mitspielt=is in; wie lange geht=how long is; wie lang ist=how long is; wie lange dauert=how long is;
        worum geht es in=what is it about; worum geht es bei=what is it about; wovon handelt=what is it about;
        erzähl mir etwas über=tell me about; erzähl mir von=tell me about; erzähl mir mehr über=tell me more
        about; erzähle mir etwas über=tell me about; was kostet=how much is; wie viel kostet=how much is; wann
        kam=when was; zeig mir=show me; ich habe lust auf=i want; ich habe=i have seen; schon gesehen=already;
        gesehen=already; horrorfilmen=horror films; actionfilmen=action films; komödien=comedies; nochmal=again;
        noch mehr=more; etwas anderes=something else; andere=others; den dritten=the third one; den=the;
        über=about; magst du=do you like; hallo=hi; danke=thanks; tschüss=bye; auf wiedersehen=bye; warum=why;
        wieso=why; vergleiche=compare; vergleich=compare; was weißt du über mich=what do you know about me; was
        weisst du über mich=what do you know about me; vergiss=forget; ältere=older; älteres=older; neuere=newer;
        neueres=newer; den ersten=the first one; der erste=the first one; den zweiten=the second one; der
        zweite=the second one; der dritte=the third one; noch einen=another one; alles=everything; habe ich schon
        gesehen=i have seen it; filme=films; film=film; empfiehl mir=recommend; empfiehl=recommend;
        empfehlen=recommend; ich möchte=i want; ich mochte=i want; ich will=i want; ich suche=looking for;
        suche=looking for; ich mag keine=i don't like; ich mag=i like; ich liebe=i love; ich hasse=i hate; etwas
        wie=something like; so etwas wie=something like; so was wie=something like; etwas=something; ähnlich
        wie=similar to; wie=like; aber=but; ohne=without; weniger=less; mehr=more; mit=with; keine=no; kein=no;
        keinen=no; nicht=not; eine=a; einen=a; ein=a; bitte=please; und=and; oder=or; aus den=from the;
        20ern=1920s; 30ern=1930s; 40ern=1940s; 50ern=1950s; 60ern=1960s; 90ern=90s; 80ern=80s; 70ern=70s; 2000ern=2000s;
        2010ern=2010s; nur=only; kürzeres=shorter; günstigeres=cheaper; billigeres=cheaper; das erste=the first one; das
        zweite=the second one; komödie=comedy; komödien=comedies; horrorfilm=horror film;
        horrorfilme=horror films; horror=horror; actionfilm=action film; actionfilme=action films;
        liebesfilm=romance; liebesfilme=romance; krimi=crime; krimis=crime; krieg=war; kriegsfilm=war film;
        zeichentrick=animation; dokumentarfilm=documentary; doku=documentary; abenteuer=adventure; lustig=funny;
        lustige=funny; lustigen=funny; lustiges=funny; gruselig=scary; gruseliges=scary; gewalt=violence;
        gewalttätig=violent; brutal=violent; traurig=sad; spannend=tense; spannendes=tense; französische=french;
        französischen=french; deutsche=german; deutschen=german; italienische=italian; für kinder=for kids;
        zelt=tent; zelte=tents; billiger=cheaper; günstiger=cheaper; neuer=newer; älter=older; kürzer=shorter
        """
    ),
    "(einiges hier ist auf englisch, so wie es im katalog steht)",
    "(sag mir einfach, was du magst oder was du suchst; der rest ist auf englisch)",
    (
        (r"vergleiche? (.+?) (?:mit|und) (.+)", r"vergleiche \1 und \2"),
        (rf"wer (?:hat|führte) bei {_DE_TITLE}(?: regie| regie geführt)?{_DE_END}", r"who directed “\1”?"),
        (rf"wer spielt (?:mit )?in {_DE_TITLE}(?: mit)?{_DE_END}", r"who is in “\1”?"),
        (rf"wie (?:lange (?:dauert|geht|läuft)|lang ist) {_DE_TITLE}{_DE_END}", r"how long is “\1”?"),
        (rf"worum geht es (?:in|bei) {_DE_TITLE}{_DE_END}", r"what is “\1” about?"),
    ),
    telling=word_set(
        """
        ich mag magst hasse liebe suche mochte warum wieso vergiss vergleiche erzahl erzahle empfiehl empfehlen
        welche hallo danke tschuss wer wie wann dauert kostet uber zeig etwas gesehen bitte worum
        """
    ),
)
_FR = Language(
    "fr",
    word_set(
        """
        je j ai une des les du est et pas pour avec sans mais comme quelque chose cherche voudrais veux aime
        films bonjour salut merci moi plus moins un le la qui que ou vous tu recommande recommander conseille
        peux """
    ),
    _phrases(
        """
        bonjour=hi; salut=hi; merci=thanks; films=films; film=film; recommande moi=recommend;
        recommande-moi=recommend; conseille moi=recommend; conseille-moi=recommend; recommande=recommend;
        recommander=recommend; je voudrais=i want; je veux=i want; je cherche=looking for; cherche=looking
        for; je n'aime pas les=i don't like; je n'aime pas=i don't like; j'aime les=i like; j'aime=i like;
        j'adore=i love; je déteste=i hate; quelque chose comme=something like; quelque chose de=something;
        quelque chose=something; comme=like; mais=but; sans=without; moins=less; plus=more; avec=with; pas
        de=no; pas=not; une=a; un=a; et=and; ou=or; des années=from the; années=; comédie=comedy;
        comédies=comedies; comedie=comedy; horreur=horror; d'horreur=horror; d'action=action; drame=drama;
        drames=dramas; guerre=war; romantique=romantic; amour=romance; d'amour=romance;
        science-fiction=science fiction; policier=crime; policiers=crime; dessin animé=animation; dessins
        animés=animation; documentaire=documentary; documentaires=documentaries; drôle=funny; drôles=funny;
        violent=violent; effrayant=scary; triste=sad; français=french; française=french; italienne=italian;
        pour enfants=for kids; pour les enfants=for kids; court=short; s'il vous plaît=please; s'il te
        plaît=please; tente=tent; tentes=tents
        """
    ),
    "(pour le moment je ne peux répondre qu'en anglais, mais j'ai essayé de comprendre ta demande)",
    "(pour le moment je ne peux répondre qu'en anglais ; dis-moi un titre, un genre ou une envie)",
    telling=word_set("je cherche voudrais bonjour salut merci recommande conseille pourquoi deteste adore"),
)
_ZH_TITLE = r"(?!它|这|那|第|他|她)《?([^《》]+?)》?"
_ZH = Language(
    "zh",
    frozenset(),
    _phrases(
        """
        谁导演了=who directed; 介绍一下=tell me about; 介绍=tell me about;
        我看过=i have seen; 看过=i have seen; 换一批=something else; 别的=others;
        还有吗=any others; 恐怖片=horror; 喜剧片=comedy; 动作片=action;
        爱情片=romance; 科幻片=science fiction; 它的导演是谁=who directed it;
        它讲什么=what is it about; 它有多长=how long is it; 你好=hi;
        谢谢=thanks; 再见=bye; 为什么=why; 比较=compare; 你知道我什么=what do you
        know about me; 你了解我什么=what do you know about me;
        忘记=forget; 忘掉=forget; 更老=older; 更旧=older; 更新=newer; 更短=shorter; 更便宜=cheaper; 只要=only;
        20年代=1920s; 30年代=1930s; 40年代=1940s; 50年代=1950s; 60年代=1960s;
        70年代=1970s; 80年代=1980s; 90年代=1990s; 2000年代=2000s;
        2010年代=2010s;
        第一部=the first one; 第一个=the first one; 第二部=the second one;
        第二个=the second one; 第三部=the third one; 看过了=i have seen it;
        全部=everything; 《=“; 》=”; 推荐=recommend; 推薦=recommend; 我想看=i
        want to see; 想看=i want to see; 我喜欢=i like; 我喜歡=i like;
        不喜欢=i don't like; 讨厌=i hate; 类似=similar to; 類似=similar to;
        像=something like; 但是=but; 不要太=not too; 不要=no; 没有=without;
        更=more; 少=less; 电影=films; 電影=films; 一部=a; 喜剧=comedy;
        喜劇=comedy; 恐怖=horror; 科幻=science fiction; 动作=action;
        動作=action; 爱情=romance; 愛情=romance; 剧情=drama; 战争=war;
        动画=animation; 動畫=animation; 纪录=documentary; 悬疑=mystery;
        惊悚=thriller; 犯罪=crime; 奇幻=fantasy; 冒险=adventure;
        歌舞=musical; 搞笑=funny; 可怕=scary; 暴力=violent; 浪漫=romantic;
        法国=french; 中国=chinese; 日本=japanese; 韩国=korean;
        美国=american; 孩子=kids; 帐篷=tent; 和=and; 的=; 吗=?; ？=?; ，=,;
        。=.; 、=,
        """
    ),
    "部分内容保留了目录中的英文。",
    "请告诉我片名、类型或你想要什么；其余内容是英文。",
    forms=(
        (_ZH_TITLE + r"的?(?:导演是谁|是谁导演的|谁导演的)[？?。]?", r"who directed “\1”?"),
        (_ZH_TITLE + r"的?(?:主演是谁|是谁演的|谁演的)[？?。]?", r"who is in “\1”?"),
        (_ZH_TITLE + r"(?:有多长|多长)[？?。]?", r"how long is “\1”?"),
        (_ZH_TITLE + r"(?:讲什么|讲的是什么|是讲什么的)[？?。]?", r"what is “\1” about?"),
        (_ZH_TITLE + r"多少钱[？?。]?", r"how much is “\1”?"),
    ),
)
_OTHER = Language(
    "other",
    frozenset(),
    {},
    "I can only answer in one language for now, this one, but I tried to make sense of what you wrote.",
    "I can only answer in one language for now, this one: tell me a title, a genre or what you are in the "
    "mood for.",
)
_LATIN = (_ES, _DE, _FR)
_ENGLISH = word_set(
    """
    the and i a is it of to in that with for what like some any my me you are do not but on was have this an
    something movie movies want looking can would about no please good really from or film recommend
    """
)
_QUOTED = re.compile(r"[“„«《][^“”„«»《》]*[”“»》]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")


def detect(text: str, before: Language | None = None) -> Language | None:
    """Return the language of `text` when it is not English, else None; short or mixed texts count as English.

    `before` is the language of the message before: a word of it goes on in it, where none is English. What is quoted
    counts only where nothing else is said: a title is in its own language.
    """
    outside = _QUOTED.sub(" ", text)
    text = outside if any(c.isalpha() for c in outside) else text
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return None
    latin = sum(1 for c in letters if ord(c) < 0x250)
    if len(letters) - latin > 0.3 * len(letters):
        return _ZH if _HAN.search(text) and not _KANA.search(text) else _OTHER
    words = [token.text for token in tokenize(text[:500])]
    english = sum(word in _ENGLISH for word in words)
    if len(_HAN.findall(text)) > 1 and not english and not _KANA.search(text):
        return _ZH
    counts = [(len(language.stop_words.intersection(words)), language) for language in _LATIN]
    best, language = max(counts, key=lambda pair: pair[0])
    if best >= 2 and best > english and best >= 0.25 * len(words):
        return language
    if english:
        return None
    if before is not None and any(word in before.stop_words | before.telling for word in words):
        return before
    telling = [one for one in _LATIN if any(word in one.telling for word in words)]
    return telling[0] if len(telling) == 1 else None


def reordered(text: str, language: Language) -> str:
    """Return `text` with the requests whose words stand in another order than in English in that order."""
    for pattern, form in language.forms:
        found = re.fullmatch(pattern, text.strip(), re.IGNORECASE)
        if found:
            return found.expand(form)
    return text


def to_english(text: str, language: Language, protected: list[tuple[int, int]]) -> str:
    """Return `text` with the known phrases in English; stretches in `protected` (titles, names) stay as they
    are."""
    if not language.words:
        return text
    phrases = sorted(language.words, key=len, reverse=True)
    edge = "" if language.code == "zh" else r"\b"
    pattern = re.compile(edge + "(?:" + "|".join(map(re.escape, phrases)) + ")" + edge, re.IGNORECASE)
    pad = " " if language.code == "zh" else ""

    def swap(match: re.Match[str]) -> str:
        if any(match.start() < end and start < match.end() for start, end in protected):
            return match[0]
        return pad + language.words.get(match[0].casefold(), match[0]) + pad

    return pattern.sub(swap, text)
