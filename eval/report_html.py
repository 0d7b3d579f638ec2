"""A report as one HTML page that can be opened anywhere: no script, no request to anybody, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eval import html_parts
from eval.figures import Figure, Section, reached, shown_number
from eval.report import Report
from kg.drawing.text import escape
from kg.files import write_text


def write_html(report: Report, folder: Path, name: str) -> Path:
    """Write `NAME.html` into `folder` in one step, with the pictures that lie beside it; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.html"
    write_text(file, html(report, folder))
    return file


def html(report: Report, folder: Path | None = None) -> str:
    """Return the page of a report; `folder` is where the pictures of its sections lie."""
    sections = "".join(_sections(report, folder))
    body = f"{_contents(report)}<main>{_head(report)}{_asked(report)}{sections}{_ran(report)}</main>"
    return html_parts.page(report.title, body)


def _anchor(name: str) -> str:
    return f"s-{escape(name)}"


def _sections(report: Report, folder: Path | None) -> Iterator[str]:
    suite = ""
    for name, section in report.sections.items():
        own, is_merged, _ = name.partition(".")
        if is_merged and own != suite:
            suite = own
            yield f'<h2 class="suite">{escape(suite)}</h2>'
        yield _section(name, section, folder, report.seconds.get(name))


def _section(name: str, section: Section, folder: Path | None, seconds: float | None) -> str:
    pictures = (
        html_parts.picture(folder / plot, section.title) for plot in section.plots if folder is not None
    )
    took = f'<p class="small">{seconds:,.0f} s.</p>' if seconds is not None else ""
    return (
        f'<section id="{_anchor(name)}"><h2>{html_parts.rich(section.title)}</h2>'
        f'<p class="question">{html_parts.rich(section.question)}</p>'
        + (html_parts.figures_table(section.figures) if section.figures else "")
        + "".join(html_parts.data_table(table) for table in section.tables)
        + html_parts.samples_charts(section.samples)
        + "".join(pictures)
        + html_parts.config_line(section)
        + took
        + "</section>"
    )


def _contents(report: Report) -> str:
    parts = []
    suite = None
    for name, section in report.sections.items():
        own, is_merged, _ = name.partition(".")
        group = own if is_merged else ""
        if group != suite:
            suite = group
            parts.append(f"</ul><h2>{escape(group or 'Sections')}</h2><ul>")
        told = [reached(figure) for figure in section.figures]
        missed, asked = told.count(False), len(told) - told.count(None)
        count = f'<small class="{"bad" if missed else ""}">{asked - missed}/{asked}</small>' if asked else ""
        parts.append(f'<li><a href="#{_anchor(name)}">{html_parts.rich(section.title)}{count}</a></li>')
    parts += [
        f'<li><a href="#ran">{escape(name)}<small class="bad">failed</small></a></li>'
        for name in report.failed
    ]
    return (
        f'<nav aria-label="Contents"><ul>{"".join(parts)}</ul><h2>More</h2>'
        '<ul><li><a href="#ran">What was run</a></li></ul></nav>'
    )


def _head(report: Report) -> str:
    figures = _figures(report)
    told = [reached(figure) for _, figure in figures]
    asked = len(told) - told.count(None)
    tiles = [
        (f"{told.count(True)} of {asked}", "asked figures reached") if asked else ("", ""),
        (f"{len(report.sections):,}", "sections measured"),
        (f"{len(figures):,}", "figures"),
        (_duration(sum(report.seconds.values())), "measuring time"),
        (str(report.seed), "seed"),
        (report.data_hash[:12], "data"),
    ]
    shown = "".join(
        f'<li><b class="{"text" if len(value) > 11 else ""}">{escape(value)}</b><span>{escape(label)}</span></li>'
        for value, label in tiles
        if value
    )
    notices = []
    if report.quick:
        notices.append("Samples only: these figures show that the measuring works, and are not to be quoted.")
    notices += [f"Failed: {name}. {reason}" for name, reason in report.failed.items()]
    warned = "".join(f"<p>{escape(notice)}</p>" for notice in notices)
    return (
        f"<header><h1>{html_parts.rich(report.title)}</h1><p>{escape(report.date)} · {escape(report.machine)}</p>"
        + (f'<div class="notice" role="status">{warned}</div>' if warned else "")
        + f'</header><ul class="tiles">{shown}</ul>'
    )


def _figures(report: Report) -> list[tuple[str, Figure]]:
    return [(name, figure) for name, section in report.sections.items() for figure in section.figures]


def _asked(report: Report) -> str:
    """Return what was asked, all in one place, what is missed first."""
    asked = [(name, figure) for name, figure in _figures(report) if reached(figure) is not None]
    if not asked:
        return ""
    rows = "".join(
        f'<tr><td>{html_parts.mark(reached(figure))}</td><td><a href="#{_anchor(name)}">'
        f"{html_parts.rich(report.sections[name].title)}</a></td><td>{html_parts.rich(figure.name)}</td>"
        f'<td class="n">{escape(f"{shown_number(figure.value)} {figure.unit}".strip())}</td>'
        f'<td class="n">{html_parts.rich(figure.reach)}</td></tr>'
        for name, figure in sorted(asked, key=lambda pair: bool(reached(pair[1])))
    )
    table = html_parts.wide(
        '<table><thead><tr><th>verdict</th><th>section</th><th>figure</th><th class="n">value</th>'
        f'<th class="n">asked</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    return (
        '<section><h2>What was asked</h2><p class="question">Every figure that had something to reach, what is '
        f"missed first.</p>{table}</section>"
    )


def _ran(report: Report) -> str:
    pairs = [
        ("Command", f"<code>{escape(report.command)}</code>" if report.command else ""),
        ("When", escape(report.date)),
        ("Machine", escape(report.machine)),
        ("Seed", str(report.seed)),
        ("Size", "samples" if report.quick else "everything"),
        ("Budget", "" if report.budget_s is None else _duration(report.budget_s)),
        ("Settings", escape(", ".join(f"{name} = {value}" for name, value in report.settings.items()))),
        ("Data", f"<code>{escape(report.data_hash)}</code>"),
        ("Code", f"<code>{escape(report.code)}</code>" if report.code else ""),
        ("Versions", escape(", ".join(f"{name} {version}" for name, version in report.versions.items()))),
        (
            "Time",
            escape(", ".join(f"{name} {_duration(seconds)}" for name, seconds in report.seconds.items())),
        ),
    ]
    told = "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in pairs if value)
    remarks = "".join(f'<p class="small">{html_parts.rich(remark)}</p>' for remark in report.remarks)
    return (
        '<section id="ran"><h2>What was run</h2><p class="question">Enough to run it again.</p>'
        f'<dl class="ran">{told}</dl>{remarks}</section>'
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
