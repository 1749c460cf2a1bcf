"""``slim plot``: figures and the page."""

import base64
import dataclasses
import gzip
import json
import re
import shutil
import subprocess
from importlib import resources

import numpy as np
import pyarrow.parquet
import pytest
from matplotlib.image import imread

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.commands.plot import chosen
from l2l.optimizees.slim.plotting import figures
from l2l.optimizees.slim.plotting.course import thinned
from l2l.optimizees.slim.plotting.daily import read_runs
from l2l.optimizees.slim.simulation.config import ConfigError
from l2l.optimizees.slim.simulation.recorder import DailyTable


def plot(*argv):
    return main(["plot", *map(str, argv)])


@pytest.mark.slow
def test_command_writes_a_picture_of_each_kind_and_the_page(tables, tmp_path, capsys):
    pytest.importorskip("plotly", reason="the page needs the extra plot")
    assert plot(*tables, "--out", tmp_path / "out") == 0
    told = capsys.readouterr().out.split()
    assert told == [str(tmp_path / "out" / f"{name}.png") for name in figures.FIGURES] + [
        str(tmp_path / "out" / "index.html")
    ]
    for path in told[:-1]:
        assert imread(path)[..., :3].std() > 0.05


def lines(panel):
    return {line.get_label(): line for line in panel.get_lines()}


def test_panels_show_the_loch_and_then_its_farms(one, drawn, tmp_path):
    figures.stages(one, tmp_path / "stages.png")
    panels = [panel for panel in drawn[0].axes if panel.get_visible()]
    assert [panel.get_title(loc="left") for panel in panels] == one.places
    for place, panel in enumerate(panels):
        for stage in ("L1", "L5f"):
            assert np.array_equal(lines(panel)[stage].get_ydata(), one.quantities[stage][1][:, place])
        assert panel.get_yscale() == "symlog"


def test_thresholds_are_drawn_and_named(one, drawn, tmp_path):
    figures.aggregation(one, tmp_path / "aggregation.png")
    found = lines(drawn[0].axes[1])
    assert found["asked to treat: 2"].get_ydata() == [2, 2]
    assert found["strike: 6"].get_ydata() == [6, 6]
    names = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert {"adult females per fish", "asked to treat: 2", "EMB"} <= set(names)


def test_change_of_fish_stands_below_their_number(one, drawn, tmp_path):
    figures.fish(one, tmp_path / "fish.png")
    changes = [lines(panel)["change per day"] for panel in drawn[0].axes if "change per day" in lines(panel)]
    fish = one.quantities["fish"][1]
    assert len(changes) == 3
    assert changes[2].get_ydata()[1:] == pytest.approx(np.diff(fish[:, 2]))


def test_shades_are_as_high_as_the_share_of_runs(three, drawn, tmp_path):
    figures.payoff(three, tmp_path / "payoff.png")
    panel = drawn[0].axes[1]
    shade = next(area for area in panel.collections if area.get_label() == "EMB")
    heights = np.unique(shade.get_paths()[0].vertices[:, 1])
    assert set(heights) == {0, *three.treatments["EMB"][:, 1]}


def test_bands_are_drawn_for_several_runs_alone(one, three, drawn, tmp_path):
    for course in (one, three):
        figures.reservoir(course, tmp_path / "reservoir.png")
    assert [len(drawn_one.axes[0].collections) for drawn_one in drawn] == [0, 1]


def test_arrows_join_the_farms_where_they_are(one, drawn, tmp_path):
    figures.sea_map(one, tmp_path / "map.png")
    axes = drawn[0].axes[0]
    assert len(axes.patches) == len(one.edges) == 2
    assert np.allclose(axes.collections[0].get_offsets(), one.locations / 1000)
    assert {text.get_text() for text in axes.texts} == set(one.farms)


def test_farms_that_share_a_place_stand_on_a_circle(one):
    together = dataclasses.replace(one, locations=np.ones((2, 2)))
    spots, are_true = figures.places_on_map(together)
    assert not are_true
    assert np.linalg.norm(spots, axis=1) == pytest.approx([1, 1])
    assert figures.places_on_map(one)[1]


def test_course_without_payoff_or_places_has_no_figure_of_them(one, tmp_path):
    rest = {name: values for name, values in one.quantities.items() if name != "payoff"}
    paths = figures.draw_all(dataclasses.replace(one, quantities=rest, locations=None), tmp_path)
    assert [path.stem for path in paths] == ["stages", "genotypes", "aggregation", "fish", "reservoir"]


def test_course_of_a_single_day_is_drawn(loch, recorded, tmp_path):
    pyarrow.parquet.write_table(DailyTable(loch, save_rate=0).of(recorded[0]), tmp_path / "last.parquet")
    course = read_runs([tmp_path / "last.parquet"])
    assert "payoff" not in course.quantities  # since the first day, which is not known
    assert len(figures.draw_all(course, tmp_path)) == 6


def test_chosen_farms_are_shown_in_their_order(three):
    course = chosen(three, ["farm_1", "Tarbert South"])
    assert course.places == ["all farms", "Rubha Stillaig", "Tarbert South"]
    assert np.array_equal(course.quantities["fish"][:, :, 1], three.quantities["fish"][:, :, 2])
    assert np.array_equal(course.treatments["EMB"][:, 2], three.treatments["EMB"][:, 1])
    assert {(i, j) for i, j, _ in course.edges} == {(0, 1), (1, 0)}
    assert chosen(three, ["farm_1"]).edges == []
    assert np.array_equal(chosen(three, ["farm_1"]).quantities["fish"][..., 0], three.quantities["fish"][..., 0])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["Tarbet South"], "there is no such farm; did you mean 'Tarbert South'?"),
        (["farm_0", "Tarbert South"], "a farm is named twice"),
    ],
)
def test_wrong_farms_are_refused(three, names, message):
    with pytest.raises(ConfigError) as told:
        chosen(three, names)
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["none.parquet"], "there is no file none.parquet"),
        ([__file__], "is not a parquet table"),
        (["TABLE", "--scenario", "Fyne"], "--scenario is for stored ensembles"),
    ],
)
def test_wrong_input_is_told(tables, tmp_path, capsys, argv, message):
    argv = [str(tables[0]) if word == "TABLE" else word for word in argv]
    assert plot(*argv, "--out", tmp_path / "out") == 2
    assert message in capsys.readouterr().err


# --- the page


@pytest.fixture(scope="module")
def page(three, tmp_path_factory):
    pytest.importorskip("plotly", reason="the page needs the extra plot")
    from l2l.optimizees.slim.plotting.page import write_page

    path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(dataclasses.replace(three, title="one </script> & two"), path)
    return path


def unpacked(page, name):
    packed = re.search(rf'<script id="{name}" type="text/plain">([^<]*)</script>', page.read_text()).group(1)
    return gzip.decompress(base64.b64decode(packed))


def quantity(page, name):
    """Of the page, float32[quantile, place, day]."""
    course = json.loads(re.search(r"const course = (\{.*\});\n", page.read_text()).group(1))
    planes = np.frombuffer(unpacked(page, "numbers"), np.uint8).reshape(4, -1)
    numbers = np.ascontiguousarray(planes.T).view("<f4").ravel()
    shape = (course["quantities"][name]["quantiles"], len(course["places"]), len(course["days"]))
    start = course["quantities"][name]["start"]
    return numbers[start : start + np.prod(shape)].reshape(shape)


def test_page_holds_the_numbers(page, three):
    fish, emb = quantity(page, "fish"), quantity(page, "treatment EMB")
    assert fish == pytest.approx(three.quantities["fish"].transpose(0, 2, 1), rel=1e-6)
    assert emb[0] == pytest.approx(three.treatments["EMB"].T, rel=1e-6)


def test_page_of_one_run_holds_no_bands(one, tmp_path):
    pytest.importorskip("plotly", reason="the page needs the extra plot")
    from l2l.optimizees.slim.plotting.page import write_page

    write_page(one, tmp_path / "index.html")
    assert quantity(tmp_path / "index.html", "L5f")[0] == pytest.approx(one.quantities["L5f"][1].T, rel=1e-6)


def test_page_of_hundreds_of_farms_stays_small(one, tmp_path):
    pytest.importorskip("plotly", reason="the page needs the extra plot")
    from l2l.optimizees.slim.plotting.page import write_page

    places = [0, *(1 + np.arange(500) % 2)]
    rng = np.random.default_rng(1)
    many = dataclasses.replace(
        one,
        farms=[f"farm {f}" for f in range(500)],
        quantities={n: v[:, :, places] * rng.uniform(0.5, 2, 501) for n, v in one.quantities.items()},
        treatments={n: v[:, places] for n, v in one.treatments.items()},
        locations=rng.uniform(0, 1e5, (500, 2)),
        n_cages=np.ones(501),
    )
    write_page(many, tmp_path / "index.html")
    assert (tmp_path / "index.html").stat().st_size < 10e6
    assert quantity(tmp_path / "index.html", "fish").shape == (1, 501, len(one.days[::7]))
    assert "Of the days recorded, every 7th is shown." in (tmp_path / "index.html").read_text()


def test_thinned_course_keeps_days_and_means_of_treatments(three):
    total = 334 * 3 * (3 * len(three.quantities) + len(three.treatments))
    course, step = thinned(three, total // 20)
    assert step == 21 and len(course.days) == 16
    assert np.array_equal(course.numbers, np.arange(0, 334, 21))
    assert np.array_equal(course.quantities["fish"], three.quantities["fish"][:, ::21])
    share = three.treatments["EMB"]
    assert course.treatments["EMB"][3] == pytest.approx(share[63:84].mean(axis=0))
    assert course.treatments["EMB"][15] == pytest.approx(share[315:].mean(axis=0))
    assert thinned(three, 10**6) == (three, 1)


def test_page_needs_nothing_from_elsewhere(page):
    text = page.read_text()
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=", text)
    assert "<title>one &lt;/script&gt; &amp; two</title>" in text


def test_page_has_every_element_that_its_script_looks_for(page):
    script = resources.files("l2l.optimizees.slim.plotting").joinpath("page.js").read_text()
    wanted = set(re.findall(r'(?:chosen|draw|newPlot)\("([a-z-]+)"', script))
    assert {"place", "stages", "map", "told"} <= wanted
    ids = set(re.findall(r'id="([a-z-]+)"', page.read_text().split("<script")[0]))
    assert wanted <= ids


@pytest.mark.slow
def test_browser_draws_every_panel_of_the_page(page):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium to open the page with")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120)
    body = done.stdout[done.stdout.rindex("</script>") :] if "</body>" not in done.stdout else done.stdout
    drawn = re.findall(r'<div id="(\w+)" class="js-plotly-plot"', body)
    assert drawn == ["stages", "genotypes", "aggregation", "fish", "change", "payoff", "reservoir", "ratios", "map"]
    assert "Rubha Stillaig</option>" in body
