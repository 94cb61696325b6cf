// The data that ReportData.swift writes into the page, and the model that model.js builds from it.

export type Verdict = "pass" | "fail" | "crash" | "timeout" | "notMeasured";
export type Stage = "open" | "maps" | "load" | "attach" | "fire";

export interface Run {
  id: string;
  startedAt: string;
  durationSeconds: number;
  tool: string;
  host: { qemu: string | null; accelerator: string | null; cpus: number };
}

export interface Kernel {
  id: string;
  release: string | null;
  family: string;
  btf: boolean | null;
  externalBTF: string | null;
  start: "cold" | "warm" | null;
  readySeconds: number | null;
  status: "measured" | "notMeasured";
  reason: string | null;
}

export interface LoaderRow {
  name: string;
  library: string | null;
  version: string | null;
  status: "available" | "missing";
  reason: string | null;
}

export interface Location {
  file: string;
  line: number;
}

export interface Cause {
  id: string;
  category: string;
  line: string;
  source: string | null;
  advice: string;
  since: string | null;
  location: Location | null;
}

export interface Explanation {
  reason: string;
  at: string | null;
  path: string[];
  suggestion: string;
  facts: string[];
  shape: string | null;
}

/** The row, kernels and loaders that a statement is about. */
export interface Place {
  kernels: string[];
  probe: string;
  variant: string;
  loaders: string[];
}

export interface Finding {
  probe: string;
  variant: string;
  loader: string;
  verdict: Verdict;
  expected: Verdict;
  asExpected: boolean;
  cause: string;
  detail: string;
  suggestion?: string;
  location?: Location;
  kernels: string[];
}

export interface Gap {
  reason: string;
  cells: number;
  on: string;
}

export interface Exception {
  state: "used" | "unneeded" | "expired";
  at: string;
  notice: string;
}

export interface Share {
  variant: string;
  loader: string;
  kernels: string[];
  on: string;
}

export interface Dead {
  variant: string;
  loader: string;
  standing: string;
  by?: string;
}

export interface Plan {
  probe: string;
  loader?: string;
  lowest?: string;
  steadyFrom?: string;
  holes: string;
  uncovered: string;
  notMeasured: string;
  cover: Share[];
  isExact: boolean;
  winners: Share[];
  dead: Dead[];
}

export interface Difference {
  loader: string;
  verdict: Verdict;
  stage: Stage | null;
  cause: string | null;
  category: string | null;
  errno: number;
  line: string | null;
  reason: string | null;
  suggestion: string | null;
  since: string | null;
  places: { probe: string; variant: string; passing: string[]; kernels: string[] }[];
}

export interface Count {
  passed: number;
  measured: number;
}

export interface Reach {
  loader: string;
  kernels: (Count & { kernel: string })[];
}

export type ChangeKind =
  | "regression"
  | "fix"
  | "otherwise"
  | "new"
  | "gone"
  | "noLongerMeasured"
  | "newlyMeasured";

export interface Change extends Place {
  kind: ChangeKind;
  from: string;
  to: string;
  setting: string;
  line: string;
  on: string;
}

export interface Growth {
  cell: { kernel: string; probe: string; variant: string; loader: string };
  loaders: string[];
  program: string;
  from: number;
  to: number;
  percent: number;
}

export interface Baseline {
  run: Run;
  compared: number;
  changes: Change[];
  growths: Growth[];
  surroundings: string[];
}

export interface Summary {
  findings: { value: Finding; loaders: string[]; on: string }[];
  gaps: Gap[];
  exceptions: Exception[];
  plans: Plan[];
  differences: { value: Difference; errno?: string; on: string[] }[];
  reach: Reach[];
  baseline?: Baseline;
}

/** A cell, with the names of `fields.cell`: numbers are indexes into a table of the same data. */
export interface CellFields {
  column: number;
  row: number;
  loader: number;
  verdict: number;
  stage: number | null;
  expected: number;
  asExpected: 0 | 1;
  cached: 0 | 1;
  reason: number | null;
  console: number | null;
  programs: Values[];
  event: number | null;
  queue: number | null;
  load: number | null;
  attach: number | null;
  fire: number | null;
  total: number | null;
}

/** A program, with the names of `fields.program`. */
export interface Program {
  name: number;
  type: number;
  verdict: number;
  stage: number | null;
  errno: number;
  cause: number | null;
  explanation: number | null;
  log: number | null;
  logCut: number | null;
  load: number | null;
  attach: number | null;
  instructions: number | null;
  limit: number | null;
  totalStates: number | null;
  peakStates: number | null;
  /** Of each of its functions: `8+0`. */
  stackDepth: string | null;
  verificationMicroseconds: number | null;
  loadMicroseconds: number | null;
  programInstructions: number | null;
  translatedBytes: number | null;
  jitedBytes: number | null;
}

export type Values = (number | string | null | Values[])[];

export interface Data {
  fields: { cell: (keyof CellFields)[]; program: (keyof Program)[] };
  run: Run;
  kernels: Kernel[];
  loaders: LoaderRow[];
  rows: string[][];
  verdicts: Verdict[];
  symbols: string[];
  stages: Stage[];
  logCuts: string[];
  lowHeadroomPercent: number;
  causes: Cause[];
  explanations: Explanation[];
  texts: string[];
  errnos: Record<string, string[]>;
  cells: Values[];
  summary: Summary;
}

// The model, and what the page draws from it.

export interface Loader extends LoaderRow {
  index: number;
}

export interface Column {
  kernel: Kernel;
  index: number;
  hidden: boolean;
  /** Whether it is the first of its family. */
  first: boolean;
  head: HTMLElement;
}

export interface Family {
  name: string;
  columns: Column[];
  head: HTMLElement;
}

export interface Row {
  probe: string;
  variant: string;
  index: number;
  /** Cells by column and loader. */
  places: Cell[][];
  group: Group;
  matching: boolean;
  seconds: number | null;
  element: HTMLElement;
  time: HTMLElement;
  spark: HTMLElement;
}

export interface Group {
  probe: string;
  index: number;
  rows: Row[];
  cells: Cell[];
  folded: boolean;
  seconds: number | null;
  body: HTMLElement;
  button: HTMLElement;
  tallies: HTMLElement[];
}

export interface Cell extends Omit<CellFields, "column" | "row" | "loader" | "verdict" | "expected"> {
  column: Column;
  row: Row;
  loader: Loader;
  verdict: Verdict;
  expected: Verdict;
  unexpected: boolean;
  dimmed: boolean;
  changed: Change | null;
  winner: boolean;
  element: CellElement;
  /** The text that the search matches, once it is needed. */
  haystack?: string;
}

export interface CellElement extends HTMLElement {
  cell?: Cell;
}

/** The numeric properties of a program. */
export type Metric = Exclude<keyof Program, "stackDepth">;

/** A cell and its program that a number belongs to. */
export interface Point {
  cell: Cell;
  program: Program;
  value: number;
}

/** A metric to chart: its name and values. */
export interface Choice {
  label: string;
  points: Point[];
}

export interface Bar {
  x: number;
  width: number;
  height: number;
  base: number;
  label: string;
  isAlone: boolean;
}

/** The cells of a row that are close to the instruction limit. */
export interface Tight {
  row: Row;
  points: Point[];
}

export interface SelectEvent {
  target: HTMLSelectElement;
}

export interface ButtonEvent {
  currentTarget: HTMLElement;
}

/** A label and its value; `null` to leave it out. */
export type Fact = [string, Child] | null;

export type Child = Node | string | number | null | undefined | false | Child[];

/** A line of a log, or several collapsed into one. */
export interface LogItem {
  kind: string;
  key?: string | null;
  index?: number;
  text?: string;
  parts?: RegExpExecArray;
  instruction?: number | null;
  items?: LogItem[];
  label?: string;
  isRaw?: boolean;
}

export interface Log {
  /** `null` stands for omitted lines. */
  lines: (string | null)[] | null;
  gap: number;
  omitted: number;
  file: string | null;
}

/** The elements that show a log, and what is known before it is read. */
export interface LogBlock {
  title: string;
  deciding: string | null;
  kind: string;
  content: HTMLElement;
  count: HTMLElement;
  buttons: HTMLElement;
}

/** The elements of report.html with a more specific type than HTMLElement. */
export interface Elements {
  search: HTMLInputElement;
  "by-kernel": HTMLSelectElement;
  "by-probe": HTMLSelectElement;
  "by-cause": HTMLSelectElement;
  order: HTMLSelectElement;
}
