import pytest

from l2l.errors import UsageError
from l2l.optimizees.active_wait import AWOptimizee
from l2l.optimizers.cmaes import CMAESOptimizer, CMAESParameters
from l2l.optimizers.crossentropy import CrossEntropyOptimizer
from l2l.optimizers.gradientdescent import AdamParameters, GradientDescentOptimizer
from l2l.utils.trajectory import Trajectory
from l2l.yaml_experiment import build, parameters_class, parameters_of, read_yaml

GOOD = """
optimizee: {class: AWOptimizee, parameters: {difficulty: 10.0}}
optimizer: {class: CMAESOptimizer, fitness_weights: [-1]}
"""


def read(tmp_path, text):
    path = tmp_path / "experiment.yaml"
    path.write_text(text)
    return read_yaml(path)


def test_parts_that_may_be_left_out_are_empty(tmp_path):
    assert read(tmp_path, GOOD)["experiment"] == {}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("optimizee:", "optimisee:", "the file has no key 'optimisee'; did you mean 'optimizee'"),
        ("optimizer: {class: CMAESOptimizer, fitness_weights: [-1]}", "", "the file lacks the key 'optimizer'"),
        ("class: AW", "klass: AW", "optimizee has no key 'klass'; did you mean 'class'"),
        (", fitness_weights: [-1]", "", "optimizer lacks the key 'fitness_weights'"),
        ("[-1]", "-1", "must be a list of numbers, got -1"),
        ("[-1]", "[]", "must be a list of numbers"),
        ("[-1]", "['a']", "must be a list of numbers"),
        ("[-1]}", "[-1]}\nexperiment: {sed: 1}", "experiment has no key 'sed'; did you mean 'seed'"),
        ("{class: AWOptimizee, parameters: {difficulty: 10.0}}", "AWOptimizee", "optimizee must be a map"),
        ("{class", "{class: [", "is not YAML"),
    ],
)
def test_wrong_file_names_key_and_expectation(tmp_path, old, new, words):
    with pytest.raises(UsageError) as error:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert words in str(error.value)
    assert "experiment.yaml" in str(error.value)


def test_an_optimizer_without_a_class_is_the_one_that_chooses(tmp_path):
    path = tmp_path / "e.yaml"
    path.write_text("{optimizee: {class: AW}, optimizer: {fitness_weights: [-1]}}")
    assert read_yaml(path)["optimizer"]["class"] == "auto"


def test_yaml_makes_no_objects(tmp_path):
    with pytest.raises(UsageError, match="not YAML"):
        read(tmp_path, GOOD + "experiment: !!python/object/apply:os.getcwd []\n")


def test_parameters_go_into_the_named_tuple_beside_the_class(tmp_path):
    optimizee, parameters = build(tmp_path, "optimizee", AWOptimizee, {"parameters": {"difficulty": 7.0}}, Trajectory())
    assert parameters.difficulty == 7.0
    assert optimizee.create_individual() == {"difficulty": 7.0}
    assert parameters_class(CMAESOptimizer) is CMAESParameters


def test_object_among_the_parameters_is_made(tmp_path):
    noisy = {"class": "l2l.optimizers.crossentropy.distribution:NoisyGaussian", "parameters": {"noise_decay": 0.5}}
    spec = {
        "parameters": {
            **{"pop_size": 10, "rho": 0.5, "smoothing": 0.0, "temp_decay": 0.0, "n_iteration": 2},
            **{"distribution": noisy, "stop_criterion": 1.0, "seed": 1},
        }
    }
    parameters = parameters_of(tmp_path, "optimizer", CrossEntropyOptimizer, spec)
    assert type(parameters.distribution).__name__ == "NoisyGaussian"
    assert parameters.distribution.noise.decay == 0.5


class FromPlainData:
    @classmethod
    def from_config(cls, traj, size, scale=1.0):
        made = cls()
        made.values = (size, scale)
        return made


class WithKeywords:
    def __init__(self, traj, size):
        self.size = size


class LonelyOptimizer:
    pass


def test_class_may_offer_its_own_way_from_plain_data(tmp_path):
    made, _ = build(tmp_path, "optimizee", FromPlainData, {"parameters": {"size": 3}}, None)
    assert made.values == (3, 1.0)


def test_parameters_are_keywords_where_no_named_tuple_stands(tmp_path):
    made, _ = build(tmp_path, "optimizee", WithKeywords, {"parameters": {"size": 3}}, None)
    assert made.size == 3


@pytest.mark.parametrize(
    ("cls", "parameters", "words"),
    [
        (FromPlainData, {"siez": 3}, "optimizee has no parameter 'siez'; did you mean 'size'"),
        (WithKeywords, {}, "missing a required argument: 'size'"),
        (AWOptimizee, {"dificulty": 1.0}, "did you mean 'difficulty'"),
        (AWOptimizee, [1.0], "must be a map"),
    ],
)
def test_parameters_that_do_not_fit_are_named(tmp_path, cls, parameters, words):
    with pytest.raises(UsageError) as error:
        build(tmp_path, "optimizee", cls, {"parameters": parameters}, Trajectory())
    assert words in str(error.value)


def test_an_optimizer_with_several_kinds_of_parameters_is_told_which(tmp_path):
    kind = "l2l.optimizers.gradientdescent:AdamParameters"
    spec = {"parameters": {"class": kind, "parameters": {"learning_rate": 0.25}}}
    assert parameters_of(tmp_path, "optimizer", GradientDescentOptimizer, spec) == AdamParameters(learning_rate=0.25)
    spec["parameters"]["parameters"] = {"lerning_rate": 0.25}
    with pytest.raises(UsageError, match="optimizer.parameters has no parameter 'lerning_rate'.*'learning_rate'"):
        parameters_of(tmp_path, "optimizer", GradientDescentOptimizer, spec)
    assert parameters_of(tmp_path, "optimizer", GradientDescentOptimizer, {}) == AdamParameters()


def test_optimizer_without_a_named_tuple_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no named tuple .* name one, optimizer.parameters: \{class: module:Class"):
        parameters_of(tmp_path, "optimizer", LonelyOptimizer, {})
