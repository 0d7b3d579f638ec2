"""`/v1/docs`: the API's own description as a page that loads nothing, not even a script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ui.text import escape

router = APIRouter(include_in_schema=False)
STYLE = Path(__file__).parent / "docs.css"
Tree = Mapping[str, Any]


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Show every route with what it takes, an example, and what it gives."""
    return HTMLResponse(page(request.app.openapi()))


@router.get("/docs.css")
def style() -> Response:
    """Return the page's style sheet."""
    return Response(STYLE.read_text(encoding="utf-8"), media_type="text/css")


def page(description: Tree) -> str:
    """Return the page of an OpenAPI description, as HTML."""
    schemas: Tree = description["components"]["schemas"]
    operations = [
        (method, path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    listed = "".join(
        f'<li><a href="#{_anchor(method, path)}"><code>{method.upper()} /v1{escape(path)}</code></a> '
        f"{escape(operation['summary'])}</li>"
        for method, path, operation in operations
    )
    sections = "".join(_section(method, path, operation, schemas) for method, path, operation in operations)
    shapes = "".join(_shape(name, schema) for name, schema in sorted(schemas.items()))
    about = "".join(f"<p>{_code(part)}</p>" for part in description["info"]["description"].split("\n\n"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<title>Tastegraph API</title><link rel="stylesheet" href="docs.css"></head><body><main>'
        f"<h1>Tastegraph API <small>{escape(description['info']['version'])}</small></h1>{about}"
        '<p>As data: <a href="openapi.json"><code>/v1/openapi.json</code></a></p>'
        f'<nav aria-label="Routes"><ul>{listed}</ul></nav>{sections}<h2>Shapes</h2>{shapes}</main></body></html>'
    )


def _section(method: str, path: str, operation: Tree, schemas: Tree) -> str:
    parts = [
        f'<section id="{_anchor(method, path)}"><h2><code>{method.upper()} /v1{escape(path)}</code></h2>',
        f"<p><strong>{escape(operation['summary'])}.</strong> {_code(operation.get('description', ''))}</p>",
    ]
    if operation.get("parameters"):
        rows = "".join(
            _row(
                one["name"],
                one["schema"],
                one.get("description", one["schema"].get("description", "")),
                one["in"],
            )
            for one in operation["parameters"]
        )
        parts.append(_table("Parameters", rows))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        parts.append(f"<p>Body: {_type(body)}</p>")
        example = next(iter(schemas.get(_name(body), {}).get("examples", [])), None)
        if example is not None:
            parts.append(f'<pre tabindex="0"><code>{escape(_curl(method, path, example))}</code></pre>')
    elif "{" not in path:
        parts.append(f'<pre tabindex="0"><code>{escape(_curl(method, path, None))}</code></pre>')
    rows = "".join(_answer(status, answer) for status, answer in operation["responses"].items())
    parts.append(f"<details><summary>Answers</summary><table>{rows}</table></details></section>")
    return "".join(parts)


def _curl(method: str, path: str, example: Any) -> str:  # noqa: ANN401 - any JSON
    lines = [f"curl -s http://127.0.0.1:7860/v1{path}"]
    if method not in ("get", "post") or (method == "post" and example is None):
        lines.append(f"-X {method.upper()}")
    lines.append("-H 'Authorization: Bearer tg_…'")
    if example is not None:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(example, ensure_ascii=False)}'"]
    return " \\\n  ".join(lines)


def _answer(status: str, answer: Tree) -> str:
    kinds = ", ".join(
        f"{escape(kind)} {_type(content.get('schema', {}))}"
        for kind, content in answer.get("content", {}).items()
    )
    return f'<tr><th scope="row">{status}</th><td>{_code(answer["description"])}</td><td>{kinds}</td></tr>'


def _shape(name: str, schema: Tree) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        _row(field, of, of.get("description", ""), "needed" if field in required else "")
        for field, of in schema.get("properties", {}).items()
    )
    about = f"<p>{_code(schema.get('description', ''))}</p>{_table('', rows)}"
    return f'<section id="shape-{escape(name)}"><h3>{escape(name)}</h3>{about}</section>'


def _table(caption: str, rows: str) -> str:
    head = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{head}{rows}</table>" if rows else ""


def _row(name: str, schema: Tree, about: str, where: str) -> str:
    return (
        f'<tr><th scope="row"><code>{escape(name)}</code></th><td>{_type(schema)}</td>'
        f"<td>{escape(where)}</td><td>{_code(about)}</td></tr>"
    )


def _type(schema: Tree) -> str:
    """Return a schema in a few words, with links to the shapes that it names."""
    return " or ".join(dict.fromkeys(_types(schema)))


def _types(schema: Tree) -> Iterator[str]:
    if name := _name(schema):
        yield f'<a href="#shape-{escape(name)}">{escape(name)}</a>'
    elif "anyOf" in schema or "oneOf" in schema:
        for one in schema.get("anyOf", schema.get("oneOf", ())):
            yield from _types(one)
    elif "enum" in schema:
        yield from (f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    elif "const" in schema:
        yield f"<code>{escape(str(schema['const']))}</code>"
    elif schema.get("type") == "array":
        yield f"list of {_type(schema.get('items', {}))}"
    else:
        yield escape(str(schema.get("type", "anything")))


def _name(schema: Tree) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _anchor(method: str, path: str) -> str:
    return f"{method}{path}".replace("/", "-").replace("{", "").replace("}", "").replace(":", "-")


def _code(text: str) -> str:
    """Return text in which words between backticks are code."""
    parts = [escape(part) for part in text.split("`")]
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
