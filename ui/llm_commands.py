"""`tastegraph llm`: a local vLLM server for the chat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(help="Serve an instruction-tuned model with vLLM.", no_args_is_help=True)


@app.command()
def serve(
    model: Annotated[
        str | None,
        typer.Argument(help="Folder or hub name; without one, the small model that comes with Tastegraph."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    served_name: Annotated[str | None, typer.Option(help="The name that clients ask for.")] = None,
    max_model_len: Annotated[int, typer.Option(min=1024, help="Tokens of context.")] = 4096,
    parser: Annotated[str, typer.Option(help="vLLM's tool-call parser for this model.")] = "hermes",
) -> None:
    """Start vLLM's OpenAI server on the loopback with tool calls on.

    Example: tastegraph llm serve --port 8000
    """
    from agent.serving.server import VllmServer
    from agent.serving.weights import SERVED_NAME, prepare_weights
    from kg.server.jars import cache_folder

    console = Console()
    folder = str(prepare_weights(progress=console.print)) if model is None else model
    name = served_name or (SERVED_NAME if model is None else Path(model).name)
    server = VllmServer(folder, cache_folder() / "vllm.log", port, name, max_model_len, parser)
    try:
        server.start(timeout=600, progress=console.print)
        # A small model forgets the tools unless the first answer is held to be a call.
        small = " TASTEGRAPH_LLM_TOOL_CHOICE=required" if model is None else ""
        console.print(
            "In another terminal:\n  export TASTEGRAPH_CHAT_MODEL=vllm "
            f"TASTEGRAPH_LLM_BASE_URL={server.base_url}{small}\n  make serve"
        )
        server.wait()
    finally:
        server.stop()


@app.command()
def prepare() -> None:
    """Convert the small instruction model once, so that a server starts sooner.

    Example: tastegraph llm prepare
    """
    from agent.serving.weights import prepare_weights

    console = Console()
    console.print(str(prepare_weights(progress=console.print)))
