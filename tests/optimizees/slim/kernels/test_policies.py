"""Compiled policies: what each does with what it sees."""

import numpy as np
import pytest

from l2l.optimizees.slim.kernels import policies
from l2l.optimizees.slim.types.policies import Family

EMB, THERMOLICER, CLEANERFISH, FALLOW, NOTHING = range(5)
N_DRAWS = 4000


def decide(sea, family, parameters=(), farm=0):
    return policies.decide(int(family), np.array(parameters, float), sea.shared, sea.state, farm, sea.day)


def shares(sea, family, farm=0):
    actions = [decide(sea, family, farm=farm) for _ in range(N_DRAWS)]
    return np.bincount(actions, minlength=5) / N_DRAWS


def five_errors(p):
    return 5 * np.sqrt(p * (1 - p) / N_DRAWS) + 1e-12


def test_untreated_does_nothing(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 100
    sea.state.asked_to_treat[:] = 1
    assert decide(sea, Family.UNTREATED) == NOTHING


# ------------------------------------------------------------------------------------------------ bernoulli


def test_bernoulli_does_nothing_unless_asked(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 5.9
    assert shares(sea, Family.BERNOULLI)[NOTHING] == 1


def test_bernoulli_defects_with_its_probability_when_asked(sea_of):
    sea = sea_of({"defection_proba": 0.4})
    sea.state.asked_to_treat[:] = 1
    found = shares(sea, Family.BERNOULLI)
    assert found[NOTHING] == pytest.approx(0.4, abs=five_errors(0.4))
    np.testing.assert_allclose(found[:3], 0.2, atol=five_errors(0.2))
    assert found[FALLOW] == 0


def test_bernoulli_always_treats_above_the_enforcement_threshold(sea_of):
    sea = sea_of({"defection_proba": 1.0, "treatment_types": ["emb", "cleanerfish"]})
    sea.state.aggregation[:] = 6.0
    found = shares(sea, Family.BERNOULLI)
    np.testing.assert_allclose(found[[EMB, CLEANERFISH]], 0.5, atol=five_errors(0.5))
    assert found[THERMOLICER] == found[NOTHING] == 0


@pytest.mark.parametrize("family", [Family.BERNOULLI, Family.MOSAIC])
def test_site_without_treatments_does_nothing(sea_of, family):
    sea = sea_of({"treatment_types": []})
    sea.state.aggregation[:] = 100.0
    sea.state.asked_to_treat[:] = 1
    assert decide(sea, family) == NOTHING


def test_a_farm_decides_the_same_whoever_else_is_there(sea_of):
    def decisions(*farms):
        sea = sea_of(*farms, seed=3)
        sea.state.asked_to_treat[:] = 1
        return [decide(sea, Family.BERNOULLI, farm=1) for _ in range(50)]

    assert decisions({}, {}) == decisions({}, {}, {}, {})


# --------------------------------------------------------------------------------------------------- mosaic


def test_mosaic_takes_the_sites_treatments_in_turn(sea_of):
    sea = sea_of({}, {"treatment_types": ["emb", "cleanerfish"]})
    sea.state.asked_to_treat[:] = 1
    sea.state.aggregation[:] = 2.1
    assert [decide(sea, Family.MOSAIC, farm=0) for _ in range(4)] == [EMB, THERMOLICER, CLEANERFISH, EMB]
    assert [decide(sea, Family.MOSAIC, farm=1) for _ in range(3)] == [EMB, CLEANERFISH, EMB]


@pytest.mark.parametrize(("asked", "aggregation"), [(0, 10.0), (1, 2.0)])
def test_mosaic_waits_until_asked_and_above_two_females_per_fish(sea_of, asked, aggregation):
    sea = sea_of()
    sea.state.asked_to_treat[:] = asked
    sea.state.aggregation[:] = aggregation
    assert decide(sea, Family.MOSAIC) == NOTHING
    sea.state.asked_to_treat[:] = 1
    sea.state.aggregation[:] = 2.1
    assert decide(sea, Family.MOSAIC) == EMB  # nothing was taken from the rotation


# ------------------------------------------------------------------------------------------------ threshold


def rules(emb=12.0, thermolicer=12.0, cleanerfish=12.0, spacing=0.0, kept_back=0.0, cooperation=0.0, fallow=100.0):
    limits = [x for limit in (emb, thermolicer, cleanerfish) for x in (limit, spacing, kept_back)]
    return [*limits, cooperation, fallow]


def test_threshold_treats_from_its_aggregation_on(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 2.99
    assert decide(sea, Family.THRESHOLD, rules(thermolicer=3.0)) == NOTHING
    sea.state.aggregation[:] = 3.0
    assert decide(sea, Family.THRESHOLD, rules(thermolicer=3.0)) == THERMOLICER


def test_threshold_takes_the_one_exceeded_most(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 6.0
    assert decide(sea, Family.THRESHOLD, rules(emb=5.0, thermolicer=2.0, cleanerfish=4.0)) == THERMOLICER


@pytest.mark.parametrize(("cooperation", "asked"), [(0.0, 0), (1.0, 1)])
def test_threshold_breaks_ties_by_number(sea_of, cooperation, asked):
    sea = sea_of()
    sea.state.aggregation[:] = 12.0
    sea.state.asked_to_treat[:] = asked
    assert decide(sea, Family.THRESHOLD, rules(cooperation=cooperation)) == EMB


def test_threshold_passes_over_what_a_site_may_not_use(sea_of):
    sea = sea_of({"treatment_types": ["cleanerfish"]})
    sea.state.aggregation[:] = 6.0
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0)) == NOTHING
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, cleanerfish=5.0)) == CLEANERFISH


def test_threshold_waits_its_days_since_the_last_treatment(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 6.0
    sea.state.memory[0, EMB] = 10
    sea.day = 39
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, spacing=30.0)) == NOTHING
    sea.day = 40
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, spacing=30.0)) == EMB


def test_threshold_keeps_back_a_share_of_the_quota_that_falls_over_the_year(sea_of):
    sea = sea_of({"max_num_treatments": 10})
    sea.state.aggregation[:] = 6.0
    sea.state.remaining[:] = 5
    keep_all = rules(emb=1.0, kept_back=1.0)
    sea.day = 182  # 10 (1 - 182 / 365) = 5.01 are kept
    assert decide(sea, Family.THRESHOLD, keep_all) == NOTHING
    sea.day = 183
    assert decide(sea, Family.THRESHOLD, keep_all) == EMB
    sea.day = 0
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, kept_back=0.5)) == NOTHING
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, kept_back=0.49)) == EMB
    assert decide(sea, Family.THRESHOLD, rules(cleanerfish=1.0, kept_back=1.0)) == CLEANERFISH  # not of the quota


def test_threshold_falls_by_cooperation_when_asked(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 3.0
    helpful = rules(emb=5.0, cooperation=0.4)
    assert decide(sea, Family.THRESHOLD, helpful) == NOTHING
    sea.state.asked_to_treat[:] = 1
    assert decide(sea, Family.THRESHOLD, helpful) == EMB
    assert decide(sea, Family.THRESHOLD, rules(emb=5.0, cooperation=0.39)) == NOTHING


def test_threshold_does_not_treat_without_lice(sea_of):
    sea = sea_of()
    sea.state.asked_to_treat[:] = 1
    assert decide(sea, Family.THRESHOLD, rules(cooperation=1.0)) == NOTHING


def test_threshold_fallows_from_its_aggregation_on(sea_of):
    sea = sea_of()
    sea.state.aggregation[:] = 20.0
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, fallow=20.0)) == FALLOW
    assert decide(sea, Family.THRESHOLD, rules(emb=1.0, fallow=20.1)) == EMB


# --------------------------------------------------------------------------------------------------- linear


def test_linear_scores_the_features_in_their_order(sea_of):
    sea = sea_of({"ncages": 2, "num_fish": 1000})
    state = sea.state
    state.aggregation[0] = np.e - 1
    state.reported_aggregation[0] = np.e**2 - 1
    state.fish_population[0] = 500
    state.cleaner_population[0] = 50
    state.treating[0] = [1, 0, 1, 1]
    state.remaining[0] = 4
    state.asked_to_treat[0] = 1
    features = np.array([1, 1, 2, 0.25, 0.1, 1, 0, 1, 1, 0.4, 1])
    for i, feature in enumerate(features):
        scores = np.zeros((4, 11))
        scores[THERMOLICER, 0] = 1e-9
        scores[FALLOW, i] = 1.0  # the score of fallow is the feature; it competes with a constant just below
        for off, action in ((-1e-6, FALLOW), (1e-6, THERMOLICER)):
            scores[THERMOLICER, 0] = feature + off if feature else 1e-9
            expected = action if feature else THERMOLICER
            assert decide(sea, Family.LINEAR, scores.ravel()) == expected, i


def test_linear_does_nothing_where_no_score_is_positive(sea_of):
    sea = sea_of()
    assert decide(sea, Family.LINEAR, np.zeros(44)) == NOTHING
    assert decide(sea, Family.LINEAR, np.full(44, -1.0)) == NOTHING


def test_linear_passes_over_what_a_site_may_not_use(sea_of):
    sea = sea_of({"treatment_types": ["thermolicer"]})
    scores = np.zeros((4, 11))
    scores[:, 0] = [3, 1, 2, -1]
    assert decide(sea, Family.LINEAR, scores.ravel()) == THERMOLICER


# -------------------------------------------------------------------------------------------------- piloted


def test_piloted_does_what_the_table_says_of_the_day(sea_of):
    sea = sea_of()
    table = [NOTHING, CLEANERFISH, FALLOW]
    found = []
    for sea.day in range(3):
        found.append(decide(sea, Family.PILOTED, table))
    assert found == table
