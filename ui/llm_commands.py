"""`tastegraph llm`: a local vLLM server for the chat."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ui.llm_train_command import train

if TYPE_CHECKING:
    from agent.serving.plan import ServePlan
    from agent.settings import Settings

app = typer.Typer(
    help="Serve an instruction-tuned model with vLLM, or tune the small one.", no_args_is_help=True
)
app.command()(train)


@app.command()
def serve(
    model: Annotated[
        str | None,
        typer.Argument(help="Folder or hub name; without one, the small model that comes with Tastegraph."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    served_name: Annotated[str | None, typer.Option(help="The name that clients ask for.")] = None,
    max_model_len: Annotated[
        int | None, typer.Option(min=1024, help="Tokens of context. Default: 8192 on a card, 4096 without.")
    ] = None,
    parser: Annotated[
        str | None, typer.Option(help="vLLM's tool-call parser. Default: that of the model's family.")
    ] = None,
    chat_template: Annotated[
        Path | None, typer.Option(help="A chat template that renders tools. Default: the model's own.")
    ] = None,
    adapter: Annotated[
        Path | None,
        typer.Option(help="An adapter of `llm train` to merge. Default: the one that comes along."),
    ] = None,
    base: Annotated[
        bool, typer.Option("--base", help="The small model as it came, without an adapter.")
    ] = False,
    print_only: Annotated[
        bool, typer.Option("--print", help="Print the command and what it was chosen by, and start nothing.")
    ] = False,
) -> None:
    """Start vLLM's OpenAI server on the loopback with the flags that the model and this machine want.

    Examples: tastegraph llm serve

    tastegraph llm serve Qwen/Qwen3-8B --print
    """
    from agent.serving.hardware import find_hardware
    from agent.serving.plan import make_plan, read_model
    from agent.serving.weights import ADAPTER, ServingError, prepare_weights

    console = Console()
    if ((base or adapter) and model) or (base and adapter):
        raise ServingError("Give one of these: a model, --adapter or --base.")
    merged = None if base else adapter or ADAPTER
    folder = str(prepare_weights(progress=console.print, adapter=merged)) if model is None else model
    plan = make_plan(read_model(folder), find_hardware(), served_name, max_model_len, parser)
    if chat_template is not None:
        if not chat_template.is_file():
            raise ServingError(f"There is no file {chat_template}.")
        plan = plan.model_copy(update={"flags": (*plan.flags, "--chat-template", str(chat_template))})
    for note in plan.notes:
        console.print(note, markup=False)
    if print_only:
        _show(plan, port, console)
    else:
        _run(plan, port, console)


@app.command()
def prepare() -> None:
    """Convert the small instruction model once, so that a server starts sooner.

    Example: tastegraph llm prepare
    """
    from agent.serving.weights import prepare_weights

    console = Console()
    console.print(str(prepare_weights(progress=console.print)))


def _show(plan: ServePlan, port: int, console: Console) -> None:
    from agent.serving.server import server_settings, vllm_python
    from agent.serving.weights import ServingError

    try:
        python = str(vllm_python())
    except ServingError as error:
        console.print(str(error), style="yellow", markup=False)
        python = "python"
    command = [python, "-m", "vllm.entrypoints.openai.api_server", *plan.arguments(port)]
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in server_settings(plan).items())
    console.print(f"{settings} {shlex.join(command)}", markup=False, soft_wrap=True)
    console.print(_export(plan, port), markup=False, soft_wrap=True)


def _run(plan: ServePlan, port: int, console: Console) -> None:
    from agent.serving.server import VllmServer
    from kg.server.jars import cache_folder
    from ui.chat_model_check import words

    server = VllmServer(plan, cache_folder() / "vllm.log", port)
    try:
        server.start(timeout=600, progress=console.print)
        for line in words(_settings(plan, server.base_url)):
            console.print(line, markup=False)
        console.print(f"In another terminal:\n  {_export(plan, port)}\n  make serve", markup=False)
        server.wait()
    finally:
        server.stop()


def _settings(plan: ServePlan, base_url: str) -> Settings:
    from agent.settings import Settings

    return Settings(
        chat_model="vllm",
        llm_base_url=base_url,
        llm_model=plan.served_name,
        llm_context=plan.max_model_len,
        llm_tool_choice=plan.tool_choice,
    )


def _export(plan: ServePlan, port: int) -> str:
    return "export " + " ".join(f"{name}={value}" for name, value in plan.client(port).items())
