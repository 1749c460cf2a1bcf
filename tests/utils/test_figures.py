"""Figures of a run: what is drawn, and that it is drawn at all."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from matplotlib.image import imread

from l2l.matplotlib_ import plt
from l2l.utils import figures
from l2l.utils.figures import fitness_by_generation, parameters_by_generation


def write_history(path: Path, fitness, **columns) -> Path:
    """A history of ``fitness`` [n_generations, population] and parameters of the same shape."""
    fitness = np.asarray(fitness, float)
    n_generations, population = fitness.shape
    rows = {
        "generation": np.repeat(np.arange(n_generations), population),
        "index": np.tile(np.arange(population), n_generations),
        "attempt": np.zeros(fitness.size, int),
        "outcome": ["done"] * fitness.size,
        "fitness": pa.array(fitness.ravel(), from_pandas=True),  # nan as null, as for a failed individual
        **{name: np.asarray(values).ravel() for name, values in columns.items()},
        "started": np.full(fitness.size, 1767261600.25),
        "seconds": np.ones(fitness.size),
        "seed": np.arange(fitness.size),
        "host": ["here"] * fitness.size,
        "error": pa.nulls(fitness.size, pa.string()),
    }
    pyarrow.parquet.write_table(pa.table(rows), path)
    return path


def lines(axes):
    return {line.get_label(): line.get_ydata().tolist() for line in axes.get_lines()}


def is_drawn(png: Path) -> bool:
    """Of full width, with ink in every quarter of it."""
    image = imread(png)[..., :3].min(axis=2)
    assert image.shape[1] == 1350
    quarters = [part for half in np.array_split(image, 2) for part in np.array_split(half, 2, axis=1)]
    return all((part < 0.9).mean() > 0.002 for part in quarters)


def test_fitness_curves_are_those_of_the_history(tmp_path, drawn):
    path = write_history(tmp_path / "h.parquet", [[1.0, 3.0, np.nan], [0.0, 2.0, 1.0], [5.0, np.inf, 4.0]])
    fitness_by_generation(path, tmp_path / "f.png", label="score")
    (axes,) = drawn[0].axes
    assert lines(axes)["best of the generation"] == [3, 2, 5]
    assert lines(axes)["best so far"] == [3, 3, 5]
    assert lines(axes)["mean"] == [2, 1, 4.5]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("generation", "score")


def test_weights_turn_a_cost_into_a_fitness(tmp_path, drawn):
    path = write_history(tmp_path / "h.parquet", [[1.0, 3.0], [0.5, 2.0]])
    fitness_by_generation(path, tmp_path / "f.png", weights=(-2.0,))
    assert lines(drawn[0].axes[0])["best so far"] == [-2, -1]


def test_several_components_are_summed_by_their_weights(tmp_path, drawn):
    path = write_history(tmp_path / "h.parquet", [[1.0, 3.0]], fitness_1=[10.0, 50.0])
    table = pyarrow.parquet.read_table(path)
    names = ["fitness_0" if name == "fitness" else name for name in table.column_names]
    pyarrow.parquet.write_table(table.rename_columns(names), path)
    fitness_by_generation(path, tmp_path / "f.png", weights=(1.0, -0.1))
    assert lines(drawn[0].axes[0])["best so far"] == [0]
    with pytest.raises(ValueError, match="2 fitness components, there are 1 weights"):
        fitness_by_generation(path, tmp_path / "f.png")


def test_history_without_a_finite_fitness_is_refused(tmp_path):
    path = write_history(tmp_path / "h.parquet", [[np.nan, np.inf]])
    with pytest.raises(ValueError, match="no individual with a finite fitness"):
        fitness_by_generation(path, tmp_path / "f.png")
    assert not (tmp_path / "f.png").exists()


def test_disasters_of_early_generations_do_not_flatten_the_rest(tmp_path, drawn):
    fitness = np.linspace(1, 2, 20)[:, None] + np.linspace(-0.1, 0, 5)
    fitness[0, :2] = -1000
    fitness_by_generation(write_history(tmp_path / "h.parquet", fitness), tmp_path / "f.png")
    bottom, top = drawn[0].axes[0].get_ylim()
    assert 0 < bottom < 1 and 2 < top < 2.3


def test_each_parameter_has_a_panel_with_the_value_of_the_best_so_far(tmp_path, drawn):
    fitness = [[1.0, 3.0], [2.0, 0.0], [4.0, np.nan]]
    path = write_history(tmp_path / "h.parquet", fitness, x=[[0, 1], [2, 3], [4.0, 99.0]], y=[[5, 6], [7, 8], [9.0, 0]])
    parameters_by_generation(path, tmp_path / "p.png", bounds={"y": (0, 10)})
    panels = {axes.get_title(loc="left"): axes for axes in drawn[0].axes}
    assert list(panels) == ["x", "y"]
    assert lines(panels["x"])["best so far"] == [1, 1, 4]
    assert lines(panels["y"])["best so far"] == [6, 6, 9]
    assert lines(panels["x"])["median"] == [0.5, 2.5, 4]
    assert panels["y"].get_ylim() == pytest.approx((-0.4, 10.4))


def test_a_single_generation_is_drawn_as_points(tmp_path, drawn):
    path = write_history(tmp_path / "h.parquet", [[1.0, 3.0]], x=[[0.0, 1.0]])
    parameters_by_generation(path, tmp_path / "p.png")
    (panel,) = drawn[0].axes
    assert {line.get_label(): line.get_marker() for line in panel.lines} == {"median": "o", "best so far": "o"}
    assert len(panel.collections) == 4  # two bands without width, and two bars in their places


def test_bounds_of_an_array_hold_for_its_elements(tmp_path, drawn):
    values = [[0.1, 0.2], [0.3, 0.4]]
    path = write_history(tmp_path / "h.parquet", values, x_0=values, x_1=values, x_y=values)
    parameters_by_generation(path, tmp_path / "p.png", bounds={"x": (-1, 1)})
    limits = [axes.get_ylim() for axes in drawn[0].axes]
    assert limits[0] == limits[1] == pytest.approx((-1.08, 1.08))
    assert limits[2][0] > 0


def test_history_without_numbers_to_draw_is_refused(tmp_path):
    path = write_history(tmp_path / "h.parquet", [[1.0, 2.0]], kind=np.array(["p", "q"]))
    with pytest.raises(ValueError, match="no parameter that is a number"):
        parameters_by_generation(path, tmp_path / "p.png")


@pytest.mark.parametrize("n_generations, n_parameters", [(1, 1), (5, 1), (60, 14)])
def test_figures_are_written_for_few_and_for_many(tmp_path, n_generations, n_parameters):
    rng = np.random.default_rng(1)
    fitness = rng.normal(size=(n_generations, 12))
    parameters = {f"group.a_long_parameter_name_{i}": rng.random(fitness.shape) for i in range(n_parameters)}
    path = write_history(tmp_path / "h.parquet", fitness, **parameters)
    fitness_by_generation(path, tmp_path / "f.png")
    parameters_by_generation(path, tmp_path / "p.png")
    assert is_drawn(tmp_path / "f.png")
    assert is_drawn(tmp_path / "p.png")


def test_no_figure_stays_open_when_drawing_fails(tmp_path):
    with pytest.raises(RuntimeError), figures.figure(tmp_path / "f.png", 2):
        raise RuntimeError
    assert plt.get_fignums() == []
    assert not (tmp_path / "f.png").exists()
