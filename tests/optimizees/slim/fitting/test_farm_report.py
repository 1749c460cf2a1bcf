"""Reports of farms: what is read, and what is refused."""

import pytest

from l2l.optimizees.slim.fitting.farm_report import LICE, MORTALITY, read_report
from l2l.optimizees.slim.simulation.config import Config, ConfigError

HEADER = "date,site_name,site_id,lice_count,mortality,cumulative_mortality,lice_note,mortality_comment\n"
ROWS = (
    "2018-01-15,Tarbert South,FFMC49,0.25,0.4,In production,,\n"
    "2018-01-15,Rubha Stillaig,FFMC66,,1.5,In production,,\n"
    "2018-03-15,Tarbert South,FFMC49,0.5,,In production,,\n"
)


@pytest.fixture(scope="module")
def config():
    return Config.scenario("Fyne")


@pytest.fixture
def read(tmp_path, config):
    def read(text, **options):
        path = tmp_path / "report.csv"
        path.write_text(text)
        return read_report(path, config, **options)

    return read


def rows_of(report):
    return list(
        zip(
            report.quantity.tolist(),
            report.farm.tolist(),
            report.first.tolist(),
            report.last.tolist(),
            report.value.tolist(),
            strict=True,
        )
    )


def test_row_covers_its_month_and_empty_numbers_are_not_reported(read):
    assert rows_of(read(HEADER + ROWS)) == [
        (LICE, 0, 0, 30, 0.25),
        (LICE, 0, 59, 89, 0.5),
        (MORTALITY, 0, 0, 30, 0.4),
        (MORTALITY, 1, 0, 30, 1.5),
    ]


def test_order_of_rows_and_columns_does_not_matter(read):
    expected = rows_of(read(HEADER + ROWS))
    backwards = HEADER + "".join(reversed(ROWS.splitlines(keepends=True)))
    assert rows_of(read(backwards)) == expected
    turned = "\n".join(",".join(reversed(line.split(","))) for line in (HEADER + ROWS).splitlines())
    assert rows_of(read(turned + "\n")) == expected


def test_row_may_cover_days_up_to_its_date(read):
    weekly = "date,site_name,lice_count\n2018-01-07,farm_1,1\n2018-01-14,farm_1,2\n2018-01-28,farm_1,3\n"
    assert rows_of(read(weekly, period=7)) == [(LICE, 1, 0, 6, 1), (LICE, 1, 7, 13, 2), (LICE, 1, 21, 27, 3)]


def test_report_of_the_published_scenario_is_read_whole(slim_data):
    config = Config.from_files(slim_data / "slim-config" / "Fyne_complete")
    report = read_report(slim_data / "slim-config" / "Fyne_complete" / "report.csv", config)
    assert set(report.farm.tolist()) == set(range(9))
    assert len(report) > 300 and report.last.max() == config.n_days - 1
    january = (report.quantity == MORTALITY) & (report.first == 0)
    names = [config.farms[f].name for f in report.farm[january]]
    assert dict(zip(names, report.value[january], strict=True))["Quarry Point"] == 0.8
    assert report.left_out == ["186 rows of times that the run does not cover whole"]


def test_date_may_have_a_time(read):
    assert rows_of(read("date,site_name,lice_count\n2018-01-07 00:00:00,farm_1,1\n")) == [(LICE, 1, 0, 30, 1)]


def test_sites_that_are_no_farms_are_named_with_the_nearest(read):
    report = read(HEADER + ROWS + "2018-02-15,Tarbet South,X,0.1,0.1,,,\n")
    assert len(report) == 4
    assert report.left_out == [
        "1 rows of 'Tarbet South', which is no farm of the scenario; did you mean 'Tarbert South'?"
    ]


def test_case_and_spaces_of_a_name_do_not_matter(read):
    assert rows_of(read("date,site_name,lice_count\n2018-01-01,tarbert  SOUTH ,1\n"))[0][1] == 0


def test_months_that_the_run_does_not_cover_whole_are_left_out(read):
    report = read(HEADER + ROWS + "2017-12-15,Tarbert South,,9,9,,,\n2020-01-15,Tarbert South,,9,9,,,\n")
    assert report.value.max() == 1.5
    assert report.left_out == ["2 rows of times that the run does not cover whole"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; expected a header with date, site_name, lice_count, mortality"),
        ("day,site_name,lice_count\n", "the header has no column 'date'"),
        ("date,site_nam,lice_count\n", "the header has no column 'site_name'; did you mean 'site_nam'"),
        ("date,site_name,lice\n", "neither lice_count nor mortality"),
        ("date,site_name,mortality,mortality\n", "has the column 'mortality' 2 times"),
        (HEADER + ROWS + "2018-04-15,Tarbert So\n", "line 5 has 2 cells; expected 8"),
        (HEADER + ROWS + "2018-04-15,Tarbert South,,1", "its last line, '2018-04-15,Tarbert South,,1', has no"),
        (HEADER + "15/01/2018,Tarbert South,,1,,,,\n", "line 2: date is '15/01/2018'; expected one such as 2018-01-15"),
        (HEADER + ROWS + "2018-04-15,Tarbert South,,-1,,,,\n", "line 5: lice_count is '-1'; expected a number >= 0"),
        (HEADER + "2018-04-15,Tarbert South,,nan,,,,\n", "line 2: lice_count is 'nan'"),
        (HEADER + "2018-04-15,Tarbert South,,few,,,,\n", "line 2: lice_count is 'few'; expected a number >= 0"),
        (HEADER + "2018-04-15,Tarbert South,,1_5,,,,\n", "line 2: lice_count is '1_5'"),
        (HEADER + "2018-04-15,Tarbert South,,,4 %,,,\n", "line 2: mortality is '4 %'; expected a percentage"),
        (HEADER + "2018-04-15,Tarbert South,,,-0.1,,,\n", "line 2: mortality is '-0.1'"),
        (HEADER + "2018-02-30,Tarbert South,,1,,,,\n", "line 2: date is '2018-02-30'"),
        (HEADER + "2018-04-155,Tarbert South,,1,,,,\n", "line 2: date is '2018-04-155'"),
        (HEADER + ",Tarbert South,,1,,,,\n", "line 2: date is ''"),
        (HEADER + ROWS + ROWS.splitlines()[1] + "\n", "line 5: Rubha Stillaig has another row"),
        (HEADER + "2018-04-15,Tarbert South,,1,5,,,,\n", "line 2 has 9 cells; expected 8"),
        ("date;site_name;lice_count\n2018-04-15;farm_0;1\n", "the header has no column 'date'"),
        (HEADER, "has no lice count or mortality of a farm"),
        (HEADER + "2018-04-15,Tarbert South,,,101,,,\n", "line 2: mortality is '101'; expected a percentage"),
        (HEADER + "2018-04-15,,,1,,,,\n", "line 2: site_name is empty"),
        (
            HEADER + ROWS + "2018-01-20,Tarbert South,,1,,,,\n",
            "line 5: Tarbert South has another row for the same month in line 2",
        ),
        (HEADER + "2030-01-15,Tarbert South,,1,,,,\n", "no lice count or mortality of a farm of 'Loch Fyne, two farms' "
         "from 2018-01-01 to 2020-01-01; 1 rows of times"),
        (HEADER + "2018-01-15,Nowhere,,1,,,,\n", "1 rows of 'Nowhere', which is no farm"),
        ('date,site_name,lice_count\n2018-01-15,"Tarbert\n', "not CSV"),
    ],
)  # fmt: skip
def test_fault_of_the_file_is_told_with_its_place(read, text, message):
    with pytest.raises(ConfigError) as told:
        read(text)
    assert message in str(told.value)


def test_name_that_several_farms_have_is_refused(tmp_path, config):
    (tmp_path / "report.csv").write_text("date,site_name,lice_count\n2018-01-15,i,1\n")
    with pytest.raises(ConfigError, match=r"2 farms are called 'i'; expected farm_0, farm_1"):
        read_report(tmp_path / "report.csv", config.replace(**{"farms.*.name": "i"}))


def test_missing_file_is_told(tmp_path, config):
    with pytest.raises(ConfigError, match="there is no file"):
        read_report(tmp_path / "none.csv", config)
