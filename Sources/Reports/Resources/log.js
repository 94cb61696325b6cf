// Logs: read from their compressed pieces and shown annotated or raw.

import { $, copyButton, el, number, plural, visible } from "./page.js";
/** @import { Child, Log, LogBlock, LogItem } from "./types.d.ts" */

/** @type {any[][] | null} In the format of PackedLogs.swift. */
let logIndex = null;
/** @type {Map<number, Promise<Uint8Array>>} */
const pieces = new Map();

/**
 * A piece, decoded from Base64 and DEFLATE; read once, when one of its logs is opened.
 *
 * @param {number} place
 */
function piece(place) {
  let bytes = pieces.get(place);
  if (!bytes) {
    const packed = Uint8Array.from(atob($(`piece-${place}`).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    bytes = new Response(stream).arrayBuffer().then((buffer) => new Uint8Array(buffer));
    pieces.set(place, bytes);
  }
  return bytes;
}

/**
 * A log; without lines if its file is missing.
 *
 * @param {number} place
 * @returns {Promise<Log>}
 */
async function readLog(place) {
  const index = logIndex ??= /** @type {any[][]} */ (JSON.parse($("log-index").textContent));
  const entry = index[place];
  if (entry.length === 1) return { lines: null, gap: -1, omitted: 0, file: entry[0] };
  const [number, offset, headLength, omitted = 0, tailLength = 0, file = null] = entry;
  const bytes = await piece(number);
  /**
   * @param {number} start
   * @param {number} length
   */
  const text = (start, length) =>
    visible(new TextDecoder().decode(bytes.subarray(start, start + length))).replace(/\n$/, "").split("\n");
  const head = text(offset, headLength);
  if (!omitted) return { lines: head, gap: -1, omitted, file };
  return { lines: [...head, null, ...text(offset + headLength, tailLength)], gap: head.length, omitted, file };
}

/**
 * A collapsible log, whose content is added once it is read.
 *
 * @param {string} title
 * @param {number} index
 * @param {string | null} deciding
 * @param {boolean} isOpen
 * @param {string} kind
 */
export function logBlock(title, index, deciding, isOpen, kind) {
  const content = el("div", { class: "log-content" }, el("p", { class: "quiet" }, "Opening the log…"));
  const count = el("small", {}), buttons = el("span", { class: "log-buttons" });
  const block = el("details", { class: "log-block", open: isOpen }, el("summary", {}, title, count), buttons, content);
  let wanted = false;
  const fill = async () => {
    if (wanted || !block.open) return;
    wanted = true;
    try {
      fillLog(await readLog(index), { title, deciding, kind, content, count, buttons });
    } catch (error) {
      content.replaceChildren(
        el("p", { class: "quiet" }, `This browser cannot open the log: ${/** @type {Error} */ (error).message}`),
      );
    }
  };
  block.addEventListener("toggle", fill);
  fill();
  return block;
}

/**
 * @param {Log} log
 * @param {LogBlock} block
 */
function fillLog(log, { title, deciding, kind, content, count, buttons }) {
  const { lines, gap, omitted, file } = log;
  if (!lines) {
    content.replaceChildren(el("p", { class: "quiet" }, `The file ${file} is missing.`));
    return;
  }
  const wanted = deciding === null ? null : visible(deciding).trim();
  let place = wanted ? lines.findLastIndex((line) => line?.trim() === wanted) : -1;
  if (place < 0 && wanted) place = lines.findLastIndex((line) => line?.includes(wanted));
  const total = omitted ? lines.length - 1 + omitted : lines.length;
  const decidingLine = place + 1 + (omitted && gap < place ? omitted - 1 : 0);
  count.textContent = plural(total, "line") + (place >= 0 ? `, deciding line ${number(decidingLine)}` : "");
  /** @param {HTMLElement} view */
  const draw = (view) => {
    content.replaceChildren(view);
    scrollToDeciding(view);
  };
  const raw = () => rawLog(log, lines, place, title, kind);
  const canAnnotate = kind === "" && lines.some((line) => line !== null && instructionLine.test(line));
  if (canAnnotate) {
    const annotated = () => annotatedLog(log, lines, place, title);
    let isRaw = false;
    const button = el("button", {
      type: "button",
      class: "copy",
      "aria-pressed": "false",
      onclick: () => {
        isRaw = !isRaw;
        button.setAttribute("aria-pressed", `${isRaw}`);
        draw(isRaw ? raw() : annotated());
      },
    }, "Raw log");
    buttons.append(button);
    draw(annotated());
  } else {
    draw(raw());
  }
  buttons.append(copyButton("Copy log", () => lines.map((line) => line ?? gapText(log)).join("\n") + "\n"));
}

/** @param {Log} log */
const gapText = ({ omitted, file }) =>
  `… ${plural(omitted, "line")} omitted from this page; see ${file} in the results directory for the complete log …`;

/**
 * Scrolls the deciding line to the middle of the log's view.
 *
 * @param {HTMLElement} view
 */
function scrollToDeciding(view) {
  const mark = view.querySelector("mark");
  if (mark) {
    const { top, height } = mark.getBoundingClientRect();
    view.scrollTop += top - view.getBoundingClientRect().top - (view.clientHeight - height) / 2;
  } else if (view.classList.contains("console")) view.scrollTop = view.scrollHeight;
}

/**
 * The raw text, in few elements: one per line would take seconds for a log of thousands of lines.
 *
 * @param {Log} log
 * @param {(string | null)[]} lines
 * @param {number} place
 * @param {string} title
 * @param {string} kind
 */
function rawLog(log, lines, place, title, kind) {
  /** @param {(string | null)[]} part */
  const text = (part) => part.map((line) => (line === null ? gapText(log) : line) + "\n").join("");
  const view = el("pre", { class: `log ${kind}`, tabindex: "0", role: "group", "aria-label": title });
  if (place < 0) view.append(text(lines));
  else view.append(text(lines.slice(0, place)), el("mark", {}, lines[place] + "\n"), text(lines.slice(place + 1)));
  return view;
}

// Annotated: C source next to its instructions and the verifier state.

const instructionLine = /^\s*(\d+): \([0-9a-f]{2}\) /;
/** @type {[string, RegExp][]} */
const lineShapes = [
  ["instruction", /^\s*(\d+): (\([0-9a-f]{2}\) .*?)(?:\s*; (.*))?$/],
  ["pruned", /^from \d+ to \d+: safe/],
  ["branch", /^from (\d+) to (\d+)(?: \([^)]*\))?:(.*)$/],
  ["precision", /^(?:mark_precise: |last_idx |regs=|parent |\s*regs=)/],
  ["state", /^\s*(?:\d+: )?(?:frame\d+: )?R\d+(?:_\w+)?=/],
  ["source", /^; ?(.*)$/],
  ["statistics", /^(?:processed \d|verification time |stack depth |insns processed |max_states)/],
];

/**
 * @param {string | null} text
 * @param {number} index
 * @param {number} place
 * @returns {LogItem}
 */
function lineOf(text, index, place) {
  if (text === null) return { kind: "gap", index };
  if (index === place) return { kind: "deciding", text, index };
  for (const [kind, shape] of lineShapes) {
    const parts = shape.exec(text);
    if (!parts) continue;
    /** @type {Record<string, string>} */
    const keys = {
      instruction: `i${parts[1]}`,
      branch: `b${parts[1]}-${parts[2]}`,
      state: "s",
      source: `c${parts[1]}`,
      pruned: "p",
      precision: "m",
    };
    return {
      kind,
      text,
      parts,
      key: keys[kind] ?? null,
      index,
      instruction: kind === "instruction" ? Number(parts[1]) : null,
    };
  }
  return { kind: text.trim() ? "message" : "blank", text, key: text.trim() ? null : "e", index };
}

/**
 * Collapses consecutive lines of the same kind: the first, and how many more follow.
 *
 * @param {LogItem[]} items
 */
function foldRuns(items) {
  const folded = [];
  for (let i = 0; i < items.length;) {
    const { kind } = items[i];
    let end = i + 1;
    if (kind === "pruned" || kind === "precision") {
      while (end < items.length && items[end].kind === kind) end += 1;
    }
    if (end - i > 3) {
      const what = kind === "pruned" ? "pruned paths" : "lines of precision tracking";
      folded.push(items[i], {
        kind: "fold",
        key: `r${kind}`,
        items: items.slice(i + 1, end),
        label: `${number(end - i - 1)} more ${what}`,
      });
    } else folded.push(...items.slice(i, end));
    i = end;
  }
  return folded;
}

const longestRound = 2000;

/**
 * Collapses loop iterations that differ only in registers: keeps the first and the last, and counts those between.
 *
 * @param {LogItem[]} items
 */
function foldLoops(items) {
  const folded = [];
  const seen = new Map();
  /**
   * @param {number} start
   * @param {number} first
   * @param {number} period
   */
  const isRound = (start, first, period) => {
    if (start + period > items.length) return false;
    for (let k = 0; k < period; k += 1) {
      if (items[start + k].key === null || items[start + k].key !== items[first + k].key) return false;
    }
    return true;
  };
  for (let i = 0; i < items.length;) {
    const item = items[i];
    const first = item.kind === "instruction" ? seen.get(item.key) : undefined;
    let rounds = 0;
    if (first !== undefined && i - first <= longestRound) {
      while (isRound(i + rounds * (i - first), first, i - first)) rounds += 1;
    }
    if (rounds > 1) {
      const hidden = items.slice(i, i + (rounds - 1) * (i - first));
      const instructions = hidden.flatMap((line) => line.instruction ?? []);
      const [low, high] = instructions.reduce(([a, b], place) => [Math.min(a, place), Math.max(b, place)], [
        Infinity,
        0,
      ]);
      folded.push({
        kind: "fold",
        key: `f${low}-${high}`,
        items: hidden,
        label: `${plural(rounds - 1, "more round")} of instructions ${low}–${high}`,
      });
      i += hidden.length;
      seen.clear();
    } else {
      if (item.kind === "instruction") seen.set(item.key, i);
      folded.push(item);
      i += 1;
    }
  }
  return folded;
}

/**
 * @param {LogItem[]} items
 * @returns {number}
 */
const countLines = (items) =>
  items.reduce((sum, { kind, items = [] }) => sum + (kind === "fold" ? countLines(items) : 1), 0);
const mostLines = 20000, mostRows = 2500;

/**
 * @param {Log} log
 * @param {(string | null)[]} lines
 * @param {number} place
 * @param {string} title
 */
function annotatedLog(log, lines, place, title) {
  let items = lines.map((text, index) => lineOf(text, index, place));
  // In very long logs, the beginning is collapsed.
  const early = items.length > mostLines ? items.splice(0, items.length - mostLines) : [];
  items = foldRuns(items);
  for (let depth = 0; depth < 3; depth += 1) items = foldLoops(items);
  if (early.length) items.unshift({ kind: "fold", items: early, label: "the beginning", isRaw: true });
  if (items.length > mostRows) {
    const middle = items.splice(200, items.length - mostRows);
    items.splice(200, 0, { kind: "fold", items: middle, label: "the middle", isRaw: middle.length > mostLines });
  }
  const view = el("div", { class: "log annotated", tabindex: "0", role: "group", "aria-label": title });
  const body = el("tbody", {});
  body.append(...logRows(items, log));
  view.append(
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ["C source", "Instruction", "Verifier state"].map((word) => el("th", { scope: "col" }, word)),
        ),
      ),
      body,
    ),
  );
  return view;
}

/**
 * @param {LogItem[]} items
 * @param {Log} log
 */
function logRows(items, log) {
  /** @type {HTMLElement[]} */
  const drawn = [];
  /** @type {string[]} */
  let source = [];
  /**
   * @param {string} kind
   * @param {...Child} content
   */
  const wide = (kind, ...content) => el("tr", { class: kind }, el("td", { colspan: "3" }, content));
  const flush = () => {
    if (source.length) {
      drawn.push(el("tr", {}, el("td", { class: "source" }, sourceText(source)), el("td", { colspan: "2" })));
    }
    source = [];
  };
  items.forEach((item, index) => {
    const { text = "", parts = [] } = item;
    switch (item.kind) {
      case "source":
        source.push(parts[1]);
        return;
      case "blank":
        return;
      case "instruction": {
        const isCulprit = items.slice(index + 1, index + 4).find((next) =>
          next.kind !== "blank" && next.kind !== "state"
        )?.kind === "deciding";
        drawn.push(
          el(
            "tr",
            { class: isCulprit ? "culprit" : null },
            el("td", { class: "source" }, sourceText(source)),
            el("td", { class: "instruction" }, el("i", {}, parts[1]), ` ${parts[2]}`),
            el("td", { class: "state" }, parts[3] ?? ""),
          ),
        );
        source = [];
        return;
      }
      case "state":
        drawn.push(
          el(
            "tr",
            {},
            el("td", { class: "source" }, sourceText(source)),
            el("td"),
            el("td", { class: "state" }, text.trim()),
          ),
        );
        source = [];
        return;
      case "branch":
        flush();
        drawn.push(
          el(
            "tr",
            { class: "branch" },
            el("td"),
            el("td", { class: "instruction" }, `↳ from ${parts[1]} to ${parts[2]}`),
            el("td", { class: "state" }, parts[3].trim()),
          ),
        );
        return;
      default:
    }
    flush();
    if (item.kind === "deciding") drawn.push(wide("deciding", el("mark", {}, text)));
    else if (item.kind === "gap") drawn.push(wide("left-out", gapText(log)));
    else if (item.kind === "fold") drawn.push(foldRow(item, log));
    else drawn.push(wide(item.kind, text));
  });
  flush();
  return drawn;
}

/** @param {string[]} lines */
function sourceText(lines) {
  const parts = lines.map((line) => /^(.*?)(?: @ ([^ ]+:\d+))?$/.exec(line) ?? [line, line]);
  const distinct = parts.filter(([whole], index) => parts.findIndex((other) => other[0] === whole) === index);
  return distinct.map(([, text, where]) => el("span", { title: where ?? null }, text));
}

/**
 * A line that stands for many; clicking it shows them.
 *
 * @param {LogItem} item
 * @param {Log} log
 */
function foldRow(item, log) {
  const row = el("tr", { class: "fold" }), { items = [] } = item;
  const open = () => {
    const fresh = item.isRaw
      ? [
        el(
          "tr",
          {},
          el("td", { colspan: "3" }, el("pre", {}, items.map((line) => line.text ?? gapText(log)).join("\n"))),
        ),
      ]
      : logRows(items, log);
    row.replaceWith(...fresh);
    fresh[0]?.querySelector("button")?.focus();
  };
  row.append(
    el(
      "td",
      { colspan: "3" },
      el("button", { type: "button", onclick: open }, `… ${item.label}, ${plural(countLines(items), "line")} …`),
    ),
  );
  return row;
}
