// The run: rows are variants, columns are kernels, and each place where they meet holds a cell for every loader.

import { data } from "./page.js";

const named = (fields, values) => Object.fromEntries(fields.map((field, i) => [field, values[i] ?? null]));

export const words = { pass: "pass", fail: "fail", crash: "crash", timeout: "timeout", notMeasured: "n/m" };
export const longWords = { ...words, notMeasured: "not measured" };
export const symbolOf = (verdict) => data.symbols[data.verdicts.indexOf(verdict)];

export const { summary } = data;
export const loaders = data.loaders.map((loader, index) => ({ ...loader, index }));
export const columns = data.kernels.map((kernel, index) => ({ kernel, index, hidden: false }));
export const families = [];
for (const column of columns) {
  let family = families.find((f) => f.name === column.kernel.family);
  if (!family) families.push(family = { name: column.kernel.family, columns: [] });
  column.first = family.columns.length === 0;
  family.columns.push(column);
}
/** Columns as they stand on the page. */
export const order = families.flatMap((family) => family.columns);
export const rows = data.rows.map(([probe, variant], index) => ({
  probe,
  variant,
  index,
  places: columns.map(() => []),
}));
export const groups = [];
for (const row of rows) {
  if (groups.at(-1)?.probe !== row.probe) {
    groups.push({ probe: row.probe, index: groups.length, rows: [], folded: false });
  }
  groups.at(-1).rows.push(row);
  row.group = groups.at(-1);
}
export const cells = data.cells.map((values) => {
  const cell = named(data.fields.cell, values);
  cell.verdict = data.verdicts[cell.verdict];
  cell.expected = data.verdicts[cell.expected];
  cell.row = rows[cell.row];
  cell.column = columns[cell.column];
  cell.loader = loaders[cell.loader];
  cell.unexpected = !cell.asExpected && cell.verdict !== "notMeasured";
  cell.dimmed = cell.changed = cell.winner = false;
  cell.row.places[cell.column.index][cell.loader.index] = cell;
  return cell;
});
for (const group of groups) group.cells = group.rows.flatMap((row) => row.places.flat().filter(Boolean));
/** Loaders that have cells; one that is missing has those that it could not measure. */
export const usedLoaders = loaders.filter((loader) => cells.some((cell) => cell.loader === loader));
export const hasLoaders = usedLoaders.length > 1;

export const byKey = (list, key) => new Map(list.map((item) => [key(item), item]));
const columnOf = byKey(columns, (column) => column.kernel.id);
const rowOf = byKey(rows, (row) => `${row.probe}/${row.variant}`);
export const loaderOf = byKey(loaders, (loader) => loader.name);

/** The cell of these names, if the run has it. */
export function cellAt(kernel, probe, variant, loader) {
  const row = rowOf.get(`${probe}/${variant}`), column = columnOf.get(kernel);
  return row && column ? row.places[column.index][loaderOf.get(loader)?.index] : undefined;
}

export const path = (cell) => [cell.column.kernel.id, cell.row.probe, cell.row.variant, cell.loader.name];
export const hashOf = (cell) => "#cell=" + path(cell).map(encodeURIComponent).join("/");
export const version = (
  kernel,
) => (kernel.id.startsWith(kernel.family + "-") ? kernel.id.slice(kernel.family.length + 1) : kernel.id);
export const programsOf = (cell) => cell.programs.map((values) => named(data.fields.program, values));
/** `cilium (cilium/ebpf 0.11.0)`. */
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
      // Of one contender there is nothing to choose.
      if (cell && cell.row.group.rows.length > 1) cell.winner = true;
    }
  }
}

export const headroom = ({ instructions, limit }) =>
  instructions === null || !limit ? null : Math.floor(Math.max(1 - instructions / limit, 0) * 10000) / 100;
export const isTight = (program) => (headroom(program) ?? 100) < data.lowHeadroomPercent;

/** What a row's program, or its largest one, cost with a loader on each kernel that says so, as columns stand. */
export function costs(row, loader, name) {
  return order.flatMap((column) => {
    const cell = row.places[column.index][loader.index];
    const programs = (cell ? programsOf(cell) : []).filter((program) =>
      program.instructions !== null && (name === null || program.name === name)
    );
    return programs.length
      ? [{ cell, program: programs.reduce((most, next) => (next.instructions > most.instructions ? next : most)) }]
      : [];
  });
}
