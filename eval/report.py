"""What one run of a suite measured, and how it is written as Markdown."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from eval.figures import Section, markdown, reached, shown_number
from recsys.errors import TastegraphError


class Report(BaseModel):
    """What one run measured, and on what."""

    model_config = ConfigDict(frozen=True)

    title: str
    date: str
    """UTC, to the second."""
    seed: int
    quick: bool
    """True for samples instead of the whole: such figures are not to be quoted."""
    data_hash: str
    versions: dict[str, str]
    machine: str
    sections: dict[str, Section]
    seconds: dict[str, float]
    failed: dict[str, str] = {}
    """Sections that failed, and why."""
    remarks: tuple[str, ...] = ()
    """What a reader of the whole must know: sections kept from an earlier run, for example."""
    code: str = ""
    """12 hexadecimal digits that change with any module of the project; empty in older reports."""
    command: str = ""
    """What was typed."""
    budget_s: float | None = None
    settings: dict[str, str] = {}

    def markdown(self) -> str:
        """Write the report as Markdown: what was run, what was asked and missed, then the sections by suite."""
        first, *more = self.provenance()
        lines = [f"# {self.title}", "", first, "", *(f"- {line}" for line in more), "", *self._asked()]
        suite = ""
        for name, section in self.sections.items():
            own, is_merged, _ = name.partition(".")
            written = markdown([section])
            if is_merged:
                written = f"#{written}"
                if own != suite:
                    lines += [f"## Suite `{own}`", ""]
                    suite = own
            lines.append(written)
        return "\n".join(lines)

    def _asked(self) -> list[str]:
        """Return how much of what was asked is reached, and what is missed."""
        asked = [
            (section.title, figure, reached(figure))
            for section in self.sections.values()
            for figure in section.figures
            if reached(figure) is not None
        ]
        if not asked:
            return []
        missed = [(title, figure) for title, figure, is_reached in asked if not is_reached]
        lines = [f"Asked and reached: {len(asked) - len(missed)} of {len(asked)}.", ""]
        if missed:
            lines += ["| missed in | figure | value | asked |", "| --- | --- | --- | --- |"]
            lines += [
                f"| {title} | {f.name} | {f'{shown_number(f.value)} {f.unit}'.strip()} | {f.reach} |"
                for title, f in missed
            ]
            lines.append("")
        return lines

    def provenance(self) -> list[str]:
        """Return what was run, where and with what, as lines; failures and remarks last."""
        kind = "a sample, not to be quoted" if self.quick else "everything"
        code = f", code {self.code}" if self.code else ""
        head = [f"{self.date}, {self.machine}, seed {self.seed}, data {self.data_hash[:12]}{code}, {kind}."]
        if self.command:
            head.append(f"Command: `{self.command}`.")
        if self.budget_s is not None:
            head.append(f"Budget: {self.budget_s / 60:.3g} minutes; a section says where it stopped.")
        if self.settings:
            head.append(
                "Settings: " + ", ".join(f"{name} {value}" for name, value in self.settings.items()) + "."
            )
        if self.seconds:
            took = ", ".join(f"{name} {seconds:.0f}" for name, seconds in self.seconds.items())
            head.append(f"Seconds: {took}.")
        return [
            *head,
            "Versions: " + ", ".join(f"{name} {version}" for name, version in self.versions.items()) + ".",
            *(f"**Failed: {name}.** {reason}" for name, reason in self.failed.items()),
            *self.remarks,
        ]


def read_report(path: Path) -> Report:
    """Read a report from its JSON file, or from a folder that holds one.

    Raises `TastegraphError` when there is none or several, or it is not a report.
    """
    file = _report_file(path)
    try:
        return Report.model_validate_json(file.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        raise TastegraphError(
            f"{file} is not a report of tastegraph eval. Give the NAME.json that a suite wrote."
        ) from error


def _report_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise TastegraphError(f"There is no report at {path}. Give a report's JSON file or its folder.")
    found = [file for file in sorted(path.glob("*.json")) if file.with_suffix(".md").is_file()]
    if len(found) != 1:
        what = "no report" if not found else f"{len(found)} reports ({', '.join(f.name for f in found)})"
        raise TastegraphError(f"{path} holds {what}. Give the JSON file itself.")
    return found[0]
