"""Two small catalogues written for these tests, and dialogues over them as the agent loop would make them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agent.evidence import Fact, ItemCard, Reason, ToolPayload
from agent.knowledge import Knowledge
from agent.tools.payloads import item_card
from kg.linking import EntityLinker
from recsys.catalogue_graph import catalogue_graph, facets
from recsys.schema import Item

_FILMS = """
Heat|1995|Crime, Thriller|Michael Mann|Al Pacino, Robert De Niro|USA|English|heist, police|tense|170|2
Collateral|2004|Crime, Thriller|Michael Mann|Tom Cruise, Jamie Foxx|USA|English|night, hitmen|tense|120|2
Thief|1981|Crime, Thriller|Michael Mann|James Caan, Tuesday Weld|USA|English|heist|tense|122|2
Ronin|1998|Action, Thriller|John Frankenheimer|Robert De Niro, Jean Reno|USA|English|heist, spies|tense|122|2
Alien|1979|Horror, Sci-Fi|Ridley Scott|Sigourney Weaver, Tom Skerritt|UK|English|space, survival|tense|117|2
Aliens|1986|Action, Sci-Fi|James Cameron|Sigourney Weaver|USA|English|space, survival|tense|137|3
Blade Runner|1982|Sci-Fi, Thriller|Ridley Scott|Harrison Ford, Rutger Hauer|USA|English|identity|dark|117|2
Seven Samurai|1954|Action, Drama|Akira Kurosawa|Toshiro Mifune|Japan|Japanese|honour|epic|207|2
Rashomon|1950|Crime, Drama|Akira Kurosawa|Toshiro Mifune, Machiko Kyo|Japan|Japanese|truth|reflective|88|1
Ikiru|1952|Drama|Akira Kurosawa|Takashi Shimura|Japan|Japanese|old age|moving|143|0
Amelie|2001|Comedy, Romance|Jean-Pierre Jeunet|Audrey Tautou|France|French|kindness|feel-good|122|0
Delicatessen|1991|Comedy, Crime|Jean-Pierre Jeunet|Dominique Pinon|France|French|hunger|surreal|99|2
Playtime|1967|Comedy|Jacques Tati|Jacques Tati|France|French|city life|playful|124|0
La Haine|1995|Crime, Drama|Mathieu Kassovitz|Vincent Cassel|France|French|city life, police|dark|98|2
The Godfather|1972|Crime, Drama|Francis Ford Coppola|Marlon Brando|USA|English|gangsters|epic|175|2
Goodfellas|1990|Crime, Drama|Martin Scorsese|Robert De Niro, Ray Liotta|USA|English|gangsters|gritty|146|3
Casino|1995|Crime, Drama|Martin Scorsese|Robert De Niro, Sharon Stone|USA|English|gangsters|gritty|178|3
Airplane!|1980|Comedy|Jim Abrahams|Leslie Nielsen, Robert Hays|USA|English|flying|silly|88|0
The Naked Gun|1988|Comedy, Crime|David Zucker|Leslie Nielsen, Priscilla Presley|USA|English|police|silly|85|1
Some Like It Hot|1959|Comedy, Romance|Billy Wilder|Marilyn Monroe|USA|English|disguise|playful|121|1
The Apartment|1960|Comedy, Drama|Billy Wilder|Jack Lemmon|USA|English|loneliness|bittersweet|125|0
Casablanca|1942|Drama, Romance|Michael Curtiz|Humphrey Bogart|USA|English|war, lost love|bittersweet|102|1
Titanic|1997|Drama, Romance|James Cameron|Leonardo DiCaprio|USA|English|ships, lost love|epic|194|1
Titanic|1953|Drama|Jean Negulesco|Barbara Stanwyck, Clifton Webb|USA|English|ships|moving|98|0
It|2017|Horror|Andy Muschietti|Bill Skarsgard, Jaeden Martell|USA|English|childhood|chilling|135|3
The Shining|1980|Horror|Stanley Kubrick|Jack Nicholson, Shelley Duvall|USA|English|madness|chilling|146|2
Halloween|1978|Horror, Thriller|John Carpenter|Jamie Lee Curtis|USA|English|killers|chilling|91|2
Psycho|1960|Horror, Thriller|Alfred Hitchcock|Anthony Perkins, Janet Leigh|USA|English|killers|tense|109|2
The Birds|1963|Horror, Thriller|Alfred Hitchcock|Tippi Hedren, Rod Taylor|USA|English|animals|chilling|119|2
Vertigo|1958|Mystery, Thriller|Alfred Hitchcock|James Stewart, Kim Novak|USA|English|obsession|dreamlike|128|1
Singin' in the Rain|1952|Comedy, Musical|Stanley Donen|Gene Kelly|USA|English|fame|joyful|103|0
West Side Story|1961|Drama, Musical|Robert Wise|Natalie Wood, Rita Moreno|USA|English|rivalry|romantic|153|1
Toy Story|1995|Animation, Family|John Lasseter|Tom Hanks, Tim Allen|USA|English|friendship|playful|81|0
Spirited Away|2001|Animation, Fantasy|Hayao Miyazaki|Rumi Hiiragi|Japan|Japanese|childhood|dreamlike|125|0
Paddington 2|2017|Comedy, Family|Paul King|Ben Whishaw, Hugh Grant|UK|English|kindness|feel-good|103|0
Parasite|2019|Drama, Thriller|Bong Joon-ho|Song Kang-ho|South Korea|Korean|class divide|dark|132|3
Oldboy|2003|Drama, Thriller|Park Chan-wook|Choi Min-sik|South Korea|Korean|revenge|dark|120|3
Unforgiven|1992|Drama, Western|Clint Eastwood|Clint Eastwood, Gene Hackman|USA|English|revenge|gritty|130|2
Dunkirk|2017|Drama, War|Christopher Nolan|Fionn Whitehead, Tom Hardy|UK|English|survival|tense|106|2
Inception|2010|Action, Sci-Fi|Christopher Nolan|Leonardo DiCaprio|USA|English|dreams|mind-bending|148|2
Hoop Dreams|1994|Documentary, Sport|Steve James|William Gates, Arthur Agee|USA|English|basketball|moving|170|0
The Piano|1993|Drama, Romance|Jane Campion|Holly Hunter|New Zealand|English|music making|lyrical|121|1
"""
_PRODUCTS = """
Halvorn Ridge 2 Tent|Outdoor|tent|Halvorn|green|nylon|waterproof, lightweight|189
Halvorn Ridge 4 Tent|Outdoor|tent|Halvorn|blue|nylon|waterproof|289
Ostrel Dome Tent|Outdoor|tent|Ostrel|orange|polyester|compact|89
Ostrel Trail Backpack|Bags|backpack|Ostrel|blue, black|nylon|lightweight|79
Zelkin City Backpack|Bags|backpack|Zelkin|grey|polyester|laptop sleeve|49
Zelkin Studio Headphones|Audio|headphones|Zelkin|black|plastic|wireless, noise cancelling|149
Zelkin Move Earbuds|Audio|earbuds|Zelkin|white|plastic|wireless|59
Pellow Copper Kettle|Kitchen|kettle|Pellow|copper|steel|quiet|65
Pellow Everyday Pan|Kitchen|frying pan|Pellow|black|cast iron|oven safe|39
Ostrel Night Sleeping Bag|Outdoor|sleeping bag|Ostrel|navy|polyester|insulated|119
"""


def _film(line: str) -> Item:
    title, year, genre, director, cast, country, language, theme, mood, runtime, violence = line.split("|")
    facet_names = ("genre", "director", "cast", "country", "language", "theme", "mood")
    names = dict(zip(facet_names, (genre, director, cast, country, language, theme, mood), strict=True))
    return Item(
        id=f"film:{title.lower().replace(' ', '-')}-{year}",
        title=title,
        kind="film",
        year=int(year),
        description=f"A story of {theme.split(', ')[0]}.",
        attributes={facet: tuple(values.split(", ")) for facet, values in names.items()},
        numbers={"runtime": float(runtime), "violence": float(violence)},
        popularity=50.0 if (title, year) == ("Titanic", "1997") else 5.0,
    )


def _product(line: str) -> Item:
    title, category, kind, brand, colour, material, feature, price = line.split("|")
    facet_names = ("category", "kind", "brand", "colour", "material", "feature")
    names = dict(zip(facet_names, (category, kind, brand, colour, material, feature), strict=True))
    return Item(
        id=f"product:{title.lower().replace(' ', '-')}",
        title=title,
        kind="product",
        description=f"A {kind} for everyday use.",
        attributes={facet: tuple(values.split(", ")) for facet, values in names.items()},
        numbers={"price": float(price)},
    )


FILMS = [_film(line) for line in _FILMS.strip().splitlines()]
PRODUCTS = [_product(line) for line in _PRODUCTS.strip().splitlines()]


def knowledge_of(items: Sequence[Item], domain: str) -> Knowledge:
    """Return the vocabulary of a catalogue, as a workspace would give it."""
    entities, _ = catalogue_graph(items, "test")
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in items:
        for facet, values in facets(item).items():
            counts[facet].update(values)
        for name in item.numbers:
            counts.setdefault(name, Counter())
    films = domain == "films"
    return Knowledge(
        domain=domain,
        name="Test films" if films else "Test shop",
        noun="film" if films else "product",
        linker=EntityLinker(entities),
        facet_values={facet: dict(values) for facet, values in counts.items() if films or facet != "runtime"},
        has_help=not films,
        item_count=len(items),
    )


def item_of(label: str) -> Item:
    """Return the item of this label; raises `StopIteration` when the tests have none."""
    return next(item for item in (*FILMS, *PRODUCTS) if label in (item.label, item.title))


def listed(labels: Sequence[str]) -> list[ItemCard]:
    """Return numbered cards with two reasons each."""
    cards = []
    for number, label in enumerate(labels, 1):
        item = item_of(label)
        facet = "director" if item.kind == "film" else "brand"
        value = item.attributes[facet][0]
        reasons = [Reason(kind="attribute", text=f"has the {facet} {value}", names=[value])]
        reasons.append(Reason(kind="popularity", text="is well known here"))
        shares = {"graph": 0.6, "behaviour": 0.3, "popularity": 0.1}
        update = {"reasons": reasons, "score": 1.0, "shares": shares, "simulated": True}
        cards.append(item_card(item, number).model_copy(update=update))
    return cards


def _place(item: Item, named: Sequence[object]) -> int:
    return min(k for k, name in enumerate(named) if name in (item.label, item.title))


def answer_to(call: Mapping[str, object], labels: Sequence[str] = ()) -> ToolPayload:
    """Return what a tool might return for a call: these items for lists, the named item elsewhere."""
    name, args = str(call["name"]), call["args"]
    assert isinstance(args, dict)
    if name in ("recommend", "similar_items", "search_catalogue"):
        return ToolPayload(tool=name, items=listed(labels))
    named = [args[key] for key in ("title",) if key in args] + list(args.get("titles", ()))
    items = [i for i in (*FILMS, *PRODUCTS) if i.label in named or i.title in named]
    items = sorted({item.title: item for item in items}.values(), key=lambda i: _place(i, named))
    cards = [item_card(item, whole=True) for item in items]
    if name == "explain":
        cards = [card.model_copy(update={"number": 0}) for card in listed([item.label for item in items])]
    if name == "give_feedback":
        verbs = {
            "like": "you like",
            "dislike": "you dislike",
            "seen": "you have seen",
            "skip": "you do not want",
        }
        facts = [Fact(text=f"Noted: {verbs[args['verdict']]} {i.label}.", names=[i.label]) for i in items]
        return ToolPayload(tool=name, items=cards, facts=facts)
    if name == "remember_taste":
        text = f"Remembered: you {args['polarity']} {args['subject']}."
        return ToolPayload(tool=name, facts=[Fact(text=text, names=[str(args["subject"])])])
    if name == "show_profile":
        return ToolPayload(tool=name, facts=[Fact(text="You like Heat (1995).", names=["Heat"])])
    if name in ("forget", "answer_help"):
        return ToolPayload(tool=name, facts=[Fact(text="Done.")])
    return ToolPayload(tool=name, items=cards, notes=[] if cards else ["That is not in this catalogue."])


def turn(
    said: str, tool: str, args: dict[str, object], labels: Sequence[str], reply: str = "Here."
) -> list[BaseMessage]:
    """Return the messages of a finished turn with one tool call."""
    call = {"name": tool, "args": args, "id": f"c{abs(hash(said)) % 10**8}", "type": "tool_call"}
    payload = answer_to(call, labels)
    return [
        HumanMessage(said),
        AIMessage("", tool_calls=[call]),
        ToolMessage(payload.model_dump_json(exclude_defaults=True), tool_call_id=str(call["id"]), name=tool),
        AIMessage(reply),
    ]


SYSTEM = SystemMessage("You recommend from a catalogue.")
HEAT_LIST = ("Ronin (1998)", "Collateral (2004)", "Thief (1981)")
CONTEXTS: dict[str, list[BaseMessage]] = {
    "": [],
    "list": turn("something like Heat", "similar_items", {"title": "Heat"}, HEAT_LIST),
    "told": turn(
        "something like Heat",
        "similar_items",
        {"title": "Heat"},
        ("Ronin (1998)", "Thief (1981)"),
        "Ronin (1998) is good, and have you seen Thief (1981)?",
    ),
    "horror": turn(
        "a horror film",
        "recommend",
        {"include": ["Horror"]},
        ("Alien (1979)", "The Shining (1980)", "It (2017)"),
    ),
    "one": turn(
        "a film by Tati",
        "search_catalogue",
        {"query": "Jacques Tati", "include": ["Jacques Tati"]},
        ("Playtime (1967)",),
    ),
    "asked": [
        HumanMessage("recommend something"),
        AIMessage("What are you in the mood for: something funny, tense, romantic or strange?"),
    ],
    "greeted": [HumanMessage("hi"), AIMessage("Hello. Glad to help.")],
    "facts": [
        *turn("something like Heat", "similar_items", {"title": "Heat"}, HEAT_LIST),
        *turn("who directed the first?", "item_facts", {"title": "Ronin (1998)", "facets": ["director"]}, ()),
    ],
    "liked": [
        *turn("something like Heat", "similar_items", {"title": "Heat"}, HEAT_LIST),
        *turn("I loved the first", "give_feedback", {"title": "Ronin (1998)", "verdict": "like"}, ()),
    ],
    "taste": turn("I like horror", "remember_taste", {"subject": "Horror", "polarity": "like"}, ()),
    "tents": turn(
        "do you have tents",
        "search_catalogue",
        {"query": "tent", "include": ["tent"]},
        ("Halvorn Ridge 2 Tent", "Halvorn Ridge 4 Tent", "Ostrel Dome Tent"),
    ),
    "pack": turn(
        "a blue backpack", "recommend", {"include": ["backpack", "blue"]}, ("Ostrel Trail Backpack",)
    ),
}
