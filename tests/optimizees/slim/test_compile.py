"""``slim compile``."""

from l2l.optimizees.slim.cli import main
from l2l.optimizees.slim.kernels.cache import cache_folder, is_compiled


def test_compile_leaves_kernels_that_are_up_to_date(capsys):
    assert main(["compile"]) == 0
    assert str(cache_folder()) in capsys.readouterr().out
    assert is_compiled()
