"""How do the answers of the graph look in a terminal?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from kg.linking import LinkResult
    from kg.schema import Entity, GraphStats, Path
    from kg.update import ChangeSummary

_BAR = 28
_MOST = 15
"""Rows of a table of counts; the rest is one line."""
_REASONS = {
    "exact": "its name",
    "alias": "another of its names",
    "typo": "a name spelt nearly so",
    "acronym": "the first letters of its name",
    "description": "what is known of it",
}


def show(*parts: RenderableType) -> None:
    """Print tables and texts; names in them are never read as markup."""
    console = Console(highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text))


def stats_tables(stats: GraphStats) -> list[RenderableType]:
    """Return counts by kind, relation and source, each with bars."""
    parts: list[RenderableType] = [
        Text(f"{stats.total_entities:,} entities, {stats.total_triples:,} triples")
    ]
    for title, counts in (
        ("entities by kind", stats.entities),
        ("triples by relation", stats.triples),
        ("triples by source", stats.sources),
    ):
        if counts:
            parts.append(_bars(title, counts))
    return parts


def _bars(title: str, counts: Mapping[str, int]) -> Table:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    most = ordered[0][1] or 1
    table = Table(box=None, pad_edge=False)
    table.add_column(title, overflow="fold", min_width=20, max_width=32)
    table.add_column("", justify="right")
    table.add_column("", style="cyan", no_wrap=True)
    for name, count in ordered[:_MOST]:
        table.add_row(Text(name), f"{count:,}", "█" * max(1, round(_BAR * count / most)) if count else "")
    if len(ordered) > _MOST:
        rest = sum(count for _, count in ordered[_MOST:])
        table.add_row(Text(f"{len(ordered) - _MOST} more"), f"{rest:,}", "")
    return table


def link_table(result: LinkResult) -> Table:
    """Return the entity that a name was linked to, and the other readings."""
    table = Table(box=None, pad_edge=False)
    for column in ("", "entity", "kind", "id"):
        table.add_column(column, overflow="fold")
    if result.entity is not None:
        table.add_row("→", *_cells(result.entity))
    for entity in result.alternatives:
        table.add_row("or", *_cells(entity))
    return table


def link_reason(result: LinkResult) -> str:
    """Return by what an entity was recognised."""
    return f"Score {result.score:.2f}, recognised by {_REASONS.get(result.reason, 'its name')}."


def link_json(text: str, result: LinkResult) -> dict[str, Any]:
    """Return a link for `--json`."""
    return {
        "text": text,
        "entity": result.entity.model_dump() if result.entity else None,
        "score": result.score,
        "reason": result.reason,
        "ambiguous": result.ambiguous,
        "alternatives": [entity.model_dump() for entity in result.alternatives],
    }


def _cells(entity: Entity) -> Sequence[Text]:
    return Text(entity.name), Text(entity.kind), Text(entity.id)


def path_text(path: Path, sources: Sequence[Sequence[str]]) -> Text:
    """Return a path in words, with the sources of each of its steps beneath."""
    text = Text(f"{path.score:.2f}  ", style="bold")
    text.append(path.entities[0].name or path.entities[0].id, style="cyan not bold")
    for relation, entity in zip(path.relations, path.entities[1:], strict=True):
        text.append(f" ─{relation.replace('_', ' ')}─ ", style="dim not bold")
        text.append(entity.name or entity.id, style="cyan not bold")
    text.append(f"\n      {_who_says(path.relations, sources)}", style="dim not bold")
    return text


def _who_says(relations: Sequence[str], sources: Sequence[Sequence[str]]) -> str:
    """Return the sources of a path's steps; once where they are the same."""
    told = [", ".join(names) or "no source" for names in sources]
    if len(set(told)) == 1:
        return f"from {told[0]}"
    return "; ".join(
        f"{relation.replace('_', ' ')}: {names}" for relation, names in zip(relations, told, strict=True)
    )


def path_json(path: Path, sources: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return a path for `--json`."""
    return path.model_dump() | {"sources": [list(names) for names in sources]}


def change_tables(summary: ChangeSummary, title: str) -> list[RenderableType]:
    """Return what an update does: triples by relation, entities, and some of each."""
    kinds = ("added", "changed", "unchanged", "expired")
    counts: dict[str, Mapping[str, int]] = {kind: getattr(summary, kind) for kind in kinds}
    table = Table(box=None, pad_edge=False)
    table.add_column("triples by relation", overflow="fold")
    for kind in kinds:
        table.add_column(kind, justify="right")
    for relation in sorted({name for found in counts.values() for name in found}):
        table.add_row(Text(relation), *(_number(counts[kind].get(relation, 0)) for kind in kinds))
    table.add_row(Text("all", style="bold"), *(f"{sum(counts[kind].values()):,}" for kind in kinds))
    entities = Text(
        f"Entities: {summary.added_entities:,} added, {summary.changed_entities:,} changed, "
        f"{summary.removed_entities:,} removed."
    )
    parts: list[RenderableType] = [Text(f"{title}:"), table, entities]
    parts += [
        Text("\n".join([f"{kind}, for example:", *(f"  {one}" for one in some)]))
        for kind, some in summary.examples.items()
        if some
    ]
    if summary.says_nothing_new:
        parts.append(Text("It says nothing new; only the day on which it was last seen changes."))
    return parts


def _number(count: int) -> str:
    return f"{count:,}" if count else ""
