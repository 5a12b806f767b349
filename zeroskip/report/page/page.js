"use strict";
// Draws the figures, and links their points to the rows of the table.

const page = JSON.parse(document.getElementById("data").textContent);
const column = (name) => page.table.columns.indexOf(name);
const SHOWN = 500; // rows drawn at once; searching looks at all

const table = { search: "", chosen: null, order: null, descending: false };

function choice(parent, label, options, chosen, change) {
  const box = document.createElement("label");
  const select = document.createElement("select");
  for (const option of options) select.add(new Option(option, option, false, option === chosen));
  select.addEventListener("change", () => change(select.value));
  box.append(`${label} `, select);
  parent.append(box);
}

function draw(section) {
  const root = document.getElementById(section.name);
  const [choices, figure] = [root.querySelector(".choices"), root.querySelector(".figure")];
  const labels = Object.keys(section.figures);
  const settings = { responsive: true, displaylogo: false };
  const show = (label) => {
    const { data, layout } = section.figures[label];
    Plotly.react(figure, data, layout, settings);
  };
  if (labels.length > 1) choice(choices, "show", labels, labels[0], show);
  if (section.axes.length > 2) {
    for (const [axis, start] of [["x", 0], ["y", 1]]) {
      choice(choices, axis, section.axes, section.axes[start], (name) => setAxis(figure, axis, name));
    }
  }
  show(labels[0]);
  if (!section.linked) return;
  const rows = (event) => event && event.points.flatMap((point) => point.customdata ?? []);
  figure.on("plotly_click", (event) => rows(event).length && choose(rows(event)));
  figure.on("plotly_selected", (event) => choose(rows(event)));
  figure.on("plotly_restyle", () => chooseByBrushes(figure));
}

function setAxis(figure, axis, name) {
  const values = figure.data.map((trace) => trace.customdata.map((row) => page.table.rows[row][column(name)]));
  Plotly.update(figure, { [axis]: values }, { [`${axis}axis.title.text`]: name, [`${axis}axis.autorange`]: true });
}

// Brushes of parallel coordinates: a row stays if it lies in one brush of every axis that has any.
function chooseByBrushes(figure) {
  const trace = figure.data[0];
  if (trace.type !== "parcoords") return;
  const brushed = trace.dimensions.filter((dimension) => dimension.constraintrange);
  if (!brushed.length) return choose(null);
  const inside = (dimension, row) => {
    const ranges = dimension.constraintrange;
    const all = Array.isArray(ranges[0]) ? ranges : [ranges];
    return all.some(([low, high]) => low <= dimension.values[row] && dimension.values[row] <= high);
  };
  choose(trace.customdata.filter((_, row) => brushed.every((dimension) => inside(dimension, row))));
}

function choose(rows) {
  table.chosen = rows ? new Set(rows) : null;
  document.getElementById("filter").hidden = table.chosen === null;
  fill();
}

function clear() {
  for (const figure of document.querySelectorAll(".js-plotly-plot")) {
    (figure.data[0].dimensions ?? []).forEach((dimension, index) => {
      if (dimension.constraintrange) Plotly.restyle(figure, { [`dimensions[${index}].constraintrange`]: null });
    });
  }
  choose(null);
}

function visible() {
  const words = table.search.toLowerCase().split(/\s+/).filter(Boolean);
  let rows = page.table.rows.map((_, index) => index);
  if (table.chosen) rows = rows.filter((index) => table.chosen.has(index));
  if (words.length) {
    const text = (index) => page.table.rows[index].join(" ").toLowerCase();
    rows = rows.filter((index) => words.every((word) => text(index).includes(word)));
  }
  if (table.order === null) return rows;
  const value = (index) => page.table.rows[index][table.order];
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  rows.sort((a, b) => (value(a) === null) - (value(b) === null) || (table.descending ? -1 : 1) * compare(value(a), value(b)));
  return rows;
}

function fill() {
  const rows = visible();
  const body = document.querySelector("#table tbody");
  body.replaceChildren(
    ...rows.slice(0, SHOWN).map((index) => {
      const line = document.createElement("tr");
      for (const value of page.table.rows[index]) {
        const cell = line.insertCell();
        cell.textContent = typeof value === "number" ? value.toLocaleString("en", { maximumSignificantDigits: 8 }) : value ?? "";
        if (typeof value === "number") cell.className = "number";
      }
      return line;
    }),
  );
  const more = rows.length > SHOWN ? `, the first ${SHOWN} shown` : "";
  document.getElementById("count").value = `${rows.length} of ${page.table.rows.length} rows${more}`;
}

function start() {
  const head = document.querySelector("#table thead").insertRow();
  page.table.columns.forEach((name, index) => {
    const cell = document.createElement("th");
    cell.textContent = name;
    cell.addEventListener("click", () => {
      table.descending = table.order === index && !table.descending;
      table.order = index;
      fill();
    });
    head.append(cell);
  });
  document.getElementById("search").addEventListener("input", (event) => {
    table.search = event.target.value;
    fill();
  });
  document.getElementById("clear").addEventListener("click", clear);
  page.sections.forEach(draw);
  fill();
}

start();
