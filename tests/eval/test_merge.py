import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.merge import merge
from eval.report import read_report
from eval.sections import write_report
from recsys.errors import TastegraphError
from tests.eval.report_parts import report, section


def test_what_the_suites_do_not_share_is_said():
    crs, kg = section(value=0.1), section(value=0.2).model_copy(update={"plots": ("curve.svg",)})
    whole = merge(
        {
            "crs": report({"redial": crs}, remarks=["two kept"]),
            "kg": report(
                {"linking": kg},
                seed=4,
                quick=True,
                date="2026-02-03T00:00:00+00:00",
                versions={"python": "3.12.1", "numpy": "2.4"},
                failed={"neo4j": "no Java"},
            ),
        },
        {"load": "no module"},
        folders={"crs": "crs", "kg": "../kg"},
    )
    assert list(whole.sections) == ["crs.redial", "kg.linking"]
    assert whole.sections["kg.linking"].plots == ("../kg/curve.svg",)
    assert whole.failed == {"kg.neo4j": "no Java", "load": "no module"}
    assert whole.quick
    assert whole.date.startswith("2026-02-03")
    told = "\n".join(whole.remarks)
    assert "Not the same seed everywhere: crs 0, kg 4." in told
    assert "python differs: crs 3.11.7, kg 3.12.1." in told
    assert "crs: two kept" in told
    assert "numpy" not in told
    assert "with `tastegraph eval crs" in told
    with pytest.raises(TastegraphError, match="no report to merge"):
        merge({})


def test_the_command_puts_reports_together(tmp_path):
    for name in ("crs", "kg"):
        write_report(report({"a": section()}), tmp_path / name, name)
    out = tmp_path / "docs" / "results.md"
    ran = CliRunner().invoke(app, ["merge", str(tmp_path / "crs"), str(tmp_path / "kg"), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    text = out.read_text(encoding="utf-8")
    assert text.count("Is the right film found?") == 2
    assert text.index("## Suite `crs`") < text.index("### Ranking") < text.index("## Suite `kg`")
    assert "Asked and reached: 2 of 4." in text
    assert text.count("| Ranking <b> | turn, p95 | 72 ms | <= 50 |") == 2
    assert "2 cores" in text
    assert list(read_report(out.with_suffix(".json")).sections) == ["crs.a", "kg.a"]
    again = CliRunner().invoke(
        app, ["merge", str(tmp_path / "crs"), str(tmp_path / "crs"), "--out", str(out)]
    )
    assert again.exit_code == 1
    assert "are called crs" in again.output
