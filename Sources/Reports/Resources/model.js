// The run: rows are variants, columns are kernels, and each place has one cell per loader.

import { data } from "./page.js";
/** @import { Cell, CellFields, Column, Family, Group, Kernel, Loader, Program, Row, Values, Verdict } from "./types.d.ts" */

/**
 * @param {string[]} fields
 * @param {Values} values
 * @returns {any}
 */
const named = (fields, values) => Object.fromEntries(fields.map((field, i) => [field, values[i] ?? null]));

/** @type {Record<Verdict, string>} */
export const words = { pass: "pass", fail: "fail", crash: "crash", timeout: "timeout", notMeasured: "n/m" };
/** @type {Record<Verdict, string>} */
export const longWords = { ...words, notMeasured: "not measured" };
/**
 * The entry of a table at an index; `undefined` without an index.
 *
 * @template Item
 * @param {Item[]} table
 * @param {number | null} place
 */
export const entryOf = (table, place) => (place === null ? undefined : table[place]);
/** @param {Verdict} verdict */
export const symbolOf = (verdict) => data.symbols[data.verdicts.indexOf(verdict)];

export const { summary } = data;
/** @type {Loader[]} */
export const loaders = data.loaders.map((loader, index) => ({ ...loader, index }));
export const columns = data.kernels.map((kernel, index) => /** @type {Column} */ ({ kernel, index, hidden: false }));
/** @type {Family[]} */
export const families = [];
for (const column of columns) {
  let family = families.find((f) => f.name === column.kernel.family);
  if (!family) {
    const members = /** @type {Column[]} */ ([]);
    families.push(family = /** @type {Family} */ ({ name: column.kernel.family, columns: members }));
  }
  column.first = family.columns.length === 0;
  family.columns.push(column);
}
/** Columns in the order of the page. */
export const order = families.flatMap((family) => family.columns);
export const rows = data.rows.map(([probe, variant], index) => /** @type {Row} */ ({
  probe,
  variant,
  index,
  places: columns.map(() => /** @type {Cell[]} */ ([])),
}));
/** @type {Group[]} */
export const groups = [];
for (const row of rows) {
  let group = groups.at(-1);
  if (group?.probe !== row.probe) {
    const members = /** @type {Row[]} */ ([]);
    groups.push(
      group = /** @type {Group} */ ({ probe: row.probe, index: groups.length, rows: members, folded: false }),
    );
  }
  group.rows.push(row);
  row.group = group;
}
export const cells = data.cells.map((values) => {
  /** @type {CellFields} */
  const fields = named(data.fields.cell, values);
  const verdict = data.verdicts[fields.verdict];
  const cell = /** @type {Cell} */ ({
    ...fields,
    verdict,
    expected: data.verdicts[fields.expected],
    row: rows[fields.row],
    column: columns[fields.column],
    loader: loaders[fields.loader],
    unexpected: !fields.asExpected && verdict !== "notMeasured",
    dimmed: false,
    changed: null,
    winner: false,
  });
  cell.row.places[cell.column.index][cell.loader.index] = cell;
  return cell;
});
for (const group of groups) group.cells = group.rows.flatMap((row) => row.places.flat().filter(Boolean));
/** Loaders that have cells, including loaders whose cells could not be measured. */
export const usedLoaders = loaders.filter((loader) => cells.some((cell) => cell.loader === loader));
export const hasLoaders = usedLoaders.length > 1;

/**
 * @template Item
 * @param {Item[]} list
 * @param {(item: Item) => string} key
 */
export const byKey = (list, key) => new Map(list.map((item) => [key(item), item]));
const columnOf = byKey(columns, (column) => column.kernel.id);
const rowOf = byKey(rows, (row) => `${row.probe}/${row.variant}`);
export const loaderOf = byKey(loaders, (loader) => loader.name);

/**
 * The cell with these names, if the run has one.
 *
 * @param {string} kernel
 * @param {string} probe
 * @param {string} variant
 * @param {string | undefined} loader
 * @returns {Cell | undefined}
 */
export function cellAt(kernel, probe, variant, loader) {
  const row = rowOf.get(`${probe}/${variant}`),
    column = columnOf.get(kernel),
    { index } = loaderOf.get(loader ?? "") ?? {};
  return row && column && index !== undefined ? row.places[column.index][index] : undefined;
}

/** @param {Cell} cell */
export const path = (cell) => [cell.column.kernel.id, cell.row.probe, cell.row.variant, cell.loader.name];
/** @param {Cell} cell */
export const hashOf = (cell) => "#cell=" + path(cell).map(encodeURIComponent).join("/");
/** @param {Kernel} kernel */
export const version = ({ id, family }) => (id.startsWith(family + "-") ? id.slice(family.length + 1) : id);
/**
 * @param {Cell} cell
 * @returns {Program[]}
 */
export const programsOf = (cell) => cell.programs.map((values) => named(data.fields.program, values));
/**
 * `cilium (cilium/ebpf 0.11.0)`.
 *
 * @param {Loader} loader
 */
export const loaderWords = (loader) =>
  loader.name +
  (loader.version
    ? ` (${loader.library === loader.name || !loader.library ? "" : `${loader.library} `}${loader.version})`
    : "");

for (const change of summary.baseline?.changes ?? []) {
  if (change.kind === "gone") continue;
  for (const kernel of change.kernels) {
    for (const loader of change.loaders) {
      const cell = cellAt(kernel, change.probe, change.variant, loader);
      if (cell) cell.changed = change;
    }
  }
}
for (const plan of summary.plans) {
  for (const { variant, loader, kernels } of plan.winners) {
    for (const kernel of kernels) {
      const cell = cellAt(kernel, plan.probe, variant, loader);
      // With one contender there is nothing to choose.
      if (cell && cell.row.group.rows.length > 1) cell.winner = true;
    }
  }
}

/** @param {Program} program */
export const headroom = ({ instructions, limit }) =>
  instructions === null || !limit ? null : Math.floor(Math.max(1 - instructions / limit, 0) * 10000) / 100;
/** @param {Program} program */
export const isTight = (program) => (headroom(program) ?? 100) < data.lowHeadroomPercent;

/**
 * The instruction counts of a row's largest program with a loader, for each kernel that reported one, in column order.
 *
 * @param {Row} row
 * @param {Loader} loader
 */
export function costs(row, loader) {
  return order.flatMap((column) => {
    const cell = row.places[column.index][loader.index];
    const points = (cell ? programsOf(cell) : []).flatMap((program) =>
      program.instructions === null ? [] : [{ cell, program, value: program.instructions }]
    );
    return points.length ? [points.reduce((most, next) => (next.value > most.value ? next : most))] : [];
  });
}
