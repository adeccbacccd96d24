// Draws the pictures of the page with uPlot, sorts its tables, and switches its systems. Everything is in the tables already.
(() => {
  "use strict";
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const systems = figures.systems;
  for (const { seconds, looks_at_s, roles } of systems) { // a series whose values are all the same is that value
    const whole = (series, at) => { for (const [key, value] of Object.entries(series)) if (!Array.isArray(value)) series[key] = at.map(() => value); };
    whole(seconds, seconds.at_s);
    for (const role of Object.values(roles)) whole(role, looks_at_s);
  }
  const ROLES = ["server", "proxy", "database", "generator"];
  const HEIGHT = 210, LABEL_HEIGHT = 22;
  const shown = new Set(systems.map((system) => system.number));
  let chosen = systems.length === 1 ? systems[0].number : null; // of "Over time"; null for all together
  let chosenRequests = systems.findIndex((system) => system.requests.length);
  const plots = new Map(); // from an element to its plot

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // Numbers.

  const number = (value) => {
    if (value == null) return "–";
    if (value === 0) return "0";
    const decimals = Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
    return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  };
  const tick = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
  const percentile = (nines) => {
    const decimals = Math.max(0, Math.ceil(nines - 1e-9) - 2) + (Number.isInteger(nines) || nines < 1 ? 0 : 1);
    return `${(100 * (1 - 10 ** -nines)).toFixed(nines === 0 ? 0 : decimals)} %`;
  };

  // Plots.

  const line = (group, what, colour, values, options = {}) => ({
    group,
    what,
    values,
    series: {
      label: what ? `${group}, ${what}` : group,
      stroke: css(colour),
      width: options.width || 1.6,
      dash: options.dash,
      points: { show: values.length < 3 },
      value: (_, value) => number(value),
      spanGaps: false,
    },
  });

  // The ticks of a logarithmic axis that have room for their labels: 1, 2, 5 of each decade, or each decade alone.
  const labelled = (value, plot) => {
    const { min, max } = plot.scales.y;
    const isCrowded = 3 * Math.log10(max / min) * LABEL_HEIGHT > plot.height;
    const digit = Number((value / 10 ** Math.floor(Math.log10(value) + 1e-9)).toFixed(3));
    return digit === 1 || (!isCrowded && (digit === 2 || digit === 5));
  };

  const axes = (logarithmic, x) => {
    const common = {
      stroke: css("--quiet"),
      grid: { stroke: css("--line"), width: 0.5 },
      ticks: { stroke: css("--line"), width: 0.5 },
      font: "12px system-ui, sans-serif",
    };
    const y = { ...common, size: 58, values: (_, ticks) => ticks.map((value) => (value == null ? "" : tick(value))) };
    if (logarithmic) y.filter = (plot, splits) => splits.map((value) => (labelled(value, plot) ? value : null));
    return [{ ...common, ...x }, y];
  };

  const draw = (place, lines, { x, xAxis = {}, xLabel, xValue, xMin = 0, xMax, logarithmic = false, sync = null, height = HEIGHT, from = 0, band = null, yRange = null, marks = [] }) => {
    plots.get(place)?.destroy();
    plots.delete(place);
    place.replaceChildren();
    const figure = place.closest("figure");
    figure.hidden = !lines.length || !x.length;
    if (figure.hidden) return;
    const [lowest, highest] = range(lines, from);
    const y = logarithmic
      ? { distr: 3, range: () => [roundDown(lowest), roundUp(highest)] }
      : { range: () => yRange || [0, highest > 0 ? highest * 1.08 : 1] };
    const plot = new uPlot(
      {
        width: place.clientWidth,
        height,
        scales: { x: { time: false, range: () => [xMin, xMax] }, y },
        axes: axes(logarithmic, xAxis),
        cursor: { sync: sync ? { key: sync, setSeries: false } : undefined, points: { size: 6 }, drag: { x: false, y: false } },
        legend: { show: false },
        series: [{ label: xLabel, value: (_, value) => (value == null ? "" : xValue(value)) }, ...lines.map((one) => one.series)],
        hooks: { setCursor: [(drawn) => key.show(drawn.cursor.idx)], drawClear: [...(band ? [(drawn) => shade(drawn, band)] : []), ...(marks.length ? [(drawn) => mark(drawn, marks)] : [])] },
      },
      [x, ...lines.map((one) => one.values)],
      place,
    );
    const key = readout(plot, lines);
    place.append(key.list, element("output", { className: "hidden", ariaLive: "polite" }));
    plots.set(place, plot);
  };

  // A band between two places of the horizontal axis; one without an end reaches to the edge.
  const shade = (plot, [low, high, middle]) => {
    const { ctx, bbox } = plot;
    const at = (value, otherwise) => (value == null ? otherwise : Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(value, "x", true))));
    const begin = at(low, bbox.left), end = at(high, bbox.left + bbox.width);
    ctx.save();
    ctx.fillStyle = css("--c0");
    ctx.globalAlpha = 0.16;
    ctx.fillRect(begin, bbox.top, Math.max(1, end - begin), bbox.height);
    ctx.globalAlpha = 0.8;
    if (middle != null) ctx.fillRect(at(middle, begin), bbox.top, 1.5 * devicePixelRatio, bbox.height);
    ctx.restore();
  };

  // Upright lines at places of the horizontal axis.
  const mark = (plot, marks) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = css("--failed");
    ctx.globalAlpha = 0.7;
    for (const at of marks) ctx.fillRect(plot.valToPos(at, "x", true), bbox.top, 1.5 * devicePixelRatio, bbox.height);
    ctx.restore();
  };

  // What the colours mean, and the values where the cursor is: an entry for each system, or for each line of one.

  const readout = (plot, lines) => {
    const at = element("span", { className: "at" });
    const list = element("div", { className: "readout", ariaHidden: "true" }, at);
    const shownAt = lines.map(({ what }) => element("span", { className: "value" }, ...(what ? [element("span", { className: "what", textContent: what }), " "] : []), element("b")));
    const groups = new Map();
    lines.forEach(({ group, series }, index) => {
      if (!groups.has(group)) groups.set(group, element("span", { className: "entry" }, dash(series), group));
      groups.get(group).append(" ", shownAt[index]);
    });
    list.append(...groups.values());
    const show = (index) => {
      at.textContent = index == null ? "" : `${plot.series[0].label} ${plot.series[0].value(plot, plot.data[0][index])}`;
      shownAt.forEach((value, number) => {
        const found = index == null ? null : plot.data[number + 1][index];
        value.hidden = found == null;
        value.querySelector("b").textContent = found == null ? "" : plot.series[number + 1].value(plot, found);
      });
    };
    show(null);
    return { list, show };
  };

  const svg = (name, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const dash = (series) => svg("svg", { width: 18, height: 10, "aria-hidden": "true" },
    svg("line", { x1: 0, x2: 18, y1: 5, y2: 5, stroke: series.stroke, "stroke-width": 3, "stroke-dasharray": series.dash ? "4 3" : "none" }));

  // The range of values; the lowest of those from a place on.
  const range = (lines, from) => {
    let lowest = Infinity, highest = -Infinity;
    for (const { values } of lines)
      values.forEach((value, index) => {
        if (value == null) return;
        if (value > 0 && value < lowest && index >= from) lowest = value;
        if (value > highest) highest = value;
      });
    return Number.isFinite(lowest) ? [lowest, highest] : [0.1, Math.max(highest, 0)];
  };

  const roundDown = (value) => {
    const decade = 10 ** Math.floor(Math.log10(value));
    return decade * (value / decade >= 5 ? 5 : value / decade >= 2 ? 2 : 1);
  };
  const roundUp = (value) => {
    const decade = 10 ** Math.floor(Math.log10(value));
    return decade * (value / decade <= 2 ? 2 : value / decade <= 5 ? 5 : 10);
  };

  const place = (name) => document.querySelector(`[data-plot="${name}"]`);
  const milliseconds = (values) => values.map((value) => (value == null ? null : value / 1000));
  const visible = () => systems.filter((system) => shown.has(system.number));
  const colour = (system) => `--c${system.colour}`;
  const dashOf = (system) => (system.number >= 10 ? [10, 3, 2, 3] : undefined);

  // Percentiles.

  const onNines = (curve) => figures.nines.map((_, step) => (step < curve.length ? curve[step] / 1000 : null));
  const drawNines = (where, lines) => {
    const longest = Math.max(1, ...lines.map(({ values }) => values.filter((value) => value != null).length));
    const end = figures.nines[Math.min(longest, figures.nines.length) - 1];
    draw(where, lines, {
      x: figures.nines,
      xMax: Math.max(1, end),
      xLabel: "percentile",
      xValue: percentile,
      logarithmic: true,
      height: 320,
      from: 4, // the fastest third may be very fast: it is cut off rather than the others pressed together
      xAxis: { splits: () => figures.nines.filter((value) => Number.isInteger(value) && value <= end), values: (_, ticks) => ticks.map(percentile) },
    });
  };

  const drawPercentiles = () => {
    const lines = [];
    for (const system of visible()) {
      const { good, service, bad } = system.curves_us;
      const one = systems.length === 1;
      if (good) lines.push(line(one ? "from due" : system.name, one ? "" : "due", colour(system), onNines(good), { width: 2, dash: dashOf(system) }));
      if (service) lines.push(line(one ? "from sent" : system.name, one ? "" : "sent", colour(system), onNines(service), { dash: [6, 4], width: 1.2 }));
      if (bad) lines.push(line(one ? "bad answers" : system.name, one ? "" : "bad", colour(system), onNines(bad), { dash: [1, 4] }));
    }
    drawNines(place("percentiles"), lines);
  };

  const drawRequests = () => {
    const where = place("requests");
    if (!where) return;
    const requests = systems[chosenRequests].requests;
    drawNines(where, requests.map(({ name, curve_us }, index) => line(name, "", `--c${index % 10}`, onNines(curve_us), { dash: index >= 10 ? [10, 3, 2, 3] : undefined })));
  };

  // The knee: each rate that was tried, and what came of it.

  const drawKnees = () => figures.knees.forEach(({ interval, rate_per_s, rates, good_per_s, p50_us, p99_us, cores }, index) => {
    if (!rates.length) return;
    const end = Math.max(...rates), begin = Math.min(...rates), room = (end - begin) * 0.04 || begin * 0.1;
    const options = { x: rates, xMin: Math.max(0, begin - room), xMax: end + room, xLabel: "offered/s", xValue: number, sync: `knee-${index}`, band: rate_per_s == null ? null : [...interval, rate_per_s] };
    const drawn = (name, lines, more = {}) => draw(place(`knee-${name}-${index}`), lines.map((one) => ({ ...one, series: { ...one.series, points: { show: true, size: 5 }, spanGaps: true } })), { ...options, ...more });
    drawn("goodput", [line("good", "", "--good", good_per_s, { width: 2 }), line("offered", "", "--offered", rates, { dash: [8, 4], width: 1 })]);
    drawn("latency", [line("p99", "", "--c0", milliseconds(p99_us), { width: 2 }), line("p50", "", "--c1", milliseconds(p50_us), { dash: [6, 4] })], { logarithmic: true });
    drawn("cpu", ROLES.filter((role) => cores[role]).map((role) => line(role, "", `--${role}`, cores[role])));
  });

  // Histories: a point for each document, their levels, and where those change.

  const drawHistories = () => figures.histories.forEach(({ documents, lines }, index) => lines.forEach(({ name, heading, at, values, levels, changes }) => {
    const lowest = Math.min(...values), highest = Math.max(...values), middle = (lowest + highest) / 2;
    const room = Math.max((highest - lowest) * 0.08, Math.abs(middle) * 0.05) || 1;
    const points = line(heading, "", "--c0", values, { width: 1 }), level = line("level", "", "--c1", levels, { width: 2 });
    points.series.points = { show: true, size: 4 };
    level.series.paths = uPlot.paths.stepped({ align: 1 });
    draw(place(name), [points, level], {
      x: at, xMin: -0.5, xMax: Math.max(1, documents.length - 0.5), xLabel: "document", xValue: (value) => documents[value] || "", sync: `history-${index}`,
      yRange: [Math.max(0, lowest - room), highest + room], marks: changes.map((change) => change - 0.5),
      xAxis: { space: 90, incrs: [1, 2, 5, 10, 20, 50, 100], values: (_, ticks) => ticks.map((value) => (documents[value] || "").slice(0, 10)) },
    });
  }));

  // Over time. All lines of a picture have one axis: the seconds of all runs, put together.

  const together = (parts) => {
    const at = [...new Set(parts.flatMap((part) => part.at_s))].sort((one, other) => one - other);
    const lines = parts.map(({ at_s, values, ...rest }) => {
      const of = new Map(at_s.map((second, index) => [second, values[index]]));
      return { ...line(rest.group, rest.what, rest.colour, at.map((second) => (of.has(second) ? of.get(second) : undefined)), rest.options) };
    });
    return [at, lines.map((one) => ({ ...one, series: { ...one.series, spanGaps: true } }))];
  };

  const drawOverTime = () => {
    const of = chosen === null ? visible() : systems.filter((system) => system.number === chosen);
    const end = Math.max(1, ...of.flatMap((system) => system.seconds.at_s.slice(-1)));
    const single = chosen !== null;
    const show = (name, parts, logarithmic = false) => {
      const [at, lines] = together(parts.filter((part) => part.values.some((value) => value != null)));
      draw(place(name), lines, {
        x: at, xMax: end, xLabel: "second", xValue: number, logarithmic, sync: "time",
        xAxis: { values: (_, ticks) => ticks.map((value) => `${tick(value)} s`) },
      });
    };
    // One system has a line for each quantity, in the quantity's colour; of several each has its own colour.
    const part = (system, what, colourName, values, options = {}) => ({
      at_s: system.seconds.at_s,
      values,
      group: single ? what : system.name,
      what: single ? "" : what,
      colour: single && colourName ? colourName : colour(system),
      options: { dash: single ? undefined : dashOf(system), ...options },
    });
    const some = (values) => values.some((value) => value > 0);

    show("goodput", of.flatMap((system) => {
      const { good_per_s, bad_per_s, failed_per_s, offered_per_s } = system.seconds;
      const parts = [part(system, "good", "--good", good_per_s, { width: 2 })];
      if (some(bad_per_s)) parts.push(part(system, "bad", "--bad", bad_per_s, single ? {} : { dash: [1, 4] }));
      if (some(failed_per_s)) parts.push(part(system, "failed", "--failed", failed_per_s, single ? {} : { dash: [2, 6] }));
      if (single && some(offered_per_s)) parts.push(part(system, "offered", "--offered", offered_per_s, { dash: [8, 4], width: 1 }));
      return parts;
    }));
    show("latency", of.flatMap((system) => [
      part(system, "p99", null, milliseconds(system.seconds.p99_us), { width: 2 }),
      part(system, "p50", null, milliseconds(system.seconds.p50_us), { dash: [6, 4], width: 1.2 }),
    ]), true);
    for (const [name, key] of [["cpu", "cores"], ["memory", "rss_mib"]])
      show(name, of.flatMap((system) => ROLES.filter((role) => system.roles[role] && (single || role === "server")).map((role) => ({
        ...part(system, role, `--${role}`, system.roles[role][key]),
        at_s: system.looks_at_s,
      }))));
    show("connections", of.map((system) => part(system, "open", null, system.seconds.open_connections)));
    show("lag", of.map((system) => part(system, "p99", null, milliseconds(system.seconds.send_lag_p99_us))));
  };

  // By keyboard: the arrows move a plot's cursor, and what is there is said.

  const read = (where, key) => {
    const plot = plots.get(where);
    if (!plot) return false;
    const at = plot.data[0], last = at.length - 1;
    const now = plot.cursor.idx;
    const next = { ArrowRight: now == null ? 0 : Math.min(last, now + 1), ArrowLeft: now == null ? last : Math.max(0, now - 1), Home: 0, End: last }[key];
    if (next === undefined) return false;
    plot.setCursor({ left: plot.valToPos(at[next], "x"), top: 1 });
    where.querySelector("output").textContent = plot.series
      .filter((_, index) => plot.data[index][next] != null)
      .map((series) => `${series.label} ${series.value(plot, plot.data[plot.series.indexOf(series)][next])}`)
      .join(", ");
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.(".plot") && read(event.target, event.key)) event.preventDefault();
  });

  // Switches and choices.

  const swatch = (system) => svg("svg", { class: "swatch", width: 12, height: 12, "aria-hidden": "true" },
    svg("rect", { class: `s${system.colour}`, width: 12, height: 12, rx: 3 }));
  const input = (properties, mark, text, onChange) => {
    const made = element("input", properties);
    made.addEventListener("change", () => onChange(made));
    return element("label", {}, made, ...(mark ? [mark] : []), text);
  };
  const fieldset = (title, labels) => element("fieldset", {}, element("legend", { textContent: title }), ...labels);

  if (systems.length > 1) {
    document.querySelector(".switches").append(fieldset("Show", systems.map((system) =>
      input({ type: "checkbox", checked: true, name: `system-${system.number}` }, swatch(system), system.name, (box) => {
        if (box.checked) shown.add(system.number); else shown.delete(system.number);
        document.querySelector(`tr[data-system="${system.number}"]`).classList.toggle("off", !box.checked);
        drawPercentiles();
        if (chosen === null) drawOverTime();
      }))));
    const choose = (number) => () => { chosen = number; drawOverTime(); };
    document.querySelector(".choices").append(fieldset("Show", [
      input({ type: "radio", name: "over-time", checked: true }, null, "all together", choose(null)),
      ...systems.map((system) => input({ type: "radio", name: "over-time" }, swatch(system), system.name, choose(system.number))),
    ]));
    const withRequests = systems.filter((system) => system.requests.length);
    if (withRequests.length > 1)
      document.querySelector(".choices-requests").append(fieldset("Show", withRequests.map((system, index) =>
        input({ type: "radio", name: "requests", checked: !index }, swatch(system), system.name, () => { chosenRequests = systems.indexOf(system); drawRequests(); }))));
  }

  // Sorting.

  const sort = (table, header, index) => {
    const isNumber = header.dataset.sort === "number";
    const isDescending = header.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
    const value = (row) => {
      const cell = row.cells[index];
      if (!cell || (isNumber && !cell.dataset.value)) return null;
      return isNumber ? Number(cell.dataset.value) : cell.textContent.trim();
    };
    const rows = [...table.tBodies[0].rows].map((row) => [value(row), row]);
    rows.sort(([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null); // without a value: last
      return (isNumber ? one - other : one.localeCompare(other)) * (isDescending ? -1 : 1);
    });
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  for (const table of document.querySelectorAll("table.sortable"))
    [...table.tHead.rows[0].cells].forEach((header, index) => {
      if (!header.dataset.sort) return;
      const button = element("button", { type: "button" });
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(table, header, index));
      header.append(button);
    });

  // A link to a line of a log opens the log.

  const openTarget = () => {
    const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    for (let within = target; within; within = within.parentElement) if (within.tagName === "DETAILS") within.open = true;
    target?.scrollIntoView();
  };
  window.addEventListener("hashchange", openTarget);

  // Drawing, and drawing again: in other colours, in another width, on paper.

  const drawAll = () => {
    drawKnees();
    drawHistories();
    if (!systems.length) return;
    drawPercentiles();
    drawOverTime();
    if (chosenRequests >= 0) drawRequests();
  };
  drawAll();
  openTarget();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("beforeprint", () => { document.documentElement.dataset.paper = ""; drawAll(); });
  window.addEventListener("afterprint", () => { delete document.documentElement.dataset.paper; drawAll(); });
  let width = window.innerWidth;
  new ResizeObserver(() => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    for (const [where, plot] of plots) plot.setSize({ width: where.clientWidth, height: plot.height });
  }).observe(document.body);
})();
