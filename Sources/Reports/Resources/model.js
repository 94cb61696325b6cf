// The run: rows are variants, columns are kernels, and each place where they meet holds a cell for every loader.

// Where what stands in the arrays of ReportData.swift.
const cellFields = [
  "column",
  "row",
  "loader",
  "verdict",
  "stage",
  "expected",
  "asExpected",
  "cached",
  "reason",
  "console",
  "programs",
  "event",
  "queue",
  "load",
  "attach",
  "fire",
  "total",
];
const programFields = [
  "name",
  "type",
  "verdict",
  "stage",
  "errno",
  "cause",
  "explanation",
  "log",
  "logCut",
  "load",
  "attach",
  "instructions",
  "limit",
  "totalStates",
  "peakStates",
  "stackDepth",
  "verificationMicroseconds",
  "loadMicroseconds",
  "programInstructions",
  "translatedBytes",
  "jitedBytes",
];
const named = (fields, values) => Object.fromEntries(fields.map((field, i) => [field, values[i] ?? null]));

const words = { pass: "pass", fail: "fail", crash: "crash", timeout: "timeout", notMeasured: "n/m" };
const longWords = { ...words, notMeasured: "not measured" };
const symbolOf = (verdict) => data.symbols[data.verdicts.indexOf(verdict)];

const { summary } = data;
const loaders = data.loaders.map((loader, index) => ({ ...loader, index }));
const columns = data.kernels.map((kernel, index) => ({ kernel, index, hidden: false }));
const families = [];
for (const column of columns) {
  let family = families.find((f) => f.name === column.kernel.family);
  if (!family) families.push(family = { name: column.kernel.family, columns: [] });
  column.first = family.columns.length === 0;
  family.columns.push(column);
}
/** Columns as they stand on the page. */
const order = families.flatMap((family) => family.columns);
const rows = data.rows.map(([probe, variant], index) => ({ probe, variant, index, places: columns.map(() => []) }));
const groups = [];
for (const row of rows) {
  if (groups.at(-1)?.probe !== row.probe) {
    groups.push({ probe: row.probe, index: groups.length, rows: [], folded: false });
  }
  groups.at(-1).rows.push(row);
  row.group = groups.at(-1);
}
const cells = data.cells.map((values) => {
  const cell = named(cellFields, values);
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
const usedLoaders = loaders.filter((loader) => cells.some((cell) => cell.loader === loader));
const hasLoaders = usedLoaders.length > 1;

const byKey = (list, key) => new Map(list.map((item) => [key(item), item]));
const columnOf = byKey(columns, (column) => column.kernel.id);
const rowOf = byKey(rows, (row) => `${row.probe}/${row.variant}`);
const loaderOf = byKey(loaders, (loader) => loader.name);

/** The cell of these names, if the run has it. */
function cellAt(kernel, probe, variant, loader) {
  const row = rowOf.get(`${probe}/${variant}`), column = columnOf.get(kernel);
  return row && column ? row.places[column.index][loaderOf.get(loader)?.index] : undefined;
}

const path = (cell) => [cell.column.kernel.id, cell.row.probe, cell.row.variant, cell.loader.name];
const hashOf = (cell) => "#cell=" + path(cell).map(encodeURIComponent).join("/");
const version = (
  kernel,
) => (kernel.id.startsWith(kernel.family + "-") ? kernel.id.slice(kernel.family.length + 1) : kernel.id);
const programsOf = (cell) => cell.programs.map((values) => named(programFields, values));
/** `cilium (cilium/ebpf 0.11.0)`. */
const loaderWords = (loader) =>
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

const headroom = ({ instructions, limit }) =>
  instructions === null || !limit ? null : Math.floor(Math.max(1 - instructions / limit, 0) * 10000) / 100;
const isTight = (program) => (headroom(program) ?? 100) < data.lowHeadroomPercent;

/** What a row's program, or its largest one, cost with a loader on each kernel that says so, as columns stand. */
function costs(row, loader, name) {
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
