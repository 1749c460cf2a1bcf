"""The command ``l2l-new``: writes the project of a plugin, an optimizee or an optimizer of one's own."""

import importlib.util
import keyword
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from string import Template

from l2l.cli import DONE, USAGE, Parser
from l2l.errors import UsageError
from l2l.plugins import GROUPS, registered

TEMPLATES = Path(__file__).parent / "templates"

DESCRIPTION = """\
Write the project of a plugin: a package with an optimizee or an optimizer, its tests, and an experiment. It works as it
is; put your own model or method in place of the example. Nothing is overwritten."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``l2l-new``; returns the exit code."""
    p = Parser("l2l-new", description=DESCRIPTION, allow_abbrev=False)
    p.add_argument("kind", choices=sorted(GROUPS))
    p.add_argument("name", metavar="NAME", help="of the package, such as tide_model; the class is TideModelOptimizee")
    p.add_argument("--folder", type=Path, help="of the project; by default one of the package's name, here")
    options = p.parse(sys.argv[1:] if argv is None else argv)
    try:
        names = names_of(options.kind, options.name)
        folder = options.folder or Path(names["package"])
        write_project(folder, names)
    except (UsageError, OSError) as error:
        sys.stderr.write(f"l2l-new: {error}\n")
        return USAGE
    sys.stdout.write(
        f"{folder} has the {options.kind} {names['class_name']}. Try it:\n"
        f'  cd {folder}\n  pip install -e ".[test]"\n  python -m pytest\n  l2l-run --list\n  l2l-run experiment.py\n'
    )
    return DONE


def names_of(kind: str, name: str) -> dict[str, str]:
    """What things are called in the project of a plugin.

    Parameters
    ----------
    kind : {'optimizee', 'optimizer'}
    name : str
        In either form, ``tide_model`` or ``TideModel``.

    Raises
    ------
    UsageError
        If there cannot be a package of that name, or there is one already.
    """
    if not name.isidentifier() or not name.isascii():
        proposal = re.sub(r"\W", "_", name, flags=re.ASCII)
        hint = f"; did you mean {proposal!r}?" if proposal.isidentifier() else ""
        raise UsageError(f"NAME must be a Python identifier, got {name!r}{hint}")
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    if words and words[-1] == kind:
        words.pop()
    package = "_".join(words)
    if not words or keyword.iskeyword(package):
        raise UsageError(f"a package cannot be called {package!r}, which {name!r} would make; choose another NAME")
    if package in sys.stdlib_module_names or importlib.util.find_spec(package) is not None:
        raise UsageError(f"there is a module {package!r} already; choose another NAME")
    title = "".join(word.capitalize() for word in words)
    class_name = title + kind.capitalize()
    if class_name in registered(kind):
        raise UsageError(f"there is an {kind} {class_name!r} already; choose another NAME")
    return {
        "kind": kind,
        "package": package,
        "project": package.replace("_", "-"),
        "class_name": class_name,
        "parameters_name": f"{title}Parameters",
    }


def write_project(folder: Path, names: dict[str, str]) -> None:
    """Write a project from the templates of its kind.

    Raises
    ------
    UsageError
        If the folder exists and is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already, and nothing is overwritten; choose another --folder")
    templates = TEMPLATES / names["kind"]
    for template in sorted(templates.rglob("*.in")):
        place = str(template.relative_to(templates).with_suffix("")).replace("PACKAGE", names["package"])
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(template.read_text()).substitute(names))


if __name__ == "__main__":
    sys.exit(main())
