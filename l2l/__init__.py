"""Learning to learn: optimise the parameters of any model on persistent workers."""

from l2l.helpers import (
    DictEntryType,
    DummyTrajectory,
    convert_dict_to_numpy,
    dict_to_list,
    get,
    get_grouped_dict,
    list_to_dict,
    logger,
    printq,
    static_var,
    static_vars,
    stdout_discarded,
    stdout_redirected,
    timed,
)
from l2l.sdict import sdict, sdictm

__all__ = [
    "DictEntryType",
    "DummyTrajectory",
    "convert_dict_to_numpy",
    "dict_to_list",
    "get",
    "get_grouped_dict",
    "list_to_dict",
    "logger",
    "printq",
    "sdict",
    "sdictm",
    "static_var",
    "static_vars",
    "stdout_discarded",
    "stdout_redirected",
    "timed",
]
