"""A course as one interactive page that needs nothing from elsewhere."""

from __future__ import annotations

import base64
import gzip
import json
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from plotly.offline import get_plotlyjs

from l2l.utils.atomic import write_atomically

from .course import HIGH, MIDDLE, Course, thinned
from .figures import GENOTYPE_COLOURS, STAGE_COLOURS, places_on_map, treatment_colours

MOST_NUMBERS = 2_000_000  # of a page; they make up to 6 MB

CSS = """
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 4rem; color: #1f2933; background: #fff;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .2rem; }
p { margin: 0 0 1rem; color: #616e7c; max-width: 56rem; }
form { position: sticky; top: 0; z-index: 10; display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; align-items: center;
  padding: .6rem 0; background: #fff; border-bottom: 1px solid #d9dee3; }
label { display: inline-flex; align-items: center; gap: .4rem; }
select, input { font: inherit; }
#smoothing-told { min-width: 4.5rem; color: #616e7c; }
"""
HEADINGS = {
    "stages": "Lice by stage",
    "genotypes": "Genotypes",
    "aggregation": "Adult females per fish",
    "fish": "Fish",
    "change": "",
    "payoff": "Payoff",
    "reservoir": "Lice from the reservoir",
    "ratios": "",
    "map": "Farms and their connections",
}


def write_page(course: Course, path: Path) -> None:
    """Write the page: figures with controls for farm, stage, smoothing, scale and numbers per cage.

    The drawing library (plotly.js) and the numbers stand in it compressed: 2 MB, and 2 or 3 for a million numbers. Of
    larger courses some days are left out.
    """
    course, step = thinned(course, MOST_NUMBERS)
    script = resources.files("l2l.optimizees.slim.plotting").joinpath("page.js").read_text(encoding="utf-8")
    lacking = {"payoff": "payoff" not in course.quantities, "map": course.locations is None}
    lacking["ratios"] = not any(name.startswith("reservoir_") for name in course.quantities)
    panels = "\n".join(
        f'{f"<h2>{heading}</h2>" if heading else ""}<div id="{name}"></div>'
        for name, heading in HEADINGS.items()
        if not lacking.get(name, False)
    )
    bands = " Lines are medians, bands hold nine runs in ten." if course.n_runs > 1 else ""
    thinning = f" Of the days recorded, every {step}th is shown." if step > 1 else ""
    # within a script, the text of a name must not end it
    told, numbers = _data(course)
    data = json.dumps(told, allow_nan=False).replace("<", "\\u003c")
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(course.title)}</title>
<style>{CSS}</style>
</head>
<body>
<h1>{escape(course.title)}</h1>
<p id="told">Click names in a legend to hide or show their lines; drag to zoom, double-click to go back.{bands} Shades
are treatments under way, as high as the share of farms and runs; fallow is grey.{thinning}</p>
<form>
<label>farm <select id="place"></select></label>
<label>genotypes of <select id="stage"></select></label>
<label>smoothing <input id="smoothing" type="range" min="1" max="61" step="2" value="1">
<span id="smoothing-told">none</span></label>
<label><input id="log" type="checkbox"> logarithmic lice</label>
<label><input id="per-cage" type="checkbox"> average per cage</label>
</form>
{panels}
<script id="library" type="text/plain">{_packed(get_plotlyjs().encode())}</script>
<script id="numbers" type="text/plain">{_packed(numbers)}</script>
<script>const course = {data};
{script}</script>
</body>
</html>
"""
    write_atomically(path, page.encode())


def _data(course: Course) -> tuple[dict[str, Any], bytes]:
    """What page.js reads: the course but for its numbers, and these."""
    colours = treatment_colours(list(course.treatments))
    dated = bool(np.issubdtype(course.days.dtype, np.datetime64))
    spots, are_true = (None, False) if course.locations is None else places_on_map(course)
    quantities = {
        name: values[MIDDLE:HIGH] if course.n_runs == 1 else values for name, values in course.quantities.items()
    }
    quantities |= {f"treatment {name}": values[None] for name, values in course.treatments.items()}
    starts = np.cumsum([0, *(values.size for values in quantities.values())]).tolist()
    numbers = np.concatenate([values.transpose(0, 2, 1).ravel() for values in quantities.values()]).astype("<f4")
    told = {
        "days": course.days.astype(str).tolist() if dated else course.days.tolist(),
        "dated": dated,
        "numbers": course.numbers.tolist(),
        "places": course.places,
        "genotypes": course.genotypes,
        "n_runs": course.n_runs,
        "n_cages": None if course.n_cages is None else course.n_cages.tolist(),
        "suggested": course.suggested_threshold,
        "enforcement": course.enforcement_threshold,
        "spots": None if spots is None else spots.tolist(),
        "true_places": are_true,
        "edges": course.edges,
        "treatments": colours,
        "stage_colours": STAGE_COLOURS,
        "genotype_colours": GENOTYPE_COLOURS,
        "quantities": {
            name: {"start": start, "quantiles": len(values)}
            for start, (name, values) in zip(starts[:-1], quantities.items(), strict=True)
        },
    }
    return told, numbers.view(np.uint8).reshape(-1, 4).T.tobytes()  # all first bytes, all second ones, ...


def _packed(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()
