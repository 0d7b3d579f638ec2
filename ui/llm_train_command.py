"""`tastegraph llm train`: tune the small instruction model to our tools."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ui import home
from ui.console import JsonOption, Output


def train(
    out: Annotated[
        Path, typer.Option(help="Folder of the run; a run that was cut off goes on from it.")
    ] = Path("runs/instruction-model"),
    redial: Annotated[
        Path | None,
        typer.Option(
            help="ReDial's training dialogues (CC BY 4.0), a JSONL file; without it, phrases alone."
        ),
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Stop after so long, to go on later; 0: to the end.")
    ] = 0.0,
    size: Annotated[float, typer.Option(min=0.02, help="Examples, as a multiple of the default.")] = 1.0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the examples.")] = 1,
    most_steps: Annotated[int, typer.Option(min=0, help="Steps at most; 0: as many as the passes have.")] = 0,
    rank: Annotated[int, typer.Option(min=1, help="Rank of the adapter; 16 gives 6.5 MB on disk.")] = 16,
    learning_rate: Annotated[float, typer.Option(min=1e-6, help="After the warm-up.")] = 1e-3,
    seed: Annotated[int, typer.Option(help="Of the examples, their order and the adapter's start.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Tune SmolLM2-135M-Instruct to choose our tools, fill their arguments and write from what they return.

    The adapter is written to OUT/adapter with its card. Two cores train some 60 to 150 tokens a second; a graphics card
    is used where there is one.

    Example: tastegraph llm train --redial ../shared/data/crs/redial/train_union_partial.jsonl --minutes 30
    """
    from agent.training.run import RunConfig, train_adapter
    from agent.training.tune import Progress as At
    from agent.training.tune import TuneConfig
    from recsys.errors import TastegraphError

    workspaces = {name: home.starter_path(name) for name in home.STARTERS}
    missing = [name for name, path in workspaces.items() if not path.is_dir()]
    if missing:
        raise TastegraphError(
            f"The starter workspace {missing[0]} is missing. Build it with `tastegraph starter --catalogue all`."
        )
    output = Output(as_json)
    plain = RunConfig()
    counts = {
        name: round(getattr(plain, name) * size)
        for name in ("films", "shop", "redial", "film_answers", "shop_answers")
    }
    config = plain.model_copy(
        update={
            **counts,
            "tune": TuneConfig(
                rank=rank,
                alpha=2 * rank,
                learning_rate=learning_rate,
                epochs=epochs,
                most_steps=most_steps,
                minutes=minutes,
                seed=seed,
            ),
        }
    )
    words = ["tastegraph", "llm", "train"]
    if redial is not None:
        words += ["--redial", str(redial)]
    for option, value, usual in (
        ("--size", size, 1.0),
        ("--epochs", epochs, 1),
        ("--most-steps", most_steps, 0),
        ("--rank", rank, 16),
        ("--learning-rate", learning_rate, 1e-3),
        ("--seed", seed, 0),
    ):
        if value != usual:
            words += [option, str(value)]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=output.console()) as bar:
        task = bar.add_task("Steps", total=None, told="")

        def show(at: At, steps: int) -> None:
            rate = at.tokens / max(at.seconds, 1e-9)
            told = f"{rate:,.0f} tokens/s" + (f", loss {at.losses[-1][1]:.3f}" if at.losses else "")
            bar.update(task, total=steps, completed=at.step, told=told)

        adapter = train_adapter(
            out, workspaces, redial, config, shlex.join(words), lambda line: bar.console.print(line), show
        )
    if output.document({"adapter": adapter, "finished": adapter is not None}):
        return
    if adapter is None:
        output.say("Not at its end yet. The same command goes on from here.")
    else:
        output.say(f"Adapter: {adapter}. Serve it with `tastegraph llm serve --adapter {adapter}`.")
