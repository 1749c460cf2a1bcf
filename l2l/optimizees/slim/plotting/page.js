// The page of a course: draws what the controls ask for from the numbers in `course` (see page.py).

const STAGES = ["L1", "L2", "L3", "L4", "L5f", "L5m"];
const [LOW, MIDDLE, HIGH] = [0, 1, 2];
const chosen = (id) => document.getElementById(id);
const places = course.places;
const genes = [...new Set(course.genotypes.map((name) => name[0].toLowerCase()))];
const plots = [];
let shown = null; // the time span that is zoomed into, in every panel

// what the page holds packed: gzip in base64
async function unpacked(id) {
  const bytes = Uint8Array.from(atob(chosen(id).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

// float32 of which the first bytes stand first, then the second ones, ...: so they pack better
function ordered(buffer) {
  const bytes = new Uint8Array(buffer), n = bytes.length / 4, turned = new Uint8Array(bytes.length);
  for (let b = 0; b < 4; b++) for (let i = 0; i < n; i++) turned[4 * i + b] = bytes[b * n + i];
  return new Float32Array(turned.buffer);
}

// the numbers of a quantity stand in the order (quantile, place, day) from its own start on
let numbers;
function series(name, quantile, place) {
  const { start, quantiles } = course.quantities[name];
  const n = course.days.length;
  const first = start + ((quantiles === 1 ? 0 : quantile) * places.length + place) * n;
  return Float64Array.from(numbers.subarray(first, first + n));
}

// centred moving average that leaves out days without a number
function smooth(values) {
  const half = Math.floor(Number(chosen("smoothing").value) / 2);
  if (half === 0) return values;
  return values.map((own, d) => {
    if (Number.isNaN(own)) return NaN;
    let sum = 0, n = 0;
    for (let i = Math.max(0, d - half); i <= Math.min(values.length - 1, d + half); i++)
      if (!Number.isNaN(values[i])) { sum += values[i]; n++; }
    return sum / n;
  });
}

function line(label, colour, values, more = {}) {
  return { name: label, x: course.days, y: smooth(values), mode: "lines", line: { color: colour, width: 1.8 },
           legendgroup: label, ...more };
}

// the median, and the band of nine runs in ten where there are several
function band(label, name, colour, place, scale = 1) {
  const values = (quantile) => series(name, quantile, place).map((x) => x * scale);
  const traces = [line(label, colour, values(MIDDLE))];
  if (course.n_runs > 1) {
    const hidden = { showlegend: false, hoverinfo: "skip", line: { width: 0 } };
    traces.unshift(line(label, colour, values(LOW), hidden),
                   line(label, colour, values(HIGH), { ...hidden, fill: "tonexty", fillcolor: colour + "2e" }));
  }
  return traces;
}

function shades(place) {
  const several = course.n_runs > 1 || (place === 0 && places.length > 2);
  return Object.keys(course.treatments).map((name) => ({
    name, type: "bar", x: course.days, offset: 0, y: series("treatment " + name, 0, place).map((share) => share || NaN), yaxis: "y2",
    marker: { color: course.treatments[name], opacity: 0.75, line: { width: 0 } }, legendgroup: name,
    hovertemplate: name + (several ? " %{y:.0%}" : "") + "<extra></extra>",
  })).filter((trace) => trace.y.some((share) => share > 0));
}

function threshold(label, value, dash) {
  const ends = [course.days[0], course.days[course.days.length - 1]];
  return { name: label, x: ends, y: [value, value], mode: "lines", line: { color: "#1f2933", width: 1, dash },
           hoverinfo: "skip" };
}

// in a narrow window the buttons would lie over the legend
const buttons = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"],
                  ...(window.innerWidth < 800 ? { displayModeBar: false } : {}) };

function draw(id, traces, label, options = {}) {
  const place = Number(chosen("place").value);
  const layout = {
    height: options.height || 320, margin: { l: 70, r: 15, t: 8, b: 36 }, hovermode: "x unified",
    paper_bgcolor: "white", plot_bgcolor: "white", font: { family: "system-ui, sans-serif", color: "#1f2933" },
    xaxis: { range: shown || undefined, gridcolor: "#e4e7eb", title: course.dated ? undefined : { text: "day" },
             type: course.dated ? "date" : "linear" },
    // the main axis lies over the shades
    yaxis: { title: { text: label, standoff: 12 }, automargin: true, gridcolor: "#e4e7eb", rangemode: "tozero",
             overlaying: "y2", tickmode: "auto", ...options.y },
    yaxis2: { range: [0, 1], visible: false, fixedrange: true }, barmode: "overlay", bargap: 0,
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 }, uirevision: id,
  };
  const all = options.shaded === false ? traces : [...shades(place), ...traces];
  Plotly.react(id, all, layout, buttons);
  if (!plots.includes(id)) {
    plots.push(id);
    chosen(id).on("plotly_relayout", (change) => zoomed(id, change));
  }
}

// a span chosen in one panel holds in all of them
let following = false;
function zoomed(from, change) {
  if (following) return;
  const span = change["xaxis.autorange"] ? null : [change["xaxis.range[0]"], change["xaxis.range[1]"]];
  if (span && span[0] === undefined) return;
  shown = span;
  following = true;
  const update = span ? { "xaxis.range": span } : { "xaxis.autorange": true };
  Promise.all(plots.filter((id) => id !== from).map((id) => Plotly.relayout(id, update)))
    .finally(() => { following = false; });
}

function redraw() {
  const place = Number(chosen("place").value);
  const perCage = chosen("per-cage").checked ? 1 / course.n_cages[place] : 1;
  const per = chosen("per-cage").checked ? " per cage" : "";
  const log = chosen("log").checked ? { type: "log", rangemode: "normal", exponentformat: "power" } : {};
  const stage = chosen("stage").value;

  draw("stages", STAGES.flatMap((s) => band(s, s, course.stage_colours[s], place, perCage)), "lice" + per, { y: log });

  const names = course.genotypes.filter((name) => course.quantities[stage + "_" + name]);
  const counts = Object.fromEntries(names.map((name) => [name, series(stage + "_" + name, MIDDLE, place)]));
  draw("genotypes", names.map((name, k) => {
    const gene = names.filter((other) => other[0].toLowerCase() === name[0].toLowerCase());
    const share = counts[name].map((n, d) => {
      const total = gene.reduce((sum, other) => sum + counts[other][d], 0);
      return total > 0 ? n / total : NaN;
    });
    const dash = ["solid", "dash", "dot", "dashdot"][genes.indexOf(name[0].toLowerCase()) % 4];
    return line(name, course.genotype_colours[k % 3], share, { line: { color: course.genotype_colours[k % 3], width: 1.8, dash } });
  }), "share of " + stage, { y: { tickformat: ".0%", range: [0, 1.02] } });

  const limits = [];
  if (course.suggested !== null) limits.push(threshold("asked to treat: " + course.suggested, course.suggested, "dot"));
  if (course.enforcement !== null) limits.push(threshold("strike: " + course.enforcement, course.enforcement, "dash"));
  draw("aggregation", [...band("adult females per fish", "aggregation", "#0072B2", place), ...limits],
       "adult females per fish");

  draw("fish", band("fish", "fish", "#0072B2", place, perCage), "fish" + per);
  const fish = series("fish", MIDDLE, place).map((n) => n * perCage);
  const perDay = (n, d) => (d ? (n - fish[d - 1]) / (course.numbers[d] - course.numbers[d - 1]) : NaN);
  draw("change", [line("change per day", "#D55E00", fish.map(perDay))],
       "fish per day" + per, { height: 220, y: { rangemode: "normal" } });
  if (course.quantities.payoff)
    draw("payoff", band("payoff since the first day", "payoff", "#0072B2", place, perCage), "GBP" + per);

  draw("reservoir", band("lice from the reservoir", "reservoir", "#0072B2", place), "lice per cage and day",
       { shaded: false, height: 240 });
  const ratios = course.genotypes.filter((name) => course.quantities["reservoir_" + name]);
  if (ratios.length)
    draw("ratios", ratios.flatMap((name, k) => band(name, "reservoir_" + name, course.genotype_colours[k % 3], place)),
         "share of them", { shaded: false, height: 240, y: { tickformat: ".0%", range: [0, 1.02] } });
}

function drawMap() {
  const strongest = Math.max(...course.edges.map((edge) => edge[2]), 1e-12);
  const [x, y] = [course.spots.map((spot) => spot[0]), course.spots.map((spot) => spot[1])];
  const percent = (share) => (100 * share).toPrecision(3) + " %";
  const arrows = course.edges.map(([i, j, share]) => ({
    x: x[j], y: y[j], ax: x[i], ay: y[i], xref: "x", yref: "y", axref: "x", ayref: "y", text: "", showarrow: true,
    arrowhead: 2, arrowwidth: 0.5 + 3 * share / strongest, opacity: 0.15 + 0.6 * share / strongest,
    arrowcolor: "#0072B2", standoff: 9, startstandoff: 9,
  }));
  const farms = course.places.slice(1);
  const told = farms.map((farm, f) => "<b>" + farm + "</b><br>" + course.edges
    .filter(([i]) => i === f).slice(0, 12).map(([, j, share]) => "to " + farms[j] + ": " + percent(share)).join("<br>"));
  const dots = { x, y, hovertext: told, hoverinfo: "text", mode: "markers",
                 marker: { size: 13, color: "#D55E00", line: { color: "white", width: 1.5 } }, customdata: farms.map((_, f) => f + 1) };
  const labels = farms.map((text, f) => ({ x: x[f], y: y[f], text, showarrow: false, yshift: 17, font: { size: 13 },
                                           bgcolor: "rgba(255,255,255,0.75)" }));
  const axis = (label) => ({ title: { text: course.true_places ? label : "" }, visible: course.true_places,
                             gridcolor: "#e4e7eb", zeroline: false });
  Plotly.newPlot("map", [dots], {
    height: 620, margin: { l: 60, r: 15, t: 8, b: 50 }, annotations: [...arrows, ...labels], showlegend: false, hovermode: "closest",
    paper_bgcolor: "white", plot_bgcolor: "white", font: { family: "system-ui, sans-serif", color: "#1f2933" },
    xaxis: axis("easting (km)"), yaxis: { ...axis("northing (km)"), scaleanchor: "x" },
  }, buttons);
  chosen("map").on("plotly_click", (event) => {
    chosen("place").value = event.points[0].customdata;
    redraw();
    window.scrollTo({ top: 0, behavior: "smooth" });
  });
}

async function begin() {
  if (!window.DecompressionStream) throw new Error("it needs a browser of 2023 or later");
  const library = document.createElement("script");
  library.textContent = new TextDecoder().decode(await unpacked("library"));
  document.head.append(library); // defines Plotly
  numbers = ordered(await unpacked("numbers"));
  for (const [place, name] of places.entries()) chosen("place").add(new Option(name, place));
  for (const name of STAGES)
    if (course.genotypes.some((genotype) => course.quantities[name + "_" + genotype])) chosen("stage").add(new Option(name));
  chosen("stage").value = "L5f";
  if (course.n_cages === null) chosen("per-cage").parentElement.hidden = true;
  for (const id of ["place", "stage", "per-cage", "log", "smoothing"]) chosen(id).addEventListener("input", redraw);
  chosen("smoothing").addEventListener("input", () => {
    const days = Number(chosen("smoothing").value);
    chosen("smoothing-told").textContent = days > 1 ? days + " rows" : "none";
  });
  redraw();
  if (course.spots !== null) drawMap();
}
begin().catch((error) => {
  chosen("told").textContent = "This page could not be drawn: " + error.message;
  throw error;
});
