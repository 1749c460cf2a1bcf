"""The code of the documentation: what a reader would type works, at tiny sizes.

A comment before a block, which no reader sees, may say ``file: NAME``, for blocks that cannot name themselves in their
first line, or ``not run: WHY``.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

BLOCK = re.compile(r"(?ms)^(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>\S*)\n(?P<code>.*?)^```$")
NAMED = re.compile(r"# (\S+\.(?:py|yaml))\n")
NOT_CODE = {"text", "{toctree}", "{eval-rst}"}

COMMANDS = {
    "l2l-run": "-m l2l.cli",
    "l2l-new": "-m l2l.scaffold",
    "l2l-optuna": "-m l2l.optimizers.optuna.cli",
    "slim": "-m l2l.optimizees.slim.cli",
    "python": "",
}
SIZES = {
    "l2l-run --resume": "--quiet --max-workers 1",
    "l2l-run --list": "",
    "l2l-run": "--smoke --quiet --max-workers 1",
    "slim optimise": "--generations 1 --population 4 --replicates 1 --finalists 1 --selection-seeds 1 "
    "--comparison-seeds 2 --workers 1 --quiet",
    "slim fit": "--generations 2 --replicates 4 --simulations 100 --workers 1 --quiet",
    "slim network --coast": "--n-farms 40",
    "slim rules": "--runs 2",
    "slim benchmark": "--trials 2 --quiet",
    "slim run": "--quiet",
}


class Block(NamedTuple):
    """A block of code of a page."""

    mark: str
    language: str
    code: str

    @property
    def name(self):
        """Of the file that it is, if it is one."""
        named = NAMED.match(self.code)
        return named[1] if named else self.mark.removeprefix("file: ") if self.mark.startswith("file: ") else None

    @property
    def is_run(self):
        return self.language not in NOT_CODE and not self.mark.startswith("not run: ")


def blocks_of(page):
    return [Block(found["mark"] or "", found["language"], found["code"]) for found in BLOCK.finditer(page.read_text())]


def command_of(block):
    """What a reader would type for a file that no command of the page names; None where there is nothing to run."""
    if block.name.startswith("test_"):
        return f"python -m pytest -q {block.name}"
    if (block.language == "yaml" and "optimizer:" in block.code) or "run_experiment" in block.code:
        return f"l2l-run {block.name}"
    return f"python {block.name}" if block.language == "python" else None


def tiny(line):
    """A command of a page as it is run here: this Python, and tiny sizes."""
    line = re.sub(r"\s+#.*", "", line)
    if line.startswith("make "):
        recipe = re.search(rf"^{line.split()[1]}:.*\n\t\$\(BIN\)/(.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
        line = recipe[1].replace(" bin/", f" {ROOT}/bin/")
    for beginning, sizes in SIZES.items():
        if line.startswith(beginning):
            line = f"{line} {sizes}"
            break
    word, _, others = line.partition(" ")
    return f"{sys.executable} {COMMANDS[word]} {others}" if word in COMMANDS else line


def run(folder, script):
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


def test_every_block_is_run_or_says_why_not():
    for page in PAGES:
        for block in blocks_of(page):
            what = f"{page.name}, the block that begins with {block.code[:60]!r}"
            assert block.language, f"{what} has no language"
            assert not block.is_run or block.language == "sh" or block.name, f"{what} is no file, and not marked"
            assert not block.mark.startswith("not run:") or len(block.mark) > 20, f"{what} does not say why"


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=lambda page: page.stem)
def test_code_of_the_documentation_runs_as_written(page, tmp_path):
    for other in PAGES:  # pages use files of each other
        for block in blocks_of(other):
            if block.name:
                (tmp_path / block.name).write_text(block.code)
    blocks = [block for block in blocks_of(page) if block.is_run]
    typed = " ".join(block.code for block in blocks if block.language == "sh")
    for block in blocks:
        if block.language == "sh":
            lines = block.code.replace("\\\n", " ").splitlines()
            run(tmp_path, "\n".join(tiny(line) for line in lines))
        elif block.name not in typed and command_of(block):
            run(tmp_path, tiny(command_of(block)))
