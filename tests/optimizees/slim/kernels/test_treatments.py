"""Treatments of one cage: when they act, what they kill and what they cost."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import treatments
from l2l.optimizees.slim.types.rules import PUBLISHED, REVISED

EMB, THERMOLICER, CLEANERFISH = range(3)
PERIOD = np.array([7, 1, 1])
DELAY = np.array([5, 1, 1])


def events_of(*rows, rules=REVISED):
    """Events [treatment, day of application, delay, duration], as ``add_event`` writes them."""
    events = np.zeros((6, treatments.EVENT_FIELDS), np.int64)
    n_events = 0
    for treatment, day, delay, duration in rows:
        period = PERIOD[treatment]
        n_events = treatments.add_event.py_func(events, n_events, treatment, day, delay, duration, period, rules)
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
    assert treatments.drop_finished(events, n, 12) == 3
    assert treatments.drop_finished(events, n, 13) == 2
    assert events[:2, 0].tolist() == [EMB, CLEANERFISH]
    assert treatments.drop_finished.py_func(events, 2, 26) == 2
    assert treatments.drop_finished(events, 2, 27) == 1
    assert events[0].tolist() == [CLEANERFISH, 26, 27, 28, 28]


def test_events_of_a_day_are_in_the_order_of_how_long_they_act():
    events, n = events_of((CLEANERFISH, 3, 1, 1), (THERMOLICER, 4, 1, 1), (CLEANERFISH, 4, 1, 1), (EMB, 4, 5, 21))
    assert n == 4
    assert events[:n, :2].tolist() == [[CLEANERFISH, 3], [EMB, 4], [THERMOLICER, 4], [CLEANERFISH, 4]]
    assert events[1].tolist() == [EMB, 4, 9, 30, 30]


def test_effect_that_ended_during_the_night_before_the_first_day_is_over():
    events, _ = events_of((EMB, -27, 5, 21.4))  # until 14:24 of the day before
    assert not treatments.in_effect(events[0], 0)
    events, _ = events_of((EMB, -26, 5, 21.4))
    assert treatments.in_effect(events[0], 0)


def test_event_lasts_as_long_as_it_is_applied():
    events, n = events_of((EMB, 0, 0, 2))
    assert treatments.drop_finished(events, n, 6) == 1
    assert treatments.drop_finished(events, n, 7) == 0


def test_cage_is_under_the_treatments_of_its_events():
    events, n = events_of((EMB, 0, 5, 21), (CLEANERFISH, 0, 1, 1))
    assert [treatments.is_under(events, n, t, 20, PERIOD) for t in range(3)] == [True, False, False]
    assert [treatments.is_under(events, n, t, 2, PERIOD) for t in range(3)] == [True, False, True]
    assert [treatments.is_under.py_func(events, 0, t, 0, PERIOD) for t in range(3)] == [False, False, False]


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


# ------------------------------------------------------------------------------ as the published code has it


def test_without_delay_lice_die_from_the_day_of_application():
    events, _ = events_of((EMB, 100, 5, 21.0), rules=PUBLISHED)
    assert [treatments.in_effect(events[0], day) for day in (99, 100, 126, 127)] == [False, True, True, False]


def kill(stream, lice, events, n, day, cleaner_fish=0, n_fish=1000):
    efficacy = np.zeros((3, 6, 3))
    efficacy[EMB, 2:] = [0.999, 0.2, 0.2]
    efficacy[THERMOLICER, 2:] = 0.8
    efficacy[CLEANERFISH, 3:] = 0.823
    killed = np.full((6, 3), 7)
    cleaners = np.array([0, 0, cleaner_fish])
    treatments.kill_apart(
        stream, lice, events, n, day, efficacy, np.array([0, 0, 1], bool), cleaners, n_fish, PUBLISHED, killed
    )
    return killed


def test_rates_add_up_and_never_exceed_one(stream):
    lice = np.array([[1000, 500, 100]] * 6)
    killed = kill(stream, lice, *events_of((EMB, 0, 5, 21), rules=PUBLISHED), 3)
    assert killed.sum(axis=0).tolist() == [round(4000 * 0.999), 400, 80]
    assert killed[:2].sum() == 0
    assert (killed <= lice).all()
    both = kill(stream, lice, *events_of((EMB, 0, 5, 21), (THERMOLICER, 0, 1, 1), rules=PUBLISHED), 1)
    assert both.sum(axis=0).tolist() == [4000, 2000, 400]


def test_stages_are_those_of_the_first_treatment(stream):
    lice = np.array([[1000, 500, 100]] * 6)
    cleaners_first = events_of((CLEANERFISH, 0, 1, 1), (THERMOLICER, 0, 1, 1), rules=PUBLISHED)
    assert kill(stream, lice, *cleaners_first, 1)[:3].sum() == 0
    assert kill(stream, lice, *cleaners_first, 1)[3:].sum(axis=0).tolist() == [2400, 1200, 240]


def test_cleaner_fish_eat_again_for_each_event_of_theirs(stream):
    lice = np.array([[10**5, 0, 0]] * 6)
    none = events_of(rules=PUBLISHED)
    once = kill(stream, lice, *none, 1, cleaner_fish=50)
    assert once.sum() == round(3e5 * (1 - np.exp(-0.823 * 0.05)))
    twice = kill(stream, lice, *events_of((CLEANERFISH, 0, 1, 1), rules=PUBLISHED), 1, cleaner_fish=50)
    assert twice.sum() == round(2 * 3e5 * (1 - np.exp(-0.823 * 0.05)))
    assert kill(stream, lice, *none, 1).sum() == 0


def test_dead_lice_are_spread_over_stages_at_random(stream):
    for count in (1000, 10**7):  # without and with replacement
        lice = np.array([[count, 0, 0]] * 6)
        events, n = events_of((THERMOLICER, 0, 1, 1), rules=PUBLISHED)
        killed = np.array([kill(stream, lice, events, n, 1)[2:, 0] for _ in range(500)])
        assert (killed.sum(axis=1) == round(4 * count * 0.8)).all()
        variance = 0.8 * count * 0.75 if count > 10**6 else 4 * count * 0.8 * 0.25 * 0.75 * 0.2
        np.testing.assert_allclose(killed.mean(axis=0), 0.8 * count, atol=5 * np.sqrt(variance / 500))
        np.testing.assert_allclose(killed.var(axis=0), variance, rtol=0.35)


def test_fish_die_of_a_treatment_on_each_day_of_its_effect(stream):
    events, n = events_of((EMB, 10, 5, 21), (THERMOLICER, 12, 1, 1), rules=PUBLISHED)
    duration, month = np.array([[21.0, 1.0, 1.0]]), np.zeros(99, np.int64)
    dead = [
        treatments.deaths_under_effect(
            stream, 40_000, events, n, day, month, duration, np.array([0.007, 0.028, 0]), False
        )
        for day in (9, 10, 12, 14, 15, 36, 37)
    ]
    assert dead == [0, 13, 13 + 1120, 13 + 1120, 13, 13, 0]


def test_effect_that_is_over_at_once_takes_its_fish_in_a_day(stream):
    events, n = events_of((THERMOLICER, 10, 0, 0), rules=PUBLISHED)
    duration, month = np.zeros((1, 3)), np.zeros(99, np.int64)
    dead = treatments.deaths_under_effect(stream, 1000, events, n, 10, month, duration, np.array([0, 0.028, 0]), False)
    assert dead == 28


def test_published_cost_is_that_of_the_last_treatment_for_one_fish():
    events, n = events_of((EMB, 0, 5, 21), (THERMOLICER, 3, 1, 1), (CLEANERFISH, 5, 1, 1), rules=PUBLISHED)
    dose, price = np.array([0.01706, 0, 0]), np.array([0.0, 10_000, 500])
    cleaner = np.array([False, False, True])
    costs = [treatments.last_application_cost(events, n, day, PERIOD, dose, price, cleaner, 2.5) for day in range(9)]
    np.testing.assert_allclose(costs, [0.04265, 0.04265, 0.04265, 10_000, 0.04265, 0, 0.04265, 0, 0])


def test_published_cleaner_fish_come_on_three_days_and_the_last_few_live():
    events, n = events_of((CLEANERFISH, 3, 1, 1), rules=PUBLISHED)
    gained = []
    for day in range(9):
        n = treatments.drop_finished(events, n, day) if day > 6 else n
        gained.append(treatments.cleaner_fish_gained(events, n, day, CLEANERFISH, 40_000, 0, 0.028))
    assert gained == [0, 0, 0, 0, 400, 400, 400, 0, 0]
    assert treatments.cleaner_fish_gained(events, 0, 9, CLEANERFISH, 40_000, 35, 0.028) == 0
    assert treatments.cleaner_fish_gained(events, 0, 9, CLEANERFISH, 40_000, 1000, 0.028) == -28
