// The matrix. Groups of rows out of sight are not laid out (content-visibility), so large runs cost little.

import { sparkline } from "./chart.js";
import { focusCell, moveFocus, setCurrent } from "./focus.js";
import {
  cells,
  columns,
  families,
  groups,
  hasLoaders,
  loaderWords,
  longWords,
  order,
  rows,
  symbolOf,
  usedLoaders,
  version,
  words,
} from "./model.js";
import { $, data, el, plural } from "./page.js";
import { arrange, updateRows } from "./sight.js";
import { view } from "./view.js";
/** @import { Cell, CellElement, Child, Column, Group, Loader, Row } from "./types.d.ts" */

/**
 * `show` opens a cell.
 *
 * @param {(cell: Cell) => void} show
 */
export function drawGrid(show) {
  const grid = $("matrix");
  grid.append(gridHead(), ...groups.map(drawGroup));
  grid.addEventListener("click", (event) => {
    const element = /** @type {Element} */ (event.target).closest(".cell");
    const { cell } = /** @type {CellElement} */ (element ?? {});
    if (cell) {
      focusCell(cell);
      show(cell);
    }
  });
  grid.addEventListener("keydown", (event) => moveFocus(event, show));
  grid.setAttribute("aria-rowcount", `${rows.length + groups.length + (hasLoaders ? 3 : 2)}`);
  arrange();
  setCurrent(cells.find((cell) => cell.unexpected) ?? cells[0]);
}

/**
 * @param {string} kind
 * @param {...Child} content
 */
const line = (kind, ...content) => el("div", { role: "row", class: `line ${kind}` }, content);

function gridHead() {
  /** @param {...Child} content */
  const corner = (...content) => el("div", { role: "columnheader", class: "corner" }, content);
  /** @param {string} text */
  const forReader = (text) => el("span", { class: "for-reader" }, text);
  const lines = [
    corner(forReader("Family")),
    corner(`${plural(rows.length, "variant")}, ${plural(columns.length, "kernel")}`),
    corner(forReader("Loader")),
  ];
  for (const family of families) {
    family.head = el("div", { role: "columnheader", class: "family" }, el("span", {}, family.name));
  }
  for (const column of order) {
    const { kernel } = column;
    const start = kernel.start
      ? `${kernel.start} start` + (kernel.readySeconds === null ? "" : ` in ${kernel.readySeconds} s`)
      : null;
    const title = [
      kernel.id,
      kernel.release,
      start,
      kernel.btf === null ? null : kernel.btf ? "has BTF" : kernel.externalBTF ? "external BTF" : "no BTF",
      kernel.reason,
    ];
    column.head = el(
      "div",
      {
        role: "columnheader",
        class: columnClass(column, "version") + (kernel.status === "measured" ? "" : " gap"),
        title: title.filter(Boolean).join("\n"),
        "aria-label": kernel.id + (kernel.status === "measured" ? "" : ", not measured"),
      },
      version(kernel),
      el("small", {}, kernel.status === "measured" ? kernel.release ?? "" : "not measured"),
    );
  }
  const head = el(
    "div",
    { role: "rowgroup", class: "head" },
    line("families", lines[0], families.map((family) => family.head)),
    line("versions", lines[1], order.map((column) => column.head)),
  );
  if (hasLoaders) {
    head.append(
      line(
        "loaders",
        lines[2],
        order.map((column) =>
          el(
            "div",
            { role: "none", class: columnClass(column, "kernel") },
            usedLoaders.map((loader) =>
              el("div", {
                role: "columnheader",
                class: `loader l${loader.index}`,
                title: `${loaderWords(loader)} on ${column.kernel.id}`,
                "aria-label": `${loader.name} on ${column.kernel.id}`,
              }, el("span", {}, loader.name))
            ),
          )
        ),
      ),
    );
  }
  return head;
}

/**
 * @param {Column} column
 * @param {string} kind
 */
const columnClass = (column, kind) => `${kind} k${column.index}${column.first ? " first" : ""}`;

/** @param {Group} group */
function drawGroup(group) {
  group.button = el("button", {
    type: "button",
    "aria-expanded": "true",
    onclick: () => {
      group.folded = !group.folded;
      updateRows();
    },
  }, group.probe);
  group.tallies = order.map((column) => el("div", { role: "gridcell", class: columnClass(column, "tally") }));
  group.body = el(
    "div",
    { role: "rowgroup", class: "group" },
    line("title", el("div", { role: "rowheader", class: "label" }, group.button), group.tallies),
  );
  for (const row of group.rows) {
    row.time = el("small", { class: "time" });
    row.spark = el("span", { class: "spark", "aria-hidden": "true" });
    row.element = line(
      "variant",
      el(
        "div",
        { role: "rowheader", class: "label", title: `${row.probe} / ${row.variant}` },
        el("span", {}, row.variant),
        row.time,
        row.spark,
      ),
    );
    for (const column of order) row.element.append(drawPlace(row, column));
    group.body.append(row.element);
  }
  return group.body;
}

/**
 * The cells of a row on one kernel, one per loader. With a single loader, the place itself is the cell, which halves
 * the number of elements.
 *
 * @param {Row} row
 * @param {Column} column
 */
function drawPlace(row, column) {
  const boxes = usedLoaders.map((loader) => drawBox(row.places[column.index][loader.index], loader));
  const place = hasLoaders ? el("div", { role: "none", class: "kernel" }, boxes) : boxes[0];
  place.classList.add(`k${column.index}`);
  return place;
}

/**
 * @param {Cell | undefined} cell
 * @param {Loader} loader
 */
function drawBox(cell, loader) {
  /** @type {CellElement} */
  const box = document.createElement("div");
  box.setAttribute("role", "gridcell");
  if (cell) {
    cell.element = box;
    box.cell = cell;
    box.className = `cell l${loader.index} ${cell.verdict}` + (cell.unexpected ? " unexpected" : "") +
      (cell.winner ? " winner" : "") + (cell.changed ? " changed" : "");
    box.tabIndex = -1;
    box.setAttribute("aria-label", cellLabel(cell));
    if (hasLoaders) box.title = `${loader.name}: ${longWords[cell.verdict]}`;
    box.textContent = symbolOf(cell.verdict) + (cell.unexpected ? "≠" : "");
  } else {
    box.className = `empty l${loader.index}`;
  }
  return box;
}

/** @param {Cell} cell */
function cellLabel(cell) {
  return `${cell.row.probe} ${cell.row.variant} on ${cell.column.kernel.id}` +
    (hasLoaders ? ` with ${cell.loader.name}` : "") + `: ${longWords[cell.verdict]}` +
    (cell.unexpected ? `, ${cell.expected} expected` : "") + (cell.winner ? ", best on this kernel" : "") +
    (cell.changed ? ", new since the baseline" : "");
}

/** Rewrites what depends on the loaders that are shown. */
export function drawCounts() {
  for (const group of groups) {
    order.forEach((column, place) => {
      const answers = group.rows.flatMap((row) => view.loaders.map((loader) => row.places[column.index][loader.index]))
        .filter((cell) => cell && cell.verdict !== "notMeasured");
      const passed = answers.filter((cell) => cell.verdict === "pass").length;
      group.tallies[place].textContent = answers.length ? `${passed}/${answers.length}` : "";
      group.tallies[place].title = answers.length
        ? `${passed} of ${plural(answers.length, "cell")} pass on ${column.kernel.id}`
        : "";
    });
    for (const row of group.rows) row.spark.replaceChildren(sparkline(row, view.loaders[0]) ?? "");
  }
}

export function drawLegend() {
  const meanings = {
    pass: "loads and passes every requested stage",
    fail: "rejected by this kernel",
    crash: "the guest kernel panicked or locked up",
    timeout: "did not finish in time",
    notMeasured: "the host could not measure; says nothing about the probe",
  };
  for (const verdict of data.verdicts) {
    $("legend").append(
      el(
        "li",
        { class: `v-${verdict}` },
        el("b", {}, `${symbolOf(verdict)} ${words[verdict]}`),
        " ",
        meanings[verdict],
      ),
    );
  }
  $("legend").append(el("li", { class: "unexpected" }, el("b", {}, "≠"), " not as the manifest expects"));
  if (cells.some((cell) => cell.winner)) {
    $("legend").append(el("li", { class: "winner" }, el("i"), " the best variant on its kernel"));
  }
  if (cells.some((cell) => cell.changed)) {
    $("legend").append(el("li", { class: "changed" }, el("i"), " new since the baseline"));
  }
}
