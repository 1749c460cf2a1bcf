"""The report of a run: one page that holds all it shows, to be mailed, printed or kept."""

from __future__ import annotations

import base64
import math
import mimetypes
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Real
from pathlib import Path
from typing import Any

from l2l.utils.atomic import write_atomically

CSS = """
:root { --ink: #1f2933; --muted: #616e7c; --rule: #d9dee3; --accent: #0072B2; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 2.5rem 1.25rem 4rem; background: #fff; color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 3rem 0 .75rem; padding-top: 1rem;
  border-top: 1px solid var(--rule); }
p { margin: 0 0 1rem; max-width: 46rem; overflow-wrap: break-word; }
header p { font-size: 1.1rem; }
header { border-left: 4px solid var(--accent); padding-left: 1.25rem; }
nav { margin: 1.5rem 0 0; color: var(--muted); font-size: .95rem; }
nav a { color: var(--accent); margin-right: 1.25rem; white-space: nowrap; text-decoration: none; }
nav a:hover { text-decoration: underline; }
pre { background: #f5f7fa; border: 1px solid var(--rule); border-radius: 4px; padding: .75rem 1rem; overflow-x: auto;
  font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.table { overflow-x: auto; margin: 0 0 1.25rem; }
table { border-collapse: collapse; font-size: .85rem; line-height: 1.45; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: bottom; border-bottom: 1px solid var(--rule); }
th { font-weight: 600; border-bottom: 2px solid var(--ink); }
th:first-child, td:first-child { padding-left: 0; }
.number { text-align: right; }
td.number { white-space: nowrap; }
th.number { max-width: 7rem; }
figure { margin: 0 0 1.5rem; }
img { display: block; width: 100%; height: auto; }
@media (max-width: 40rem) { body { padding: 1.25rem .9rem 2rem; } h1 { font-size: 1.5rem; }
  th, td { padding: .35rem .5rem; } figure { overflow-x: auto; } img { min-width: 38rem; } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; } pre { white-space: pre-wrap; }
  table { font-size: 7.5pt; } th, td { padding: .2rem .35rem; }
  .table { overflow: visible; } }
"""


@dataclass(frozen=True)
class Section:
    """A part of the page: text, then a table, then figures.

    Attributes
    ----------
    text : str
        Paragraphs, with an empty line between them. One whose lines are indented by four spaces is shown as it
        is, like a command.
    table : list of dict, optional
        A dict per row, with the columns of the first.
    figures : sequence of Path
        Image files; they are copied into the page.
    """

    title: str
    text: str = ""
    table: list[dict] | None = None
    figures: Sequence[Path] = ()


def write_report(path: Path, title: str, summary: str, sections: Sequence[Section]) -> None:
    """Write one self-contained HTML file: nothing is loaded from elsewhere, and no script is needed.

    Raises
    ------
    FileNotFoundError
        If a figure is not there; nothing is written then.
    """
    links = "".join(f'<a href="#section-{i}">{escape(section.title)}</a>\n' for i, section in enumerate(sections, 1))
    body = "\n".join(_section(section, i) for i, section in enumerate(sections, 1))
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{CSS}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
{_text(summary)}
</header>
<nav>
{links}</nav>
<main>
{body}
</main>
</body>
</html>
"""
    write_atomically(path, page.encode())


def reproduce_section(manifest: Mapping[str, Any]) -> Section:
    """How to get the same result again: command, seed and versions, from the facts of ``manifest.yaml``."""
    if manifest.get("script"):
        text = f"The same seed gives the same result, for any number of workers.\n\n{_command(manifest)}"
    else:
        text = "The run was started without a script; manifest.yaml holds the parameters of optimizer and optimizee."
    facts = {name: manifest.get(name) for name in ("seed", "evaluations", "failures", "started", "ended", "host")}
    facts |= manifest.get("optimizee_description") or {}
    facts |= {f"{name} version": version for name, version in manifest.get("versions", {}).items()}
    rows = [{"fact": name.replace("_", " "), "value": str(value)} for name, value in facts.items() if value is not None]
    return Section("How to reproduce", text, rows)


def confirmed_sections(manifest: Mapping[str, Any], names: Sequence[str] | None = None) -> list[Section]:
    """The individual that was confirmed under fresh seeds and what it is worth; nothing if none was.

    Parameters
    ----------
    manifest : Mapping
        The facts of ``manifest.yaml``.
    names : sequence of str, optional
        Of the components of the fitness.
    """
    found = manifest.get("recommendation")
    if found is None:
        return []
    n = found["replicates"]
    text = (
        f"Up to {manifest['confirm']['candidates']} of the best individuals, and what the optimizer recommends, "
        f"were each evaluated {n} times under fresh seeds, and the best of them {n} times more. The numbers are from "
        "these last evaluations alone, so no luck of the choice is in them; the interval is that of 95 %."
    )
    individual = "\n".join(f"    {name}: {value}" for name, value in found["individual"].items())
    values = zip(found["fitness"], found["standard_error"], found["interval"], strict=True)
    rows = [
        {
            "fitness": names[k] if names else "fitness" if len(found["fitness"]) == 1 else f"fitness {k}",
            "mean": mean,
            "standard error": error,
            "from": low,
            "to": high,
        }
        for k, (mean, error, (low, high)) in enumerate(values)
    ]
    return [Section("The best, confirmed", f"{text}\n\n{individual}", rows)]


def _command(manifest: Mapping[str, Any]) -> str:
    """The command that started the run, indented, from the folder it was started in."""
    folder, script = Path(manifest["cwd"]), Path(manifest["script"])
    where = str(script.relative_to(folder) if script.is_relative_to(folder) else script)
    if manifest.get("argv"):  # the script has options of its own
        words = ["python", where, *manifest["argv"]]
    else:
        words = ["l2l-run", where]
        for name, value in {**manifest.get("overrides", {}), "seed": manifest["seed"]}.items():
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if value is True else [flag, str(value)]
    return f"    cd {shlex.quote(str(folder))}\n    {shlex.join(words)}"


def _section(section: Section, number: int) -> str:
    parts = [f'<section id="section-{number}">', f"<h2>{escape(section.title)}</h2>", _text(section.text)]
    if section.table:
        parts.append(_table(section.table))
    parts += [_figure(Path(figure)) for figure in section.figures]
    return "\n".join([*parts, "</section>"])


def _text(text: str) -> str:
    blocks = [block.strip("\n") for block in text.split("\n\n")]
    return "\n".join(_block(block) for block in blocks if block.strip())


def _block(block: str) -> str:
    lines = block.split("\n")
    if all(line.startswith("    ") for line in lines):
        shown = "\n".join(line[4:] for line in lines)
        return f"<pre>{escape(shown)}</pre>"
    return f"<p>{escape(block)}</p>"


def _figure(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0]
    data = base64.b64encode(path.read_bytes()).decode()
    name = escape(path.stem.replace("_", " "))
    return f'<figure><img alt="{name}" src="data:{kind};base64,{data}"></figure>'


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = list(rows[0])
    cells = {name: format_column([row.get(name) for row in rows]) for name in columns}
    kinds = {name: _kind([row.get(name) for row in rows]) for name in columns}
    head = "".join(f"<th{kinds[name]}>{escape(name.replace('_', ' '))}</th>" for name in columns)
    body = "\n".join(
        "<tr>" + "".join(f"<td{kinds[name]}>{escape(cells[name][i])}</td>" for name in columns) + "</tr>"
        for i in range(len(rows))
    )
    return f'<div class="table"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'


def format_column(values: Sequence[Any]) -> list[str]:
    """Values as a reader wants them: thousands separated, and the same decimals in all of them.

    The greatest keeps three significant digits and the least two, but gets no more than two decimals for that;
    whole numbers keep all digits. Below 0.0001 they are in powers of ten. None and NaN are a dash.
    """
    sizes = [abs(float(value)) for value in values if _is_number(value) and math.isfinite(value) and value != 0]
    greatest, least = max(sizes, default=0.0), min(sizes, default=0.0)
    if all(size == int(size) for size in sizes):
        form = ",.0f"
    elif greatest < 1e-4:
        form = ".2e"
    else:
        for_greatest = max(0, 2 - _magnitude(greatest))
        form = f",.{max(for_greatest, min(1 - _magnitude(least), for_greatest + 2))}f"
    return [_cell(value, form) for value in values]


def _magnitude(size: float) -> int:
    return math.floor(math.log10(size))


def _cell(value: Any, form: str) -> str:
    if value is None or (_is_number(value) and math.isnan(value)):
        return "–"
    if not _is_number(value):
        return str(value)
    shown = f"{float(value):z{form}}"  # z: no minus zero
    return shown.replace("-", "−")


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _kind(values: Sequence[Any]) -> str:
    given = [value for value in values if value is not None]
    return ' class="number"' if given and all(_is_number(value) for value in given) else ""
