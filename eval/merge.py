"""Reports of several suites as one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from eval.figures import Section
from eval.provenance import machine, versions
from eval.report import Report
from recsys.errors import TastegraphError

_SAME = ("data_hash", "machine", "versions", "code", "seed", "quick")


def merge(
    reports: Mapping[str, Report],
    failed: Mapping[str, str] | None = None,
    command: str = "",
    folders: Mapping[str, str] | None = None,
) -> Report:
    """Return one report of all sections, each named SUITE.SECTION; where and when each suite ran is a remark.

    What the suites do not share (data, machine, versions, code, seed, size) is said; the head holds what the latest
    of them has. `failed` names suites that could not run; `folders` says where each report's pictures lie, as seen
    from the merged report. Raises `TastegraphError` when there is nothing to merge.
    """
    if not reports and not failed:
        raise TastegraphError("There is no report to merge.")
    remarks = [remark for name, report in reports.items() for remark in _remarks(name, report)]
    for field in _SAME:
        told = {name: getattr(report, field) for name, report in reports.items()}
        if len({str(value) for value in told.values()}) > 1 and field != "versions":
            remarks.append(
                f"Not the same {field.replace('_', ' ')} everywhere: "
                + ", ".join(
                    f"{name} {str(value)[:12] if field == 'data_hash' else value}"
                    for name, value in told.items()
                )
                + "."
            )
    remarks += _version_remarks(reports)
    last = max(reports.values(), key=lambda report: report.date, default=None)
    return Report(
        title="Everything, measured",
        date=last.date if last else datetime.now(UTC).isoformat(timespec="seconds"),
        seed=last.seed if last else 0,
        quick=any(report.quick for report in reports.values()),
        data_hash=last.data_hash if last else "",
        versions=last.versions if last else versions(),
        machine=last.machine if last else machine(),
        sections={
            f"{name}.{part}": _moved(section, (folders or {}).get(name, ""))
            for name, report in reports.items()
            for part, section in report.sections.items()
        },
        seconds={
            f"{name}.{part}": s for name, report in reports.items() for part, s in report.seconds.items()
        },
        failed={
            **{
                f"{name}.{part}": why
                for name, report in reports.items()
                for part, why in report.failed.items()
            },
            **(failed or {}),
        },
        remarks=tuple(remarks),
        code=last.code if last else "",
        command=command,
    )


def _moved(section: Section, folder: str) -> Section:
    if not folder:
        return section
    return section.model_copy(update={"plots": tuple(f"{folder}/{plot}" for plot in section.plots)})


def _remarks(name: str, report: Report) -> list[str]:
    how = f" with `{report.command}`" if report.command else ""
    took = sum(report.seconds.values())
    own = [f"{name}: {remark}" for remark in report.remarks]
    return [f"{report.title} ({name}): {report.date} on {report.machine}{how}, {took:,.0f} s.", *own]


def _version_remarks(reports: Mapping[str, Report]) -> list[str]:
    found = []
    for library in sorted({library for report in reports.values() for library in report.versions}):
        told = {name: report.versions.get(library, "not told") for name, report in reports.items()}
        if len(set(told.values())) > 1:
            found.append(f"{library} differs: " + ", ".join(f"{n} {v}" for n, v in told.items()) + ".")
    return found
