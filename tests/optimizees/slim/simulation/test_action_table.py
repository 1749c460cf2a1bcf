"""Tables of actions: farm, date, action."""

import numpy as np
import pytest

from l2l.optimizees.slim.simulation.action_table import read_action_table
from l2l.optimizees.slim.simulation.config import Config, ConfigError

EMB, THERMOLICER, CLEANERFISH, FALLOW, NONE = range(5)
FYNE = Config.scenario("Fyne")  # Tarbert South and Rubha Stillaig, from 2018-01-01 on


def table(tmp_path, text):
    path = tmp_path / "piloted.csv"
    path.write_text(text)
    return path


def test_listed_days_have_their_action_and_all_others_none(tmp_path):
    rows = ["farm_0,2018-01-01,emb", "farm_0,2018-01-03,fallow", "farm_1,2018-01-02,Thermolicer"]
    actions = read_action_table(table(tmp_path, "\n".join(["farm,date,action", *rows, ""])), FYNE)
    assert actions.shape == (730, 2)
    assert actions[:4].tolist() == [[EMB, NONE], [NONE, THERMOLICER], [FALLOW, NONE], [NONE, NONE]]
    assert (actions[4:] == NONE).all()


@pytest.mark.parametrize("farm", ["farm_1", "1", "Rubha Stillaig", " farm_1 "])
@pytest.mark.parametrize("action", ["cleaner fish", "CLEANERFISH", "Cleaner-Fish", "2"])
@pytest.mark.parametrize("date", ["2018-12-31", "2018-12-31 00:00:00"])
def test_farms_actions_and_dates_may_be_written_in_several_ways(tmp_path, farm, action, date):
    actions = read_action_table(table(tmp_path, f"date,action,farm\r\n{date},{action},{farm}\r\n"), FYNE)
    assert np.argwhere(actions != NONE).tolist() == [[364, 1]]
    assert actions[364, 1] == CLEANERFISH


def test_quoted_cells_a_byte_order_mark_and_empty_lines_are_read(tmp_path):
    text = '\ufefffarm,date,action\n"Tarbert South","2018-01-02","none"\n\n0,2018-01-03,0\n'
    assert read_action_table(table(tmp_path, text), FYNE)[1:3, 0].tolist() == [NONE, EMB]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "line 1: the columns are none; expected farm, date, action"),
        ("farm,day,action\n0,1,2\n", "line 1: the columns are farm, day, action; expected"),
        ("farm,date\n0,2018-01-01\n", "line 1: the columns are farm, date; expected"),
        ("farm,date,action\n", "has no rows"),
        ("farm,date,action\n0,2018-01-01,emb\n0,2018-0\n", "line 3: 2 values; expected 3"),
        ("farm,date,action\n0,2018-01-01,fallow\n0,2018-01-02,1", "may be cut off: its last line, '0,2018-01-02,1'"),
        ("farm,date,action\nfarm_2,2018-01-01,emb\n", "line 2: no farm 'farm_2'.*did you mean 'farm_"),
        ("farm,date,action\nTarbert,2018-01-01,emb\n", "line 2: no farm 'Tarbert'.*Tarbert South"),
        ("farm,date,action\n-1,2018-01-01,emb\n", "line 2: no farm '-1'"),
        ("farm,date,action\n0,01/02/2018,emb\n", "line 2: date '01/02/2018'; expected one such as 2018-01-31"),
        ("farm,date,action\n0,2018-02-29,emb\n", "line 2: date '2018-02-29'"),
        ("farm,date,action\n0,2018-01-01 12:00,emb\n", "line 2: date .* a whole day"),
        (
            "farm,date,action\n0,2017-12-31,emb\n",
            "line 2: date 2017-12-31 is outside the run; .*730 days from 2018-01-01",
        ),
        ("farm,date,action\n0,2020-01-01,emb\n", "line 2: date 2020-01-01 is outside the run"),
        ("farm,date,action\n0,2018-01-02,emb\n0,2018-01-01,emb\n", "line 3: date 2018-01-01 of farm '0' stands after"),
        ("farm,date,action\n0,2018-01-02,emb\nfarm_0,2018-01-02,none\n", "line 3: date 2018-01-02 .* stands twice"),
        (
            "farm,date,action\n0,2018-01-02,embb\n",
            "line 2: no action 'embb'; expected a number from 0 to 4 or a name; did you mean 'EMB'",
        ),
        (
            "farm,date,action\n0,2018-01-02,5\n",
            "line 2: no action '5'; .*known: CLEANERFISH, EMB, THERMOLICER, fallow, none",
        ),
        ("farm,date,action\n0,2018-01-02,\n", "line 2: no action ''"),
        ('farm,date,action\n0,2018-01-02,"emb\n', "after line 2: not a CSV table"),
        ("farm,date,action\n0,2018-01-02,emb\0\n", "line 2: no action"),
    ],
)
def test_faults_name_file_and_line(tmp_path, rows, message):
    with pytest.raises(ConfigError, match=message) as error:
        read_action_table(table(tmp_path, rows), FYNE)
    assert "piloted.csv" in str(error.value)


def test_file_that_is_no_text_is_an_error(tmp_path):
    path = tmp_path / "piloted.csv"
    path.write_bytes(b"farm,date,action\n\xff\xfe\n")
    with pytest.raises(ConfigError, match="piloted.csv.*not a text file in UTF-8"):
        read_action_table(path, FYNE)
    with pytest.raises(ConfigError, match="there is no file"):
        read_action_table(tmp_path / "other.csv", FYNE)


def test_farms_of_the_same_name_go_by_number(tmp_path):
    config = FYNE.replace(**{"farms.*.name": "i"})
    with pytest.raises(ConfigError, match="line 2: 2 farms are called 'i'; expected a number"):
        read_action_table(table(tmp_path, "farm,date,action\ni,2018-01-01,emb\n"), config)
