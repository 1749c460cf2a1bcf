"""Treatments of one cage: when they act, what they kill and what they cost."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import treatments

EMB, THERMOLICER, CLEANERFISH = range(3)
PERIOD = np.array([7, 1, 1])
DELAY = np.array([5, 1, 1])


def events_of(*rows):
    """Events [treatment, day of application, delay, duration], as ``add_event`` writes them."""
    events = np.zeros((6, 4), np.int64)
    n_events = 0
    for treatment, day, delay, duration in rows:
        n_events = treatments.add_event.py_func(events, n_events, treatment, day, delay, duration)
    return events, n_events


@pytest.mark.parametrize(("duration", "last"), [(21.0, 126), (25.92, 130), (1.0, 106)])
def test_lice_die_from_the_delay_until_the_duration_has_passed(duration, last):
    events, n = events_of((EMB, 100, 5, duration))
    efficacy = np.zeros((3, 6, 3))
    efficacy[EMB, 2:] = [0.999, 0.2, 0.1]
    dying = []
    for day in range(95, 140):
        survival = np.ones((6, 3))
        treatments.treat_lice(survival, events, n, day, efficacy, np.array([False, False, True]))
        if (survival < 1).any():
            dying.append(day)
            np.testing.assert_array_equal(survival[:2], 1.0)
            np.testing.assert_allclose(survival[2:], np.tile([0.001, 0.8, 0.9], (4, 1)))
    assert dying == list(range(105, last + 1))


@pytest.mark.parametrize("treat_lice", [treatments.treat_lice, treatments.treat_lice.py_func])
def test_treatments_act_one_after_the_other(treat_lice):
    events, n = events_of((EMB, 0, 0, 9), (THERMOLICER, 0, 0, 9), (CLEANERFISH, 0, 0, 9))
    efficacy = np.empty((3, 6, 3))
    efficacy[:] = np.array([0.5, 0.8, 0.9])[:, None, None]
    survival = np.full((6, 3), 0.9)
    treat_lice(survival, events, n, 3, efficacy, np.array([False, False, True]))
    np.testing.assert_allclose(survival, 0.9 * 0.5 * 0.2)  # cleaner fish act by their number instead


def test_finished_events_are_dropped_and_the_others_kept_in_order():
    events, n = events_of((EMB, 0, 5, 21), (THERMOLICER, 10, 1, 1), (CLEANERFISH, 26, 1, 1))
    assert treatments.drop_finished(events, n, 12, PERIOD) == 3
    assert treatments.drop_finished(events, n, 13, PERIOD) == 2
    assert events[:2, 0].tolist() == [EMB, CLEANERFISH]
    assert treatments.drop_finished.py_func(events, 2, 26, PERIOD) == 2
    assert treatments.drop_finished(events, 2, 27, PERIOD) == 1
    assert events[0].tolist() == [CLEANERFISH, 26, 27, 28]


def test_event_lasts_as_long_as_it_is_applied():
    events, n = events_of((EMB, 0, 0, 2))
    assert treatments.drop_finished(events, n, 6, PERIOD) == 1
    assert treatments.drop_finished(events, n, 7, PERIOD) == 0


def test_cage_is_under_the_treatments_of_its_events():
    events, n = events_of((EMB, 0, 5, 21), (CLEANERFISH, 0, 1, 1))
    assert [treatments.is_under(events, n, t) for t in range(3)] == [True, False, True]
    assert [treatments.is_under.py_func(events, 0, t) for t in range(3)] == [False, False, False]


@pytest.mark.parametrize("eat_lice", [treatments.eat_lice, treatments.eat_lice.py_func])
def test_cleaner_fish_eat_by_their_number_per_fish(eat_lice):
    survival = np.ones((6, 3))
    rate = np.zeros((6, 3))
    rate[3:] = [0.823, 0.823, 0.4]
    rate[5] /= 2
    eat_lice(survival, 0.05, rate)
    np.testing.assert_allclose(survival, np.exp(-0.05 * rate))


def test_fish_die_of_what_is_applied_and_only_while_it_is():
    events, n = events_of((EMB, 10, 5, 21), (THERMOLICER, 12, 1, 1))
    mortality = np.array([0.007, 0.028, 0.0])
    hazards = [treatments.application_hazard(events, n, day, PERIOD, mortality) for day in range(9, 19)]
    emb = [0.001 / (1 - i * 0.001) for i in range(7)]
    both = 1 - (1 - emb[2]) * (1 - 0.028)
    np.testing.assert_allclose(hazards, [0, emb[0], emb[1], both, *emb[3:], 0, 0])


def test_parts_of_an_application_add_up_to_its_share():
    events, n = events_of((EMB, 0, 5, 21))
    for share in (0.0, 0.3, 1.0):
        alive = 1.0
        for day in range(7):
            alive *= 1 - treatments.application_hazard(events, n, day, PERIOD, np.array([share, 0, 0]))
        assert alive == pytest.approx(1 - share, abs=1e-12)


def test_doses_are_paid_on_each_day_and_applications_on_the_first():
    events, n = events_of((EMB, 0, 5, 21), (THERMOLICER, 3, 1, 1), (CLEANERFISH, 3, 1, 1))
    dose, price = np.array([0.01706, 0, 0]), np.array([0.0, 10_000, 500])
    costs = [treatments.application_cost(events, n, day, PERIOD, dose, price, 1e5) for day in range(9)]
    np.testing.assert_allclose(costs, [1706, 1706, 1706, 1706 + 10_500, 1706, 1706, 1706, 0, 0])


def test_cleaner_fish_are_stocked_once_per_application_after_the_delay():
    events, n = events_of((CLEANERFISH, 3, 1, 1), (EMB, 3, 5, 21), (CLEANERFISH, 5, 1, 1))
    fraction = np.array([0, 0, 0.05])
    cleaner_fish = np.zeros(3, np.int64)
    stocked = []
    for day in range(9):
        treatments.stock_cleaner_fish(cleaner_fish, events, n, day, DELAY, fraction, 40_010)
        stocked.append(cleaner_fish[CLEANERFISH])
    assert stocked == [0, 0, 0, 0, 2000, 2000, 4000, 4000, 4000]
    assert cleaner_fish[:CLEANERFISH].max() == 0
