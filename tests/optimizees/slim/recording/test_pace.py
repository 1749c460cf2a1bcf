"""How often something is due."""

from l2l.optimizees.slim.recording import pace
from l2l.optimizees.slim.recording.pace import Pace


def test_due_after_a_while_and_seldom_where_it_takes_long(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    own = Pace(every_s=1.0, sparingly=20)
    now[0] = 0.9
    assert not own.is_due()
    now[0] = 1.0
    assert own.is_due()
    with own.doing():
        now[0] = 3.0  # it takes 2 s
    now[0] = 42.9
    assert not own.is_due()
    now[0] = 43.0
    assert own.is_due()
