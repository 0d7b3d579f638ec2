"""`tastegraph llm`: a local vLLM server for the chat."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.console import JsonOption, Output, WrongUsage
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
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where it listens, on 127.0.0.1.")] = 8000,
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
    as_json: Annotated[bool, typer.Option("--json", help="With --print: the plan as JSON.")] = False,
) -> None:
    """Start vLLM's OpenAI server on the loopback with the flags that the model and this machine want.

    Examples: tastegraph llm serve

    tastegraph llm serve Qwen/Qwen3-8B --print
    """
    from agent.serving.hardware import find_hardware
    from agent.serving.plan import make_plan, read_model
    from agent.serving.weights import ADAPTER, ServingError, prepare_weights

    if as_json and not print_only:
        raise WrongUsage("--json goes with --print: a server that runs prints no result.")
    out = Output(as_json)
    if ((base or adapter) and model) or (base and adapter):
        raise WrongUsage("Give one of these: a model, --adapter or --base.")
    merged = None if base else adapter or ADAPTER
    folder = str(prepare_weights(progress=out.say, adapter=merged)) if model is None else model
    plan = make_plan(read_model(folder), find_hardware(), served_name, max_model_len, parser)
    if chat_template is not None:
        if not chat_template.is_file():
            raise ServingError(f"There is no file {chat_template}.")
        plan = plan.model_copy(update={"flags": (*plan.flags, "--chat-template", str(chat_template))})
    for note in plan.notes:
        out.say(note)
    if print_only:
        _show(plan, port, out)
    else:
        _run(plan, port, out)


@app.command()
def prepare(as_json: JsonOption = False) -> None:
    """Convert the small instruction model once, so that a server starts sooner.

    Example: tastegraph llm prepare
    """
    from agent.serving.weights import prepare_weights

    out = Output(as_json)
    folder = prepare_weights(progress=out.say)
    if not out.document({"folder": folder}):
        out.say(str(folder))


def _show(plan: ServePlan, port: int, out: Output) -> None:
    from agent.serving.server import server_settings, vllm_python
    from agent.serving.weights import ServingError

    try:
        python = str(vllm_python())
    except ServingError as error:
        out.say(str(error))
        python = "python"
    command = [python, "-m", "vllm.entrypoints.openai.api_server", *plan.arguments(port)]
    settings = server_settings(plan)
    told = {"plan": plan, "settings": settings, "command": command, "client": plan.client(port)}
    if out.document(told):
        return
    quoted = " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items())
    out.say(f"{quoted} {shlex.join(command)}")
    out.say(_export(plan, port))


def _run(plan: ServePlan, port: int, out: Output) -> None:
    from agent.serving.server import VllmServer
    from kg.server.jars import cache_folder
    from ui.chat_model_check import words

    server = VllmServer(plan, cache_folder() / "vllm.log", port)
    try:
        server.start(timeout=600, progress=out.say)
        for line in words(_settings(plan, server.base_url)):
            out.say(line)
        out.say(f"In another terminal:\n  {_export(plan, port)}\n  make serve")
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
