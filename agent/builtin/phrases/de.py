"""German."""

from agent.builtin.phrases.structure import Phrases

PHRASES = Phrases(
    code="de",
    partly="(einiges ist hier noch nicht übersetzt, so wie es im Katalog steht)",
    openings=(
        "Hier sind meine Vorschläge:",
        "Vielleicht passt etwas davon:",
        "Das hier könnte dir gefallen:",
    ),
    openings_known=(
        "Nach dem, was ich von dir weiß, passt das hier zu dir:",
        "Weil ich weiß, was du magst, hier meine Vorschläge:",
    ),
    openings_found=("Das ist dazu im Katalog:", "Hier ist, was im Katalog dazu passt:"),
    openings_more=("Hier sind noch andere:", "Dann vielleicht etwas davon:"),
    hints=(
        "Sag gern, was anders sein soll, oder frag, warum.",
        "Sag gern, wenn es älter oder neuer sein soll.",
        "",
    ),
    nothing_found="Das gibt es im Katalog leider nicht. Nenne doch einen Titel, den du magst.",
    profile="Das weiß ich von dir:",
    ask=(
        "Was suchst du: lustig, spannend oder eher ruhig?",
        "Nenne doch einen Titel, den du zuletzt mochtest.",
    ),
    greeting=("Hallo.", "Hallo, schön, dass du da bist."),
    thanks=("Gern geschehen. Frag gern nach mehr.", "Gern. Sag einfach, wenn du noch etwas suchst."),
    bye=("Bis bald.", "Bis bald, und gern wieder."),
    shared="hat {value} mit {other} gemeinsam",
    linked="ist mit {other} verbunden",
    liked_by="gefällt Menschen, die {other} mögen",
    liked_by_simulated="gefällt simulierten Zuschauern, die {other} mögen",
    has="ist im Katalog verzeichnet mit: {values}",
    near="wird ähnlich beschrieben wie {other}",
    near_wish="wird ähnlich beschrieben wie das, was du suchst",
    popular="gehört zu den beliebtesten im Katalog",
    popular_simulated="gehört bei simulierten Zuschauern zu den beliebtesten im Katalog",
    why="Warum **{label}**:",
    conjunction=" und ",
    conjunction_of_clauses=" und ",
    comma=", ",
    stop=".",
    joint=" ",
)
