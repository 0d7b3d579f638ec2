"""Spanish."""

from agent.builtin.phrases.structure import Phrases

PHRASES = Phrases(
    code="es",
    partly="(algunas partes están en inglés, tal como figuran en el catálogo)",
    openings=("Aquí tienes mis sugerencias:", "Quizá te guste algo de esto:", "Puedes probar con esto:"),
    openings_known=(
        "Por lo que sé de ti, esto te puede gustar:",
        "Según lo que te gusta, aquí tienes mis sugerencias:",
    ),
    openings_found=("Esto es lo que hay en el catálogo:", "En el catálogo encontré esto:"),
    openings_more=("Aquí tienes otras opciones:", "Entonces quizá algo de esto:"),
    hints=("Dime qué debería ser distinto, o pregunta por qué.", "Pide algo más antiguo o más reciente.", ""),
    nothing_found="No hay nada así en el catálogo. Quita alguna condición o dime un título que te guste.",
    profile="Esto es lo que recuerdo de ti:",
    ask=("Dime qué buscas: algo divertido, tenso o tranquilo.", "Dime un título que te gustó hace poco."),
    greeting=("Hola.", "Hola, me alegro de verte."),
    thanks=("De nada. Pide más cuando quieras.", "De nada. Si buscas otra cosa, dímelo."),
    bye=("Hasta pronto.", "Que lo disfrutes, y hasta pronto."),
    shared="comparte {value} con {other}",
    linked="está relacionado con {other}",
    liked_by="gusta a quienes disfrutan de {other}",
    liked_by_simulated="gusta a personas simuladas que disfrutan de {other}",
    has="figura en el catálogo con: {values}",
    near="tiene una descripción parecida a {other}",
    near_wish="tiene una descripción parecida a lo que pides",
    popular="es de lo más popular del catálogo",
    popular_simulated="es de lo más popular del catálogo entre personas simuladas",
    why="Por qué **{label}**:",
    conjunction=" y ",
    conjunction_of_clauses=" y ",
    comma=", ",
    stop=".",
    joint=" ",
)
