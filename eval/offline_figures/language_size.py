"""How small and how fast can a trained tower be made, and what does it lose?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from eval.figures import Table
from eval.offline_figures.language_data import LanguageData
from recsys.language.compress import (
    StudentConfig,
    Variant,
    distil,
    in_int8,
    measured,
    smallest,
    with_int8_vectors,
)
from recsys.language.int8 import Int8
from recsys.language.loop import Tell
from recsys.language.scorer import LanguageTower
from recsys.language.sentences import make_wishes
from recsys.language.training import set_aside

STUDENT = StudentConfig(steps=120, batch=48, evaluate_every=30)
MOST_LOST = 0.01
Numbers = dict[str, float]


def size_numbers(
    tower: LanguageTower,
    known: LanguageData,
    how: StudentConfig,
    folder: Path,
    tell: Tell,
    say: Callable[[str], None],
) -> dict[str, Numbers]:
    """Return `megabytes`, `texts_per_second`, `wish_ndcg`, `history_ndcg`, `quality` of each form, the whole first;
    `chosen` is 1 for the smallest that loses less than 1 %. A student's training goes on from `folder`."""
    config = tower.config
    aside = set_aside(known.data, known.items, config)[2]
    wishes = make_wishes(known.items, config.wishes, config.seed, share=config.validation)
    texts = [*dict.fromkeys([*known.data.texts, *(wish.text for wish in wishes)])]
    held = [*dict.fromkeys(wish.text for wish in aside.wishes)]
    small = with_int8_vectors(tower)
    timed = known.data.texts
    variants = [measured("float32, 6 layers", tower, aside, timed)]
    kinds: tuple[tuple[str, Int8], ...] = (
        ("int8 weights", "weights"),
        ("int8 weights and activations", "dynamic"),
    )
    for name, kind in kinds:
        say(name)
        variants.append(measured(f"{name} and vectors, 6 layers", in_int8(small, kind), aside, timed))
    say("A student of three layers")
    checkpoint = folder / "student.safetensors"
    student = distil(tower, texts, held, how, tell, checkpoint)
    variants.append(measured("student, float32, 3 layers", student, aside, timed))
    eight = in_int8(with_int8_vectors(student), "dynamic")
    variants.append(measured("student, int8 throughout, 3 layers", eight, aside, timed))
    chosen = smallest(variants, MOST_LOST)
    return {v.name: _numbers(v) | {"chosen": float(v is chosen)} for v in variants}


def size_table(numbers: dict[str, Numbers]) -> Table:
    """Put the forms side by side; the default is marked."""
    whole = next(iter(numbers.values()))["quality"]
    return Table(
        title="Size, speed and quality of one tower (frozen + MLP head, ml-1m)",
        columns=("form", "MB", "item texts/s", "history N@20", "wishes N@20", "quality kept", "default"),
        rows=tuple(
            (
                name,
                f"{n['megabytes']:.1f}",
                f"{n['texts_per_second']:.0f}",
                f"{n['history_ndcg']:.4f}",
                f"{n['wish_ndcg']:.4f}",
                f"{n['quality'] / whole:.1%}",
                "yes" if n["chosen"] else "",
            )
            for name, n in numbers.items()
        ),
        note="MB: weights of the language model in memory and the item vectors. Texts a second on one thread. Quality: "
        "mean of the two NDCG@20 on what training set aside. A student reads words only, items keep the tower's "
        f"vectors; it learned for {STUDENT.steps} steps. Default: the smallest that loses less than {MOST_LOST:.0%}.",
    )


def _numbers(variant: Variant) -> Numbers:
    return {
        "megabytes": variant.megabytes,
        "texts_per_second": variant.texts_per_second,
        "history_ndcg": variant.figures["history_ndcg@20"],
        "wish_ndcg": variant.figures["wish_ndcg@20"],
        "quality": variant.quality,
    }
