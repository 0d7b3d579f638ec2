"""The run over all sections of the graph's figures: what it refuses, keeps and writes."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from eval import offline_suite
from eval.figures import Figure, MeasureOptions, Section, markdown, shown_number
from eval.kg import SUITE
from eval.sections import measure_all, write_report
from recsys.errors import TastegraphError


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[MeasureOptions]:
    """Put a section of our own in the place of `linking`; return the calls made to it."""
    calls: list[MeasureOptions] = []

    def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
        calls.append(options)
        figure = Figure(name="top-1", value=0.5, reach=">= .95", note="2 mentions")
        return Section(
            title="Linking", question="Is the right film found?", figures=(figure,), config={"n": 2}
        )

    module = ModuleType("eval.kg_figures.linking")
    vars(module)["measure"] = measure
    monkeypatch.setitem(sys.modules, "eval.kg_figures.linking", module)
    return calls


def _options(tmp_path: Path, seed: int = 0) -> MeasureOptions:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "a.txt").write_text("a", encoding="utf-8")
    return MeasureOptions(data=tmp_path / "data", out=tmp_path / "out", seed=seed)


def test_a_finished_section_is_kept_for_the_same_data_and_seed_only(
    tmp_path: Path, counted: list[MeasureOptions]
) -> None:
    for seed, resume in ((0, True), (0, True), (1, True), (1, False)):
        report = measure_all(SUITE, _options(tmp_path, seed), ["linking"], resume=resume)
        assert report.sections["linking"].figures[0].value == 0.5
    assert len(counted) == 3


def test_other_data_is_measured_anew(tmp_path: Path, counted: list[MeasureOptions]) -> None:
    options = _options(tmp_path)
    before = measure_all(SUITE, options, ["linking"], resume=True)
    (options.data / "b.txt").write_text("more", encoding="utf-8")
    after = measure_all(SUITE, options, ["linking"], resume=True)
    assert len(counted) == 2
    assert before.data_hash != after.data_hash


def test_the_report_is_written_with_what_made_it(tmp_path: Path, counted: list[MeasureOptions]) -> None:
    report = measure_all(SUITE, _options(tmp_path), ["linking"])
    files = write_report(report, tmp_path / "reports", "kg")
    text = files[1].read_text(encoding="utf-8")
    assert "| top-1 | 0.5 | >= .95 | 2 mentions |" in text
    assert report.data_hash[:12] in text
    assert "seed 0" in text
    assert "torch" in report.versions


def test_wrong_names_and_folders_are_said(tmp_path: Path) -> None:
    with pytest.raises(TastegraphError, match="There are: linking, paths"):
        measure_all(SUITE, _options(tmp_path), ["likning"])
    with pytest.raises(TastegraphError, match="no folder"):
        measure_all(SUITE, MeasureOptions(data=tmp_path / "none", out=tmp_path))


def test_every_section_has_its_module() -> None:
    for suite in (SUITE, offline_suite.SUITE):
        folder = Path(importlib.import_module(suite.package).__file__ or "").parent
        assert [name for name in suite.sections if not (folder / f"{name}.py").is_file()] == []


def test_numbers_are_shown_to_what_they_say() -> None:
    assert [shown_number(n) for n in (1_000_000, 0.98765, 12.3456, 0.0, 2500.5)] == [
        "1,000,000", "0.9877", "12.35", "0", "2500",
    ]  # fmt: skip
    assert markdown([]) == ""
