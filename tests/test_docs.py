"""The documentation: its links lead somewhere, and it names what there is to name."""

import argparse
import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from l2l import cli
from l2l.optimizees.demes.optimizee import DemesOptimizeeParameters
from l2l.optimizees.slim import trials
from l2l.optimizees.slim.commands import fit, plot
from l2l.optimizees.slim.fitting.farm_report import QUANTITIES, REQUIRED
from l2l.optimizees.slim.fitting.optimizee import SlimFitOptimizeeParameters
from l2l.optimizees.slim.optimizee import SlimOptimizeeParameters
from l2l.optimizees.slim.plotting import figures
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_farm import FarmConfig, ProductionCycle
from l2l.optimizees.slim.simulation.config_treatment import TreatmentConfig
from l2l.optimizees.slim.simulation.policies import TUNABLE, family_parameters
from l2l.optimizees.slim.simulation.recorder import MEANINGS
from l2l.optimizers.auto import AutoParameters
from l2l.optimizers.bayesian import BayesianParameters
from l2l.optimizers.cmaes import CMAESParameters
from l2l.optimizers.crossentropy import CrossEntropyParameters
from l2l.optimizers.differentialevolution import DifferentialEvolutionParameters
from l2l.optimizers.evolution import GeneticAlgorithmParameters
from l2l.optimizers.evolutionstrategies import EvolutionStrategiesParameters
from l2l.optimizers.face import FACEParameters
from l2l.optimizers.gridsearch import GridSearchParameters
from l2l.optimizers.multigradientdescent import MultiGradientDescentOptimizer
from l2l.optimizers.naturalevolutionstrategies import NaturalEvolutionStrategiesParameters
from l2l.optimizers.nevergrad import NevergradParameters
from l2l.optimizers.nsga import NSGA2Parameters, NSGA3Parameters
from l2l.optimizers.optuna import OptunaParameters
from l2l.optimizers.paralleltempering import ParallelTemperingParameters
from l2l.optimizers.particleswarm import ParticleSwarmParameters
from l2l.optimizers.randomsearch import RandomSearchParameters
from l2l.optimizers.simulatedannealing import SimulatedAnnealingParameters
from l2l.optimizers.sobol import SobolParameters
from l2l.utils.history import BEGIN, END
from l2l.utils.runner_params import RUNNER_PARAMS
from l2l.utils.settings import KEYWORDS

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]


def text_of(name):
    return (DOCS / name).read_text()


def test_every_page_is_in_the_navigation_of_the_site():
    entries = re.findall(r"^```{toctree}\n(.*?)^```$", text_of("index.md"), re.MULTILINE | re.DOTALL)
    listed = {line for entry in entries for line in entry.splitlines()}
    assert [page.stem for page in DOCS.glob("*.md") if page.stem != "index" and page.stem not in listed] == []


def test_every_class_of_the_reference_is_in_the_python_reference():
    listed = re.findall(r"^   (l2l\.\S+)$", text_of("api.md"), re.MULTILINE)
    named = re.findall(r"^\| `(l2l\.[\w.]+)\.\w+`", text_of("reference.md"), re.MULTILINE)
    missing = {module for module in named if not any(f"{module}.".startswith(f"{page}.") for page in listed)}
    assert missing == set()


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_commands_of_the_pages_are_those_that_exist():
    options = {name for action in cli.parser()._actions for name in action.option_strings}
    for page in PAGES:
        for command in re.findall(r"\bl2l-run [^`\n]+", page.read_text()):
            own, _, _ = command.partition(" -- ")  # what follows is for the script
            for option in re.findall(r"--[a-z][a-z-]*", own):
                assert option in options, f"{page.name}: {command}"


def test_every_option_of_l2l_run_is_in_the_reference():
    text = text_of("reference.md")
    for action in cli.parser()._actions:
        assert not action.option_strings or f"`{action.option_strings[-1]}" in text, action.option_strings


def fields_of(cls):
    return [field.name for field in dataclasses.fields(cls)]


@pytest.mark.parametrize("cls", [TreatmentConfig, FarmConfig, ProductionCycle], ids=lambda cls: cls.__name__)
def test_every_key_of_a_list_or_object_is_in_the_model_page(cls):
    text = text_of("slim-model.md")
    assert [name for name in fields_of(cls) if name != "treatment" and f"`{name}`" not in text] == []


def test_every_key_of_the_configuration_is_in_the_tables_of_the_model_page():
    rows = "\n".join(line for line in text_of("slim-model.md").splitlines() if line.startswith("| `"))
    keys = [field.name for field in dataclasses.fields(Config) if "check" in field.metadata]
    assert [name for name in keys if f"`{name}`" not in rows] == []


def test_numbers_of_config_json_are_those_of_the_model_page():
    config = Config.scenario("Fyne")
    rows = {
        name: line
        for line in text_of("slim-model.md").split("## Parameters: config.json")[1].splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    numbers = {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(Config)
        if isinstance(getattr(config, field.name), int | float)
    }
    assert len(numbers) > 20
    for name, value in numbers.items():
        cells = re.findall(r"-?\d[\d.]*(?:e-?\d+)?", rows[name].split("|")[2].replace(" 000", "000"))
        assert value in [float(cell) for cell in cells], f"{name} is {value:g}: {rows[name]}"


def test_parameters_of_the_policy_families_are_in_the_model_page():
    config, text = Config.scenario("Fyne"), text_of("slim-model.md")
    for name, family in TUNABLE.items():
        for parameter in family_parameters(family, config):
            said = parameter.name.split(".")[-1] if name == "linear" else re.sub(r"^[A-Z]+\.", "EMB.", parameter.name)
            assert f"`{said}`" in text, parameter
            bounds = "within -5 and 5" if name == "linear" else f"| {parameter.low:g} to {parameter.high:g} |"
            assert bounds in text, parameter


def test_columns_and_fields_are_in_the_reference():
    text = text_of("reference.md")
    named = [*BEGIN, *END, *MEANINGS, *trials.MEANINGS, *KEYWORDS, *RUNNER_PARAMS]
    for parameters in (
        GeneticAlgorithmParameters,
        CrossEntropyParameters,
        AutoParameters,
        BayesianParameters,
        CMAESParameters,
        DifferentialEvolutionParameters,
        ParticleSwarmParameters,
        RandomSearchParameters,
        OptunaParameters,
        NevergradParameters,
        SobolParameters,
        GridSearchParameters,
        NSGA2Parameters,
        NSGA3Parameters,
        SimulatedAnnealingParameters,
        ParallelTemperingParameters,
        EvolutionStrategiesParameters,
        FACEParameters,
        NaturalEvolutionStrategiesParameters,
        *MultiGradientDescentOptimizer.rules,
        SlimOptimizeeParameters,
    ):
        named += parameters._fields
    assert [name for name in named if f"`{name}`" not in text] == []


def test_options_and_fields_of_a_fit_are_in_its_page_or_the_reference():
    parser = argparse.ArgumentParser()
    fit.add_arguments(parser)
    flags = [option for action in parser._actions for option in action.option_strings if action.dest != "set"]
    fitting, reference = text_of("fitting.md"), text_of("reference.md")
    assert [flag for flag in flags if flag not in ("-h", "--help") and f"`{flag}" not in reference] == []
    assert [name for name in SlimFitOptimizeeParameters._fields if f"`{name}`" not in fitting] == []
    assert [name for name in DemesOptimizeeParameters._fields if f"`{name}`" not in text_of("releases.md")] == []
    assert all(f"`{name}`" in fitting for name in (*REQUIRED, *QUANTITIES))


def test_options_and_figures_of_plot_are_in_the_reference():
    parser = argparse.ArgumentParser()
    plot.add_arguments(parser)
    text = text_of("reference.md").split("`slim plot TABLE")[1]
    flags = [option for action in parser._actions for option in action.option_strings]
    assert [flag for flag in flags if flag not in ("-h", "--help") and f"`{flag}" not in text] == []
    assert [name for name in figures.FIGURES if f"`{name}.png`" not in text] == []


def test_classes_of_the_reference_can_be_imported():
    rows = re.findall(r"^\| (`l2l\.[^|]+) \|", text_of("reference.md"), re.MULTILINE)
    assert len(rows) > 20
    for row in rows:
        first, *others = re.findall(r"`([\w.]+)`", row)
        module_name, name = first.rsplit(".", 1)
        module = importlib.import_module(module_name)
        for found in (name, *others):
            assert hasattr(module, found), f"{module_name} has no {found}"
