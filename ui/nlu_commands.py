"""`tastegraph nlu`: train the reader of messages, and see what it reads."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ui.console import JsonOption, Output

nlu_app = typer.Typer(no_args_is_help=True, help="The reader of messages: intents, polarity, scope.")


@nlu_app.command()
def train(
    data: Annotated[Path, typer.Option(help="Folder of the public data sets (crs/, help-desk/).")],
    out: Annotated[Path, typer.Option(help="Folder for nlu.safetensors and nlu.json.")] = Path("nlu"),
    epochs: Annotated[int | None, typer.Option(min=1, help="Rounds over the data; default 3.")] = None,
    seed: Annotated[int, typer.Option(help="Decides everything random.")] = 0,
    resume: Annotated[bool, typer.Option(help="Go on from the round that --out holds.")] = False,
    small: Annotated[
        int | None, typer.Option(min=8, help="Take only so many examples of each source, to try it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Train the reader on MiniLM: about ten minutes on one core.

    Example: tastegraph nlu train --data ../shared/data --out reader
    """
    from agent.nlu.train import NluConfig
    from agent.nlu.train import train as train_reader

    config = NluConfig(seed=seed) if epochs is None else NluConfig(seed=seed, epochs=epochs)
    output = Output(as_json)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=output.console()) as bar:
        task = bar.add_task("Reading", total=None)
        card = train_reader(
            data, out, config, lambda line: bar.update(task, description=line), resume=resume, small=small
        )
    if output.document({"folder": out, "valid": card.config["valid"]}):
        return
    for name, value in card.config["valid"].items():
        output.say(f"{name}: {value:.3f} on validation")
    output.say(f"The reader is in {out}.")


@nlu_app.command()
def read(
    message: Annotated[str, typer.Argument(help="What somebody wrote.")],
    before: Annotated[str, typer.Option(help="What was said just before it.")] = "",
    reader: Annotated[
        Path | None, typer.Option(help="Folder of a trained reader; default: the one that ships.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what the reader reads in a message.

    Example: tastegraph nlu read "I have seen it and hated it" --before "How about Up?"
    """
    from agent.nlu.reader import NluReader

    found = (NluReader() if reader is None else NluReader(folder=reader)).read(message, before)
    out = Output(as_json)
    if out.document(dataclasses.asdict(found) | {"told": found.told}):
        return
    out.say(f"intents: {', '.join(f'{name} {found.intents[name]:.2f}' for name in found.told)}")
    out.say(f"polarity: {_likeliest(found.polarity)}; mentions: {_likeliest(found.mention)}")
    out.say(f"about items, tastes or orders: {found.inside:.2f}")
    out.say(
        f"if it is a service request: {_likeliest(found.service)}; if it is neither: {_likeliest(found.topic)}"
    )


def _likeliest(chances: dict[str, float]) -> str:
    name = max(chances, key=lambda one: chances[one])
    return f"{name} {chances[name]:.2f}"
