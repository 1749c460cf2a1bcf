"""Events that a cage waits for or is under."""

from datetime import datetime
from typing import NamedTuple


class TreatmentEvent(NamedTuple):
    """One treatment of a cage.

    Attributes
    ----------
    affecting_date : datetime
        First day on which lice die.
    treatment_type : int
        The treatment's number; a ``Treatment``, for those of SLIM, is equal to its number.
    effectiveness_duration : int
        Days from the first to the last day on which lice die.
    first_application_date : datetime
    end_application_date : datetime
        The day after the last day of application.
    """

    affecting_date: datetime
    treatment_type: int
    effectiveness_duration: int
    first_application_date: datetime
    end_application_date: datetime
