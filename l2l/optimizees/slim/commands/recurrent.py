"""Options of a treatment that all farms get at regular intervals."""

import argparse
from datetime import timedelta

from l2l.optimizees.slim.commands.scenario_options import whole_option
from l2l.optimizees.slim.simulation.config import Config
from l2l.optimizees.slim.simulation.config_checks import ConfigError

TYPE, FREQUENCY = "--recurrent-treatment-type", "--recurrent-treatment-frequency"
FIRST_DAY = 100  # as in SLIM's benchmark: farms have lice by then


def add_recurrent_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of a recurrent treatment."""
    parser.add_argument(
        TYPE,
        metavar="NAME",
        help=f"treat all farms with it from day {FIRST_DAY} on, in place of their treatment_dates, besides the policy",
    )
    parser.add_argument(FREQUENCY, metavar="DAYS", help="from one of these treatments to the next")


def with_recurrent_treatment(config: Config, args: argparse.Namespace) -> Config:
    """The scenario with the recurrent treatment of the command line, if there is one.

    The farms may use that treatment from then on, also where the scenario does not have it in ``treatment_types``.

    Raises
    ------
    ConfigError
        For an unknown treatment, one of the options without the other, or a run that is over before the first one.
    """
    given, frequency = args.recurrent_treatment_type, args.recurrent_treatment_frequency
    if given is None and frequency is None:
        return config
    if given is None or frequency is None:
        raise ConfigError(f"{TYPE} and {FREQUENCY} go together; expected both, or none")
    try:
        name = config.treatments[config.treatment_number(given)].name
    except ConfigError as error:
        raise ConfigError(f"{TYPE}: {error}") from None
    days = range(FIRST_DAY, config.n_days, whole_option(FREQUENCY, frequency, 1))
    if not days:
        raise ConfigError(
            f"{TYPE}: treatments begin on day {FIRST_DAY}; expected more than the run's {config.n_days} days"
        )
    dates = [(config.start_date + timedelta(days=day), name) for day in days]
    types = {
        f"farms.{f}.treatment_types": (*farm.treatment_types, name)
        for f, farm in enumerate(config.farms)
        if name not in farm.treatment_types
    }
    return config.replace(**{"farms.*.treatment_dates": dates}, **types)
