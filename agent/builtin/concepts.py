"""The written table: what people say, and which catalogue values or qualities they mean by it."""

from __future__ import annotations

from dataclasses import dataclass

from agent.builtin.words import word_set


@dataclass(frozen=True)
class Concept:
    """One thing a person may ask for, with the ways to say it.

    `values` are tried in order against the catalogue; `A+B` asks for both, `~A` is wider than what was said.
    `nouns` name the thing (`comedies`),
    `adjectives` describe (`funny`): with `less` or `more` these move an answer instead of filtering it.
    """

    quality: str
    values: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    comparatives: tuple[str, ...] = ()


def _c(
    quality: str, values: str = "", nouns: str = "", adjectives: str = "", comparatives: str = ""
) -> Concept:
    parts = (tuple(p.strip() for p in field.split(",") if p.strip()) for field in (values, nouns, adjectives))
    found, named, described = parts
    compared = tuple(p.strip() for p in comparatives.split(",") if p.strip())
    return Concept(quality, found, named, described, compared)


FILM_CONCEPTS = (
    _c(
        "funny",
        "Comedy",
        "comedy, comedies, comdy, commedy, comedys, comodies, comody, comedie, commedies, slapstick, laughs, a "
        "laugh, humor, humour",
        "funny, hilarious, humorous, goofy, silly, comedic, witty, make me laugh, makes me laugh, make us "
        "laugh",
        "funnier, sillier, goofier",
    ),
    _c(
        "scary",
        "Horror",
        "horror, horrors, horor, horrow, horrer, scares, jump scares",
        "scary, frightening, creepy, spooky, terrifying",
        "scarier, creepier, spookier",
    ),
    _c(
        "romantic",
        "Romance, Romantic",
        "romance, romances, love story, love stories, date night, chick flick, chick flicks",
        "romantic",
    ),
    _c(
        "romantic and funny",
        "Romantic comedy, Rom-com, Romance+Comedy",
        "rom com, rom coms, romcom, romcoms, romantic comedy, romantic comedies",
    ),
    _c(
        "science fiction",
        "Science Fiction, Sci-Fi, SciFi",
        "sci fi, scifi, scfi, scify, sifi, si fi, syfy, sf, science fiction",
        "futuristic",
    ),
    _c(
        "tense",
        "Thriller",
        "thriller, thrillers, suspense",
        "suspenseful, thrilling, tense, gripping",
        "tenser",
    ),
    _c(
        "psychological", "Psychological thriller, Psychological+Thriller, ~Thriller", "psychological thriller"
    ),
    _c("exciting", "Action", "action, explosions, fights, fighting", "action packed", ""),
    _c("adventurous", "Adventure", "adventure, adventures", "adventurous"),
    _c("dramatic", "Drama", "drama, dramas", "dramatic"),
    _c("animated", "Animation, Animated", "animation, animations, cartoon, cartoons", "animated"),
    _c("animated", "Anime, ~Animation", "anime"),
    _c(
        "suitable for children",
        "Family, Children, Children's, Kids",
        "for kids, for the kids, for my kids, for children, for my children, for the children, for a child, "
        "kids movie, "
        "kids movies, kids film, kids films, childrens film, childrens films, for the whole family, with "
        "the kids, "
        "with my kids, for my son, for my daughter, with my son, with my daughter, family film, family "
        "films, "
        "family movie, family movies, family night, kids",
        "family friendly, kid friendly, child friendly, suitable for children",
    ),
    _c("about crime", "Crime", "crime, crimes", "criminal"),
    _c(
        "about gangsters",
        "Gangster, Gangsters, Organised crime, Organized crime, Mafia, Mob, ~Crime",
        "gangster, gangsters, mob, mobster, mobsters, mafia, organised crime, organized crime",
    ),
    _c(
        "mysterious",
        "Mystery",
        "mystery, mysteries, whodunit, whodunnit, murder mystery, murder mysteries",
        "mysterious",
    ),
    _c("about detectives", "Detective, Detectives, ~Mystery", "detective, detectives, detective story"),
    _c("about war", "War", "war, wars, war movie, war film"),
    _c("western", "Western", "western, westerns, cowboys"),
    _c("with songs", "Musical", "musical, musicals", "with songs"),
    _c("fantastic", "Fantasy", "fantasy, fantasies, magic, wizards, dragons"),
    _c("true", "Documentary", "documentary, documentaries, docs, docu"),
    _c("historical", "History, Historical, Period", "history, period piece, period drama", "historical"),
    _c(
        "from real life",
        "Biography, Biopic, Based on a true story, True story",
        "biography, biographies, biopic, biopics, true story, true stories, true events, true life events",
    ),
    _c("about sport", "Sport, Sports", "sport, sports"),
    _c("noir", "Film-Noir, Film Noir, Noir, Neo-noir", "noir, film noir, noirs, neo noir"),
    _c("about superheroes", "Superhero, Superheroes", "superhero, superheroes, superhero movie, super hero"),
    _c("about zombies", "Zombie, Zombies, ~Horror", "zombie, zombies"),
    _c("bloody", "Slasher, ~Horror", "slasher, slashers, slasher film"),
    _c("about heists", "Heist, Heists, Robbery", "heist, heists, bank robbery"),
    _c(
        "about space",
        "Space, Outer space, ~Science Fiction, ~Sci-Fi",
        "outer space, space travel, spaceship, spaceships",
    ),
    _c("in black and white", "Black and white, Black-and-white", "black and white"),
    _c(
        "feel-good",
        "Feel-good, Feelgood, Uplifting, Heartwarming, Warm",
        "feel good, feelgood",
        "uplifting, heartwarming, heart warming, cheerful, cheer me up, cheers me up, happy",
        "happier, more cheerful",
    ),
    _c(
        "light-hearted",
        "Light-hearted, Lighthearted, Light",
        "easy watch",
        "light hearted, lighthearted, something light, easygoing",
    ),
    _c(
        "sad",
        "Sad, Tearjerker, Melancholic, Bittersweet",
        "tearjerker, tear jerker",
        "sad, heartbreaking, make me cry, makes me cry",
        "sadder",
    ),
    _c(
        "darkly funny",
        "Dark comedy, Black comedy, Darkly funny",
        "dark comedy, dark comedies, black comedy, black comedies",
    ),
    _c("dark", "Dark", "", "dark, bleak", "darker, bleaker"),
    _c("gritty", "Gritty", "", "gritty", "grittier"),
    _c(
        "violent", "", "violence, gore, blood, bloodshed", "violent, bloody, gory, brutal", "bloodier, gorier"
    ),
    _c("sexual", "", "sex, nudity", "sexy, erotic", "sexier"),
    _c(
        "mind-bending",
        "Mind-bending, Twist ending, Plot twist",
        "mind bender, mind benders, brain twists, plot twist, plot twists, twist ending, twists",
        "mind bending, twisty",
    ),
    _c("slow", "", "", "slow, boring, slow paced", "slower"),
    _c("fast", "", "", "fast paced, fast", "faster"),
    _c("weird", "Weird", "", "weird, strange, quirky, surreal, bizarre", "weirder, stranger"),
    _c("clever", "", "", "clever, smart, intelligent, thought provoking, cerebral", "smarter, cleverer"),
    _c("serious", "", "", "serious", ""),
    _c("childish", "", "", "childish, cheesy", "cheesier"),
    _c("popular", "", "hits, blockbuster, blockbusters", "popular, famous, well known, mainstream"),
    _c(
        "made by a woman",
        "Woman director, Female director",
        "woman director, female director, directed by a woman",
    ),
)

SHOP_CONCEPTS = (
    _c("small", "", "", "small, compact, tiny", "smaller"),
    _c("large", "", "", "large, big, spacious, roomy", "larger, bigger, roomier"),
    _c("light", "", "", "lightweight, light, ultralight", "lighter"),
    _c("heavy", "", "", "heavy", "heavier"),
    _c(
        "sturdy",
        "",
        "",
        "sturdy, durable, robust, tough",
        "sturdier, tougher, stronger",
    ),
    _c("warm", "", "", "warm", "warmer"),
    _c("quiet", "", "", "quiet, silent", "quieter"),
    _c("soft", "", "", "soft, comfortable, comfy", "softer, comfier"),
    _c("sustainable", "", "", "sustainable, eco friendly, green"),
    _c("waterproof", "", "", "waterproof, water resistant, rainproof"),
    _c("powerful", "", "", "powerful", ""),
    _c("simple", "", "", "simple, plain", "simpler, plainer"),
    _c("colourful", "", "", "colourful, colorful, bright", "brighter"),
    _c("fast", "", "", "fast, quick", "faster"),
)
"""Without values: a quality counts as an attribute only where the catalogue has the person's own word. Another
word for it (`warm` where it has `insulated`) only moves the answer."""

COUNTRIES: dict[str, tuple[str, ...]] = {
    "french": ("France", "French"),
    "german": ("Germany", "West Germany", "German"),
    "italian": ("Italy", "Italian"),
    "spanish": ("Spain", "Spanish"),
    "portuguese": ("Portugal", "Portuguese"),
    "british": ("United Kingdom", "UK", "Great Britain", "England", "English"),
    "english": ("English", "United Kingdom", "UK", "England"),
    "scottish": ("Scotland", "United Kingdom", "UK"),
    "irish": ("Ireland", "Irish"),
    "american": ("United States", "USA", "United States of America", "US"),
    "hollywood": ("United States", "USA", "United States of America", "US"),
    "canadian": ("Canada",),
    "mexican": ("Mexico",),
    "brazilian": ("Brazil",),
    "argentine": ("Argentina",),
    "argentinian": ("Argentina",),
    "chilean": ("Chile",),
    "japanese": ("Japan", "Japanese"),
    "korean": ("South Korea", "Korea", "Korean"),
    "south korean": ("South Korea", "Korea", "Korean"),
    "chinese": ("China", "Mandarin", "Chinese"),
    "hong kong": ("Hong Kong", "Cantonese"),
    "taiwanese": ("Taiwan",),
    "indian": ("India", "Hindi"),
    "bollywood": ("India", "Hindi"),
    "iranian": ("Iran", "Persian"),
    "turkish": ("Turkey", "Turkish"),
    "russian": ("Russia", "Soviet Union", "Russian"),
    "soviet": ("Soviet Union", "Russia"),
    "polish": ("Poland", "Polish"),
    "czech": ("Czechia", "Czech Republic", "Czechoslovakia", "Czech"),
    "hungarian": ("Hungary", "Hungarian"),
    "romanian": ("Romania", "Romanian"),
    "greek": ("Greece", "Greek"),
    "swedish": ("Sweden", "Swedish"),
    "danish": ("Denmark", "Danish"),
    "norwegian": ("Norway", "Norwegian"),
    "finnish": ("Finland", "Finnish"),
    "icelandic": ("Iceland", "Icelandic"),
    "dutch": ("Netherlands", "Dutch"),
    "belgian": ("Belgium",),
    "austrian": ("Austria",),
    "swiss": ("Switzerland",),
    "australian": ("Australia",),
    "new zealand": ("New Zealand",),
    "thai": ("Thailand", "Thai"),
    "vietnamese": ("Vietnam", "Vietnamese"),
    "israeli": ("Israel", "Hebrew"),
    "egyptian": ("Egypt", "Arabic"),
    "senegalese": ("Senegal",),
    "south african": ("South Africa",),
}
"""What a demonym may stand for in a catalogue: country first, then language."""

FACET_ORDER = ("genre", "category", "kind", "brand", "country", "language", "mood", "theme")
"""Which facet a word means when several have it."""

COMMON_WORDS = word_set(
    """
    a about after all also down clear sand natural ash teen adult always and any art at bad basic be best
    better big black body book boy boys care child city classic cool cut day days dead death design dream
    end eye face fact fall fan fast father feel find fine fire first food for free friend friends fun future
    game games general gift girl girls give go gold good great group hand hands hard heart help high home
    hope house human i idea in it item job joy just kind king know last less letter life light like little
    live long look lost love loving lover magic man me men mind money more mother movie movies my name
    nature new night no none not of old on one only open other out own party past pay people person place
    play please power present product question rain ring road room run school sea season second secret see
    seen set shop short show side sister size small some special star start stop story stranger style sun
    support tell test the them thing things this time to top town trust truth two type union up use us voice
    walk watch water way we week well what white wife will winner with woman women wonder word work world
    year years yes you young youth
    """
)
"""Values that are also everyday words; they count only where the sentence points at them (`about love`)."""
