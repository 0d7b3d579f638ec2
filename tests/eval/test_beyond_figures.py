import numpy as np

from eval.offline_figures.beyond import _classes, _default
from eval.offline_figures.beyond_plot import plot_curves


def test_a_default_is_the_largest_setting_before_accuracy_falls():
    def curve(*ndcg: float) -> list[tuple[float, dict[str, float]]]:
        return [(k / 10, {"ndcg": value}) for k, value in enumerate(ndcg)]

    assert _default(curve(0.2, 0.2, 0.199, 0.19, 0.2)) == 0.2
    assert _default(curve(0.2, 0.1)) == 0.0
    assert _default(curve(0.2, 0.3)) == 0.1


def test_classes_of_popularity_divide_the_items():
    classes = _classes(np.array([5.0, 0.0, 9.0, 1.0, 3.0]))
    assert classes.sum(axis=1).tolist() == [1] * 5
    assert classes.argmax(axis=1).tolist() == [1, 2, 0, 1, 1]


def test_a_plot_is_one_svg(tmp_path):
    curves = {"knob": [(0.0, {"ndcg": 0.2, "gini": 0.9}), (1.0, {"ndcg": 0.1, "gini": 0.5})]}
    file = plot_curves(curves, {"knob": "gini"}, tmp_path / "plot.svg")
    assert "<svg" in file.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.iterdir()] == ["plot.svg"]
