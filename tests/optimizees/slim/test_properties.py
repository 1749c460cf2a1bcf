"""Random scenarios under random rules: counts add up and stay counts, and a seed says everything."""

from dataclasses import asdict, dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l2l.optimizees.slim.kernels.stages import L3
from l2l.optimizees.slim.simulation import record as records
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.observation import observations
from l2l.optimizees.slim.simulation.policies import Policy, piloted
from l2l.optimizees.slim.simulation.simulator import Simulator
from l2l.optimizees.slim.simulation.spaces import observation_space
from l2l.optimizees.slim.types.policies import Family
from l2l.optimizees.slim.types.rules import PUBLISHED, REVISED, Rules

FYNE = Config.scenario("Fyne")
TREATMENTS = [asdict(t) for t in FYNE.treatments]
DAY = np.datetime64("2018-01-01")
OF_A_POLICY = ("streams", "memory")  # which keeps its own
RULES = {
    "revised": st.just(REVISED),
    "published": st.just(PUBLISHED),
    "mixed": st.builds(Rules, *[st.booleans()] * len(Rules._fields)),
}


@dataclass
class Case:
    """A scenario, what happens in it, and the lice that are there on the first day."""

    config: Config
    policy: Policy
    seed: int
    lice_of_a_kind: int

    def begin(self) -> Simulator:
        simulator = Simulator(self.config)
        simulator.reset(self.seed)
        counts = np.random.default_rng(self.seed).integers(0, self.lice_of_a_kind + 1, simulator.state.lice.shape)
        counts[simulator.state.fish == 0, L3:] = 0  # nobody sits on no fish
        simulator.state.lice[:] = counts
        return simulator


@st.composite
def ratios(draw, genes):
    """Genotype frequencies, some of them zero."""
    of = {}
    for gene in genes:
        weights = np.array(draw(st.tuples(*[st.integers(0, 9)] * 3).filter(any)), float)
        of |= dict(zip((gene, gene.upper(), gene.upper() + gene), (weights / weights.sum()).tolist(), strict=True))
    return of


def dates(draw, n, first, last):
    return [str(DAY + draw(st.integers(first, last))) for _ in range(n)]


@st.composite
def farms(draw, names, n_days):
    """A farm of one to three cages, stocked before, during or after the run."""
    types = draw(st.lists(st.sampled_from(names), unique=True))
    n_cages = draw(st.integers(1, 3))
    n_scheduled = draw(st.integers(0, 3)) if types else 0
    return {
        "name": "any",
        "ncages": n_cages,
        "location": [190000, 665000],
        "num_fish": draw(st.sampled_from([0, 1, 2, 500, 40_000, 1_000_000])),
        "start_date": dates(draw, 1, -800, n_days)[0],
        "cages_start_dates": dates(draw, n_cages, -800, n_days + 5),
        "treatment_types": types,
        "treatment_dates": [[date, draw(st.sampled_from(types))] for date in dates(draw, n_scheduled, -20, n_days + 5)],
        "max_num_treatments": draw(st.sampled_from([0, 1, 10])),
        "sampling_spacing": draw(st.integers(1, 10)),
        "defection_proba": draw(st.sampled_from([0.0, 0.3, 1.0])),
    }


@st.composite
def cases(draw, rules):
    """What a user may configure, and do."""
    rules = draw(rules)
    n_days = draw(st.integers(1, 40))
    treatments = [*TREATMENTS, *draw(st.sampled_from([[], ["mechanical", "hydrogen_peroxide"]]))]
    names = ["emb", "thermolicer", "cleanerfish", *treatments[3:]]
    genes = draw(st.sampled_from(["a", "at", "abt"]))
    resistance = {"dominant": 0.6, "incompletely_dominant": 0.3, "recessive": 0.0}
    treatments[1] = {**treatments[1], "pheno_resistance": resistance if "t" in genes else None}
    sites = draw(st.lists(farms(names, n_days), min_size=1, max_size=4))
    n = len(sites)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cycle = {"harvest_mass_g": draw(st.sampled_from([90, 3000])), "fallow_days": draw(st.integers(0, 9))}
    config = FYNE.replace(
        rules=rules._asdict(),
        start_date=str(DAY),
        end_date=str(DAY + n_days),
        treatments=treatments,
        farms=sites,
        interfarm_probs=rng.dirichlet(np.ones(n + 1), n)[:, :n] * draw(st.sampled_from([0.0, 0.05, 1.0])),
        interfarm_times=rng.uniform(0, draw(st.sampled_from([0, 2, 30])), (n, n)),
        temperatures=rng.uniform(draw(st.sampled_from([1.0, 12.0])), 20.0, (n, 12)),
        genetic_ratios=draw(ratios(genes)),
        genetic_learning_rate=draw(st.sampled_from([0.0, 0.001, 1.0])),
        geno_mutation_rate=draw(st.sampled_from([0.0, 0.001, 1.0])),
        genetic_mechanism=draw(st.sampled_from(["discrete", "maternal"])),
        ext_pressure=draw(st.sampled_from([0, 1, 100, 1_000_000])),
        agg_rate_suggested_threshold=draw(st.sampled_from([0.0, 1.0, 100.0])),
        agg_rate_enforcement_threshold=draw(st.sampled_from([0.0, 2.0, 100.0])),
        agg_rate_enforcement_strikes=draw(st.integers(1, 4)),
        production_cycle=draw(st.sampled_from([None, cycle])) if rules.production_cycle else None,
    )
    kind = draw(st.sampled_from(["bernoulli", "mosaic", "threshold", "any"]))
    if kind == "any":
        actions = rng.integers(0, len(treatments) + 2, (n_days, n))
        # a fallow farm stays so: most days nothing, or the first would be the last of interest
        actions[rng.random((n_days, n)) < draw(st.sampled_from([0.0, 0.9]))] = len(treatments) + 1
        policy = piloted(config, actions)
    elif kind == "threshold":
        policy = Policy.from_parameters(Family.THRESHOLD, config, {"EMB.aggregation": 0.5, "fallow_aggregation": 9.0})
    else:
        policy = Policy.built_in(kind)
    lice_of_a_kind = draw(st.sampled_from([0, 3, 1000, 1_000_000]))
    return Case(config, policy, draw(st.integers(0, 2**63)), lice_of_a_kind)


class Books:
    """What there was before a day, to be compared with what there is after it."""

    def __init__(self, simulator: Simulator) -> None:
        self.shared, self.state = simulator.shared, simulator.state
        self.space = observation_space(self.shared)
        self.laid = 0
        self.arrived = np.zeros(self.shared.n_farms, np.int64)
        self.total_payoff = np.zeros(self.shared.n_farms)
        self.open()

    def by_farm(self, of_cages: np.ndarray) -> np.ndarray:
        return np.add.reduceat(of_cages, self.shared.first_cage[:-1])

    def open(self) -> None:
        self.lice = self.by_farm(self.state.lice.sum(axis=(1, 2)))
        self.fish = self.by_farm(self.state.fish)
        self.fish_of_cage = self.state.fish.copy()

    def close(self, day: int) -> None:
        """Check a day."""
        self.check_counts()
        self.check_fish(day)
        self.check_lice()
        self.check_larvae()
        self.check_bounds()
        self.open()

    def check_counts(self) -> None:
        for name, array in self.state._asdict().items():
            if name not in ("cage_start", "events", "memory", "stock_value", "payoff", "total_payoff"):
                # frequencies of alleles that sum to one but for the last bit leave others less than nothing
                least = -1e-12 if name in ("gametes", "probabilities") else 0
                assert (array >= least).all(), name

    def check_fish(self, day: int) -> None:
        shared, state = self.shared, self.state
        per_cage = shared.num_fish
        stocked = per_cage * (state.cage_start == day) if shared.rules.production_cycle else 0 * per_cage
        assert (state.fish <= per_cage).all()
        np.testing.assert_array_equal(
            self.by_farm(state.fish), self.fish - state.dead_fish - state.sold_fish + self.by_farm(stocked)
        )
        if not shared.rules.production_cycle:
            assert (state.fish <= self.fish_of_cage).all()

    def check_lice(self) -> None:
        """Each of them was there, came, or is among those that died or were removed."""
        state = self.state
        came = state.arrivals.sum(axis=1) + state.influx_lice
        if self.shared.rules.develop_survivors:
            lice = self.by_farm(state.lice.sum(axis=(1, 2)))
            np.testing.assert_array_equal(lice, self.lice + came - state.dead_lice - state.removed_lice)
        if self.shared.rules.competing_mortality and self.shared.rules.develop_survivors:
            assert (state.dead_lice <= self.lice).all()
        if self.shared.rules.lice_on_dead_fish and self.shared.rules.competing_mortality:
            if self.shared.rules.develop_survivors and self.shared.rules.stochastic_demography:
                assert state.lice[state.fish == 0, L3:].sum() == 0

    def check_larvae(self) -> None:
        """None hatches that was not laid on a day before."""
        state = self.state
        self.arrived += state.arrivals.sum(axis=1)
        if self.shared.rules.dispersal_is_a_split:
            assert self.arrived.sum() <= self.laid
        else:
            assert (self.arrived <= self.laid).all()
        self.laid += int(state.eggs.sum())

    def check_bounds(self) -> None:
        shared, state = self.shared, self.state
        assert (state.busy_dams <= 1).all()
        assert (state.survival <= 1).all()
        assert (state.remaining <= shared.max_num_treatments).all()
        assert state.reservoir_ratios.sum() == pytest.approx(1.0)
        for seen in observations(state):
            assert self.space.contains(seen), seen
        assert np.isfinite(state.payoff).all() and np.isfinite(state.cost).all()
        self.total_payoff += state.payoff
        np.testing.assert_allclose(state.total_payoff, self.total_payoff)


def check(case: Case) -> None:
    simulator = case.begin()
    record = records.allocate(simulator.shared, case.config.n_days)
    simulator.advance(case.policy, case.config.n_days, record)
    whole = simulator.state
    simulator = case.begin()
    books = Books(simulator)
    for day, actions in enumerate(record.action):
        simulator.step(actions)
        books.close(day)
    for name, array in simulator.state._asdict().items():
        if name not in OF_A_POLICY:
            np.testing.assert_array_equal(array, getattr(whole, name), err_msg=name)
    np.testing.assert_array_equal(simulator.state.streams[1::2], whole.streams[1::2])


@pytest.mark.slow
@pytest.mark.parametrize("rules", RULES)
def test_books_balance_and_runs_repeat_in_any_scenario(rules):
    # derandomize: the same scenarios on every machine
    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(cases(RULES[rules]))
    def books_balance(case):
        check(case)

    books_balance()
