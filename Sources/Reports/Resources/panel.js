// The panel with one cell. The URL names the cell, so that back, forward and copied links work.

import { trend } from "./chart.js";
import { clearFilter, showLoaders } from "./filter.js";
import { bringIntoView, focusCell, setCurrent } from "./focus.js";
import { logBlock } from "./log.js";
import {
  cellAt,
  entryOf,
  hashOf,
  hasLoaders,
  headroom,
  isTight,
  loaderWords,
  longWords,
  path,
  programsOf,
  symbolOf,
  usedLoaders,
} from "./model.js";
import { $, copyButton, data, el, number, plural, quoted, seconds, visible } from "./page.js";
import { isShown, updateRows } from "./sight.js";
import { changeKinds } from "./summary.js";
import { view } from "./view.js";
/** @import { Cause, Cell, Child, Explanation, Fact, Program, Verdict } from "./types.d.ts" */

/** @param {Cell} cell */
export function show(cell) {
  if (location.hash === hashOf(cell)) openPanel(cell);
  else location.hash = hashOf(cell);
}

export function followAddress() {
  const match = /^#cell=([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(location.hash);
  if (!match) {
    closePanel(false);
    return;
  }
  /** @type {string[]} */
  let names;
  try {
    names = match.slice(1).map(decodeURIComponent);
  } catch {
    return;
  }
  const [kernel, probe, variant, loader] = names;
  const cell = cellAt(kernel, probe, variant, loader);
  if (!cell) {
    closePanel(false);
    $("shown").textContent = `This run has no cell ${names.join(" / ")}`;
    return;
  }
  if (cell.row.group.folded) {
    cell.row.group.folded = false;
    updateRows();
  }
  if (!view.loaders.includes(cell.loader)) showLoaders(usedLoaders);
  if (!isShown(cell)) clearFilter();
  setCurrent(cell);
  openPanel(cell);
}

/** @param {boolean} byHand */
export function closePanel(byHand) {
  if (!view.open) return;
  view.open.element.classList.remove("open");
  $("panel").hidden = true;
  document.body.classList.remove("with-panel");
  const cell = view.open;
  view.open = null;
  if (!byHand) return;
  history.replaceState(null, "", location.href.split("#")[0]);
  if (isShown(cell)) focusCell(cell);
  else $("search").focus();
}

/** @param {Cell} cell */
function openPanel(cell) {
  view.open?.element.classList.remove("open");
  view.open = cell;
  cell.element.classList.add("open");
  const panel = $("panel");
  panel.replaceChildren(panelHead(cell), el("div", { class: "body" }, panelBody(cell)));
  panel.hidden = false;
  document.body.classList.add("with-panel");
  panel.focus({ preventScroll: true });
  bringIntoView(cell);
}

/** @param {Verdict} verdict */
const badge = (verdict) => el("span", { class: `badge v-${verdict}` }, `${symbolOf(verdict)} ${longWords[verdict]}`);

/** @param {Cell} cell */
function panelHead(cell) {
  const { kernel } = cell.column;
  return el(
    "div",
    { class: "panel-head" },
    el(
      "div",
      {},
      el("h2", { id: "panel-title" }, cell.row.probe, el("span", {}, " / "), cell.row.variant),
      el(
        "p",
        {},
        "on ",
        el("strong", {}, kernel.id),
        kernel.release ? el("code", {}, kernel.release) : null,
        " with ",
        el("strong", {}, loaderWords(cell.loader)),
      ),
    ),
    copyButton("Copy link", () => location.href),
    el("button", {
      type: "button",
      class: "close",
      "aria-label": "Close (Escape)",
      title: "Close (Escape)",
      onclick: () => closePanel(true),
    }, "✕"),
  );
}

/** @param {Cell} cell */
function panelBody(cell) {
  const { kernel } = cell.column;
  const started = kernel.start === null
    ? "not started in this run"
    : `${kernel.start}` + (kernel.readySeconds === null ? "" : `, ready in ${kernel.readySeconds.toFixed(2)} s`);
  const programs = programsOf(cell);
  return [
    hasLoaders ? loaderStrip(cell) : null,
    stageTrack(cell),
    facts([
      ["Verdict", badge(cell.verdict)],
      [
        "Expected",
        el(
          "span",
          {},
          longWords[cell.expected],
          cell.unexpected
            ? el("b", { class: "not-expected" }, cell.verdict === cell.expected ? " ≠ another cause" : " ≠")
            : null,
        ),
      ],
      ["Guest", started],
      timeFact(cell),
      [
        "Kernel BTF",
        kernel.btf === null
          ? "unknown"
          : kernel.btf
          ? "the kernel's own"
          : kernel.externalBTF
          ? `external: ${kernel.externalBTF}`
          : "none",
      ],
      [
        "Measured",
        cell.verdict === "notMeasured" ? "no" : cell.cached ? "in an earlier run, same inputs (cached)" : "in this run",
      ],
      cell.winner ? ["Best on this kernel", "yes: gets furthest, at the lowest cost"] : null,
      cell.changed
        ? [
          "Since the baseline",
          el(
            "span",
            {},
            changeKinds[cell.changed.kind][2],
            el("small", {}, `${cell.changed.from} → ${cell.changed.to}`),
          ),
        ]
        : null,
    ]),
    cell.reason !== null
      ? el("div", { class: `cause v-${cell.verdict}` }, el("p", { class: "line" }, visible(data.texts[cell.reason])))
      : null,
    cell.event !== null
      ? el(
        "section",
        { class: "event" },
        el("h3", {}, "Received event"),
        el("code", {}, visible(data.texts[cell.event])),
      )
      : null,
    programs.map((program) => programCard(program, programs.length, cell)),
    cell.console !== null ? logBlock("Guest console", cell.console, null, true, "console") : null,
    reproduce(cell),
  ];
}

/**
 * The parts of the cell's time that were measured.
 *
 * @param {Cell} cell
 * @returns {Fact}
 */
function timeFact({ queue, load, attach, fire, total }) {
  /** @type {[string, number | null][]} */
  const spans = [["load", load], ["attach", attach], ["event", fire]];
  const parts = spans.flatMap(([name, value]) => (value === null ? [] : `${name} ${seconds(value)}`));
  if (total === null && queue === null && parts.length === 0) return null;
  return [
    "Time",
    el(
      "span",
      {},
      total === null ? "unknown" : `${seconds(total)} in the guest`,
      parts.length ? el("small", {}, parts.join(", ")) : null,
      queue === null ? null : el("small", {}, `began ${seconds(queue)} into the run`),
    ),
  ];
}

/**
 * The same variant and kernel with each loader.
 *
 * @param {Cell} cell
 */
function loaderStrip(cell) {
  const others = usedLoaders.map((loader) => cell.row.places[cell.column.index][loader.index]).filter(Boolean);
  if (others.length < 2) return null;
  return el(
    "nav",
    { class: "strip", "aria-label": "Same cell with other loaders" },
    others.map((other) =>
      el(
        "a",
        { class: `v-${other.verdict}`, href: hashOf(other), "aria-current": other === cell ? "true" : null },
        el("b", {}, `${symbolOf(other.verdict)} ${longWords[other.verdict]}`),
        ` ${other.loader.name}`,
        el("small", {}, other.loader.version ?? ""),
      )
    ),
  );
}

/**
 * The stages that the cell reached, from open to fire.
 *
 * @param {Cell} cell
 */
function stageTrack(cell) {
  const { stage } = cell;
  if (stage === null) return null;
  const passed = cell.verdict === "pass";
  return el(
    "ol",
    { class: "track", "aria-label": "Stages" },
    data.stages.map((name, place) => {
      const verdict = place < stage || (passed && place === stage) ? "pass" : place === stage ? cell.verdict : null;
      return el(
        "li",
        { class: verdict ? `v-${verdict}` : null },
        el("b", {}, verdict ? symbolOf(verdict) : "–"),
        ` ${name}`,
        el("span", { class: "for-reader" }, verdict ? ` ${longWords[verdict]}` : " not reached"),
      );
    }),
  );
}

/** @param {Fact[]} entries */
const facts = (entries) =>
  el(
    "dl",
    { class: "facts" },
    entries.map((entry) => entry && el("div", {}, el("dt", {}, entry[0]), el("dd", {}, entry[1]))),
  );

/**
 * @param {Program} program
 * @param {number} count
 * @param {Cell} cell
 */
function programCard(program, count, cell) {
  const verdict = data.verdicts[program.verdict];
  const errno = program.errno ? data.errnos[program.errno] ?? [`errno ${program.errno}`, ""] : null;
  const cause = entryOf(data.causes, program.cause);
  const card = el(
    "article",
    {},
    el(
      "h3",
      {},
      el("code", {}, visible(data.texts[program.name])),
      el("small", {}, visible(data.texts[program.type])),
      badge(verdict),
    ),
    errno || program.stage !== null
      ? el(
        "p",
        { class: "errno" },
        program.stage === null
          ? null
          : el("span", {}, `${verdict === "pass" ? "passed" : "stopped at"} ${data.stages[program.stage]}`),
        errno
          ? el(
            "span",
            {},
            el("code", {}, errno[0]),
            errno[0].startsWith("errno") ? "" : ` (${program.errno})`,
            errno[1] ? `: ${errno[1]}` : "",
          )
          : null,
      )
      : null,
    cause ? causeBlock(cause, verdict, entryOf(data.explanations, program.explanation) ?? null) : null,
    numbers(program),
    trend(cell, program),
  );
  if (program.log === null) card.append(el("p", { class: "quiet" }, "No log."));
  else {
    const title = program.logCut === null ? "Log" : `Log, ${data.logCuts[program.logCut]}`;
    card.append(logBlock(title, program.log, cause?.line ?? null, verdict !== "pass" || count === 1, ""));
  }
  return card;
}

/**
 * @param {Cause} cause
 * @param {Verdict} verdict
 * @param {Explanation | null} told
 */
function causeBlock(cause, verdict, told) {
  const head = [
    el("p", { class: "line" }, visible(cause.line)),
    el(
      "p",
      { class: "id" },
      el("code", {}, cause.id),
      ` ${cause.category}`,
      told?.shape ? [" · ", el("code", {}, told.shape)] : null,
    ),
  ];
  if (told) return el("div", { class: `cause v-${verdict}` }, head, explanation(told));
  return el(
    "div",
    { class: `cause v-${verdict}` },
    head,
    cause.source ? el("p", { class: "source" }, el("span", {}, "Source"), el("code", {}, visible(cause.source))) : null,
    el("p", {}, cause.advice),
    cause.since ? el("p", { class: "quiet" }, cause.since) : null,
  );
}

/**
 * The four sections, quoting the kernel where possible, and additional facts.
 *
 * @param {Explanation} told
 */
function explanation({ reason, at, path: steps, suggestion, facts: known }) {
  /**
   * @param {string} name
   * @param {...Child} content
   */
  const block = (name, ...content) => [el("dt", {}, name), el("dd", {}, content)];
  return el(
    "dl",
    { class: "explanation" },
    block("Reason", visible(reason)),
    at ? block("At", step(at)) : null,
    steps.length ? block("Path", el("ol", {}, steps.map((text) => el("li", {}, step(text))))) : null,
    block("Suggestion", visible(suggestion)),
    known.length ? block("Facts", el("ul", {}, known.map((fact) => el("li", {}, visible(fact))))) : null,
  );
}

/**
 * `31: call bpf_x#25 ; source line @ file:9`, split into instruction and source.
 *
 * @param {string} text
 */
function step(text) {
  const cut = text.indexOf("; ");
  const [instruction, source] = cut < 0 ? [text, ""] : [text.slice(0, cut).trim(), text.slice(cut + 2)];
  return [
    instruction ? el("code", {}, visible(instruction)) : null,
    source ? el("code", { class: "source" }, visible(source)) : null,
  ];
}

/** @param {Program} program */
function numbers(program) {
  /** @type {Fact[]} */
  const entries = [];
  const { instructions, limit } = program;
  if (instructions !== null) {
    const room = headroom(program);
    const fill = el("i");
    fill.style.width = `${Math.max(100 - (room ?? 100), 0.5)}%`;
    const bar = room === null ? null : el("span", { class: "bar", "aria-hidden": "true" }, fill);
    const told = room === null
      ? null
      : isTight(program)
      ? el("small", { class: "tight" }, `⚠ only ${room} % headroom`)
      : el("small", {}, `${room} % headroom`);
    entries.push([
      "Instructions processed",
      el("span", {}, number(instructions), limit ? ` of ${number(limit)}` : "", bar, told),
    ]);
  }
  if (program.totalStates !== null) {
    entries.push([
      "States",
      `${number(program.totalStates)} total` +
      (program.peakStates === null ? "" : `, ${number(program.peakStates)} at peak`),
    ]);
  }
  if (program.stackDepth !== null) entries.push(["Stack depth", `${program.stackDepth} bytes`]);
  if (program.verificationMicroseconds !== null) {
    entries.push(["Verification time", `${number(program.verificationMicroseconds)} µs`]);
  }
  const load = program.load ?? (program.loadMicroseconds === null ? null : program.loadMicroseconds / 1e6);
  if (load !== null) entries.push(["Load time", seconds(load)]);
  if (program.attach !== null) entries.push(["Attach time", seconds(program.attach)]);
  /** @type {[number | null, string][]} */
  const sizes = [[program.translatedBytes, "translated"], [program.jitedBytes, "as machine code"]];
  const bytes = sizes.flatMap(([count, word]) => (count === null ? [] : `${number(count)} bytes ${word}`));
  const size = program.programInstructions === null ? null : plural(program.programInstructions, "instruction");
  if (size || bytes.length) {
    entries.push([
      "Program size",
      el(
        "span",
        {},
        size ?? "",
        el("small", {}, bytes.join(", ")),
      ),
    ]);
  }
  return entries.length ? facts(entries) : null;
}

/** @param {Cell} cell */
function reproduce(cell) {
  const [kernel, probe, variant, loader] = path(cell).map(quoted);
  const what = cell.row.variant === "object"
    ? `--object ${quoted(`${cell.row.probe}.bpf.o`)}`
    : `--probe ${probe} --variant ${variant}`;
  const command = `compat-matrix run --kernel ${kernel} ${what} --loader ${loader}`;
  return el(
    "section",
    { class: "reproduce" },
    el("h3", {}, "Reproduce"),
    el("div", {}, el("code", {}, visible(command)), copyButton("Copy", () => command)),
  );
}
