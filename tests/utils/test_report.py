"""The report page: self-contained, escaped, with numbers a reader can take in."""

import base64
from html.parser import HTMLParser

import numpy as np
import pytest

from l2l.utils.report import Section, confirmed_sections, format_column, reproduce_section, write_report

PNG = b"\x89PNG\r\n\x1a\n not really"
VOID = {"meta", "img", "link", "br"}


class Page(HTMLParser):
    """Tags with their attributes, the text within, and whether all tags were closed in order."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data


@pytest.fixture
def write(tmp_path):
    def write(*sections, title="Title", summary="Summary"):
        write_report(tmp_path / "report.html", title, summary, sections)
        return Page((tmp_path / "report.html").read_text())

    return write


def test_page_holds_its_figures_and_loads_nothing(tmp_path, write):
    (tmp_path / "two_words.png").write_bytes(PNG)
    page = write(Section("Figures", figures=[tmp_path / "two_words.png"]))
    (image,) = [attributes for tag, attributes in page.tags if tag == "img"]
    kind, data = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == PNG
    assert image["alt"] == "two words"
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "iframe"})
    for _, attributes in page.tags:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    text = (tmp_path / "report.html").read_text()
    assert "@import" not in text and "url(" not in text and "http" not in text


def test_missing_figure_is_told_and_nothing_is_written(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        write_report(tmp_path / "report.html", "T", "S", [Section("F", figures=[tmp_path / "gone.png"])])
    assert list(tmp_path.iterdir()) == []


def test_markup_in_texts_is_shown_and_not_obeyed(write):
    bad = "<script>alert('&')</script>"
    page = write(Section(bad, f"{bad}\n\n    {bad}", [{bad: bad}]), title=bad, summary=bad)
    assert "script" not in [tag for tag, _ in page.tags]
    assert page.text.count(bad) == 9  # title twice, summary, link and head of the section, two paragraphs, two cells


def test_paragraphs_and_commands_are_told_apart(write):
    page = write(Section("S", "First.\n\nSecond\nline.\n\n    run this\n      and this"), summary="")
    tags = [tag for tag, _ in page.tags]
    assert (tags.count("p"), tags.count("pre")) == (2, 1)
    assert "run this\n  and this" in page.text


def test_links_lead_to_the_sections(write):
    page = write(Section("One"), Section("Two"))
    links = [attributes["href"].lstrip("#") for tag, attributes in page.tags if tag == "a"]
    assert links == [attributes["id"] for tag, attributes in page.tags if tag == "section"]
    assert len(links) == 2


def test_columns_of_numbers_are_right_aligned_and_named_in_words(write):
    page = write(
        Section("S", table=[{"policy": "tuned", "mean_payoff": 1.5}, {"policy": "other", "mean_payoff": None}])
    )
    cells = [(tag, attributes.get("class")) for tag, attributes in page.tags if tag in ("th", "td")]
    assert cells == [("th", None), ("th", "number"), *[("td", None), ("td", "number")] * 2]
    assert "mean payoff" in page.text


@pytest.mark.parametrize(
    "values, shown",
    [
        ([4276124.318, -94.2], ["4,276,124", "−94"]),
        ([12, 1234], ["12", "1,234"]),
        ([0.05589, 0.9, 0.0], ["0.056", "0.900", "0.000"]),
        ([12.34, 1.0], ["12.3", "1.0"]),
        ([100.0, 0.1234, 0.0], ["100.00", "0.12", "0.00"]),
        ([-0.00001, 5.5], ["0.0000", "5.5000"]),
        ([float("nan"), None, 2.5], ["–", "–", "2.50"]),
        ([1e-9, 2.346e-5], ["1.00e−09", "2.35e−05"]),
        ([float("inf"), 1.0], ["inf", "1"]),
        ([np.float64(1234.5), np.float64(25.5)], ["1,234", "26"]),
        ([np.int64(1234567)], ["1,234,567"]),
        (["text", 1.25], ["text", "1.25"]),
        ([True, False], ["True", "False"]),
        ([float("nan")], ["–"]),
    ],
)
def test_numbers_of_a_column_have_the_digits_they_need(values, shown):
    assert format_column(values) == shown


def test_how_to_reproduce_gives_command_seed_and_versions():
    section = reproduce_section(
        {
            "script": "/home/me/my code/bin/run.py",
            "cwd": "/home/me/my code",
            "overrides": {"max_workers": 2, "smoke": True},
            "seed": 7,
            "versions": {"l2l": "0.1.0", "numba": None},
            "optimizee_description": {"scenario_hash": "6c91"},
        }
    )
    assert "    cd '/home/me/my code'\n    l2l-run bin/run.py --max-workers 2 --smoke --seed 7" in section.text
    facts = {row["fact"]: row["value"] for row in section.table}
    assert facts == {"seed": "7", "scenario hash": "6c91", "l2l version": "0.1.0"}


def test_how_to_reproduce_a_script_that_was_given_options_of_its_own():
    section = reproduce_section({"script": "/a/run.py", "cwd": "/b", "argv": ["--size", "3 4"], "seed": 0})
    assert "    cd /b\n    python /a/run.py --size '3 4'" in section.text


def test_how_to_reproduce_a_run_without_script_does_not_make_up_a_command():
    section = reproduce_section({"script": None, "cwd": "/", "seed": 0, "versions": {}})
    assert "l2l-run" not in section.text
    assert "manifest.yaml" in section.text


FOUND = {
    "individual": {"x": 1.5, "y": [2.0, 3.0]},
    "fitness": [7.25, 40.0],
    "standard_error": [0.5, 2.0],
    "interval": [[6.2, 8.3], [35.9, 44.1]],
    "replicates": 30,
}


def test_confirmed_best_is_shown_with_its_interval(write):
    manifest = {"recommendation": FOUND, "confirm": {"n": 30, "candidates": 10}}
    (section,) = confirmed_sections(manifest, ("payoff", "treatments"))
    assert [list(row.values()) for row in section.table] == [
        ["payoff", 7.25, 0.5, 6.2, 8.3],
        ["treatments", 40.0, 2.0, 35.9, 44.1],
    ]
    page = write(section)
    assert "Up to 10 of the best" in page.text and "evaluated 30 times" in page.text and "y: [2.0, 3.0]" in page.text


def test_run_without_a_confirmed_best_has_no_section_for_it():
    assert confirmed_sections({"confirm": {"n": 30, "candidates": 10}}) == []
