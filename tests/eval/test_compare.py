import json

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.compare import compare_reports, compare_systems
from eval.compare_report import html, reading
from eval.figures import Table
from eval.report import read_report
from eval.sections import write_report
from recsys.errors import TastegraphError
from tests.eval.report_parts import UNITS, report, sample, section

BEFORE = report({"redial": section(sample("popularity"), sample("ours"))})


def test_the_same_run_has_no_change():
    found = compare_reports(BEFORE, BEFORE, resamples=99)
    assert {s.verdict for s in found.samples} == {"the same"}
    assert (found.figures, found.cautions) == ((), ())
    assert found.same_figures > 5


def test_a_change_is_told_from_noise_and_named():
    after = report(
        {"redial": section(sample("popularity"), sample("ours", 0.2), value=0.4, cell=".70 ± .01")},
        seed=1,
        versions={"python": "3.11.7", "numpy": "2.5"},
    )
    found = compare_reports(BEFORE, after, ("old", "new"), resamples=999)
    same, moved = found.samples
    assert (same.verdict, same.better) == ("the same", None)
    assert (moved.verdict, moved.better, moved.units) == ("real", True, len(UNITS))
    assert moved.difference == pytest.approx(0.2)
    assert moved.p <= moved.p_corrected
    assert [(f.name, f.before, f.after, f.now) for f in found.figures] == [
        ("Recall@10", 0.5, 0.4, "missed"),
        ("Models / ours / Recall@10 [1]", 0.5, 0.7, ""),
    ]
    assert found.cautions == ("seed: old 0, new 1.", "numpy: old 2.4, new 2.5.")
    assert "1 better, 0 worse, 1 the same or within noise" in reading(found)


def test_where_smaller_is_better_more_is_worse():
    longer = {"smaller_is_better": True, "metric": "turns"}
    before, after = (
        report({"s": section(sample("ours", shift).model_copy(update=longer))}) for shift in (0.0, 0.3)
    )
    assert compare_reports(before, after, resamples=999).samples[0].better is False


def test_only_shared_units_are_compared_and_the_others_counted():
    after = report({"redial": section(sample("ours", units=UNITS[10:]))})
    found = compare_reports(BEFORE, after, resamples=99).samples[0]
    assert (found.units, found.alone) == (30, 10)
    nothing = report({"redial": section(sample("ours", units=["elsewhere"]))})
    assert compare_reports(BEFORE, nothing, resamples=99).samples == ()


@pytest.mark.parametrize("changed", [{"data_hash": "b" * 64}, {"quick": True}])
def test_other_data_is_refused_unless_told(changed):
    after = report(BEFORE.sections, **changed)
    with pytest.raises(TastegraphError, match="--other-data"):
        compare_reports(BEFORE, after)
    assert compare_reports(BEFORE, after, other_data=True, resamples=99).cautions


def test_two_systems_of_one_run():
    both = report({"redial": section(sample("popularity"), sample("ours", 0.1))})
    found = compare_systems(both, "popularity", "ours", resamples=999).samples
    assert [(s.system, s.verdict, s.better) for s in found] == [("popularity to ours", "real", True)]
    with pytest.raises(TastegraphError, match="It has them of ours, popularity"):
        compare_systems(both, "popularity", "EASE")
    apart = report({"redial": section(sample("a"), sample("b", metric="NDCG@10"))})
    with pytest.raises(TastegraphError, match="share no metric"):
        compare_systems(apart, "a", "b")


def test_the_command(tmp_path):
    write_report(BEFORE, tmp_path / "a", "crs")
    write_report(report({"redial": section(sample("ours", 0.2))}), tmp_path / "b", "crs")
    page = tmp_path / "changes.html"
    ran = CliRunner().invoke(
        app, ["compare", str(tmp_path / "a"), str(tmp_path / "b" / "crs.json"), "--html", str(page)]
    )
    assert ran.exit_code == 0, ran.output
    assert "1 comparisons by unit: 1 better" in ran.output.replace("\n", " ")
    assert "real, better" in page.read_text(encoding="utf-8")
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json"])
    assert json.loads(told.stdout)["samples"][0]["verdict"] == "real"
    for wrong in ([str(tmp_path / "a")], [str(tmp_path / "none"), str(tmp_path / "b")]):
        assert CliRunner().invoke(app, ["compare", *wrong]).exit_code != 0


def test_the_terminal_shows_figures_first_and_says_how_many_more_there_are(tmp_path):
    for name, shift in (("a", 0), ("b", 1)):
        rows = tuple((f"row {k}", str(k + shift)) for k in range(60))
        wide = section(value=0.1 + shift).model_copy(
            update={"tables": (Table(title="T", columns=("what", "n"), rows=rows),)}
        )
        write_report(report({"s": wide}), tmp_path / name, "s")
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "a"), str(tmp_path / "b")]).output
    assert "21 more" in told
    assert told.index("Recall@10") < told.index("T / row 0")


def test_a_folder_must_hold_one_report(tmp_path):
    with pytest.raises(TastegraphError, match="no report"):
        read_report(tmp_path)
    for name in ("a", "b"):
        write_report(BEFORE, tmp_path, name)
    with pytest.raises(TastegraphError, match=r"2 reports \(a.json, b.json\)"):
        read_report(tmp_path)
    (tmp_path / "c.json").write_text("{}")
    with pytest.raises(TastegraphError, match="is not a report"):
        read_report(tmp_path / "c.json")


def test_names_of_others_are_text_on_the_page():
    evil = "<script>alert(1)</script>"
    found = compare_systems(report({"s": section(sample("a"), sample(evil, 0.1))}), "a", evil, resamples=99)
    assert "<script" not in html(found)
