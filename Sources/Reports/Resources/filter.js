// Filters: cells that do not match fade; rows and columns without a match are hidden.

import { setCurrent } from "./focus.js";
import { drawCounts } from "./grid.js";
import {
  cells,
  entryOf,
  families,
  groups,
  hasLoaders,
  loaderWords,
  longWords,
  path,
  programsOf,
  usedLoaders,
  version,
} from "./model.js";
import { drawOrder } from "./order.js";
import { $, data, el, number, plural } from "./page.js";
import { isShown, showOnly, updateRows } from "./sight.js";
import { view } from "./view.js";
/** @import { Cell, Child, Loader, Verdict } from "./types.d.ts" */

export const filter = {
  words: /** @type {string[]} */ ([]),
  verdicts: /** @type {Set<Verdict>} */ (new Set()),
  unexpected: false,
  changed: false,
  kernel: "",
  probe: "",
  cause: "",
};

const causeField = data.fields.program.indexOf("cause");
/** @param {Cell} cell */
const causesOf = (cell) =>
  cell.programs.flatMap((values) => entryOf(data.causes, /** @type {number | null} */ (values[causeField])) ?? []);

/**
 * The text that the search matches.
 *
 * @param {Cell} cell
 */
export function haystack(cell) {
  if (cell.haystack === undefined) {
    const programs = programsOf(cell);
    cell.haystack = [
      ...path(cell),
      cell.loader.library,
      cell.column.kernel.release,
      longWords[cell.verdict],
      entryOf(data.texts, cell.reason),
      entryOf(data.texts, cell.event),
      entryOf(data.stages, cell.stage),
      ...programs.flatMap(({ name, type, errno }) => [data.texts[name], data.texts[type], data.errnos[errno]?.[0]]),
      ...causesOf(cell).flatMap((cause) => [cause.id, cause.category, cause.line]),
      ...programs.map((program) => entryOf(data.explanations, program.explanation)?.shape),
    ].filter(Boolean).join("\n").toLowerCase();
  }
  return cell.haystack;
}

/**
 * Whether a kernel's id matches: `6.1` is not a prefix of `6.12`.
 *
 * @param {string} name
 * @param {string} text
 */
const beginsWith = (name, text) => name.startsWith(text) && !(/\d$/.test(text) && /^\d/.test(name.slice(text.length)));
/** @param {...string} names */
const includes = (...names) => (/** @type {string} */ text) => names.some((name) => name.toLowerCase().includes(text));

/**
 * `cause:size-negative` matches one field; a word without a prefix matches any text.
 *
 * @type {Record<string, (cell: Cell) => (text: string) => boolean>}
 */
const fields = {
  kernel: ({ column: { kernel } }) => (text) =>
    [kernel.id, version(kernel), kernel.family].some((name) => beginsWith(name.toLowerCase(), text)),
  probe: (cell) => includes(cell.row.probe),
  variant: (cell) => includes(cell.row.variant),
  loader: (cell) => includes(cell.loader.name),
  status: (cell) => includes(cell.verdict, longWords[cell.verdict]),
  stage: (cell) => includes(entryOf(data.stages, cell.stage) ?? ""),
  cause: (cell) => includes(...causesOf(cell).map((cause) => cause.id)),
};

/**
 * @param {Cell} cell
 * @param {string} word
 */
function matchesWord(cell, word) {
  const [, field = "", text = ""] = /^(\w+):(.*)$/.exec(word) ?? [];
  return Object.hasOwn(fields, field) ? fields[field](cell)(text) : haystack(cell).includes(word);
}

/** @param {Cell} cell */
function matches(cell) {
  const { words: wanted, verdicts, unexpected, changed, kernel, probe, cause } = filter;
  if (kernel && kernel !== cell.column.kernel.id && kernel !== `${cell.column.kernel.family}-*`) return false;
  if ((probe && cell.row.probe !== probe) || (verdicts.size && !verdicts.has(cell.verdict))) return false;
  if ((unexpected && !cell.unexpected) || (changed && !cell.changed)) return false;
  if (cause && !causesOf(cell).some((each) => each.id === cause)) return false;
  return wanted.every((word) => matchesWord(cell, word));
}

export function applyFilter() {
  const { words: wanted, verdicts, unexpected, changed, kernel, probe, cause } = filter;
  const active = wanted.length > 0 || verdicts.size > 0 || unexpected || changed || Boolean(kernel || probe || cause);
  const ofLoaders = cells.filter((cell) => view.loaders.includes(cell.loader));
  const found = new Set(active ? ofLoaders.filter(matches) : ofLoaders);
  view.anyMatches = found.size > 0;
  $("nothing").hidden = view.anyMatches;
  $("frame").classList.toggle("away", !view.anyMatches);
  $("clear").hidden = !active;
  $("shown").textContent = active
    ? `${number(found.size)} of ${plural(ofLoaders.length, "cell")}`
    : plural(ofLoaders.length, "cell");
  if (!view.anyMatches) return;
  showOnly(found, active);
  if (view.current && !(isShown(view.current) && found.has(view.current))) setCurrent([...found].find(isShown));
}

export function clearFilter() {
  Object.assign(filter, { words: [], unexpected: false, changed: false, kernel: "", probe: "", cause: "" });
  filter.verdicts.clear();
  for (const id of /** @type {const} */ (["search", "by-kernel", "by-probe", "by-cause"])) $(id).value = "";
  for (const button of $("verdicts").children) button.setAttribute("aria-pressed", "false");
  applyFilter();
}

/** @param {Loader[]} list */
export function showLoaders(list) {
  view.loaders = list;
  const value = list.length === 1 ? list[0].name : "";
  for (const input of $("by-loader").querySelectorAll("input")) input.checked = input.value === value;
  drawCounts();
  applyFilter();
}

export function drawFilters() {
  /**
   * @param {string} value
   * @param {string} label
   */
  const option = (value, label) => el("option", { value }, label);
  $("by-kernel").append(
    option("", "All kernels"),
    ...families.map((family) =>
      el(
        "optgroup",
        { label: family.name },
        family.columns.length > 1 ? option(`${family.name}-*`, `all ${family.name}`) : null,
        family.columns.map(({ kernel }) => option(kernel.id, kernel.id)),
      )
    ),
  );
  $("by-probe").append(option("", "All probes"), ...groups.map((group) => option(group.probe, group.probe)));
  const counts = new Map();
  for (const cell of cells) {
    for (const cause of new Set(causesOf(cell))) counts.set(cause.id, (counts.get(cause.id) ?? 0) + 1);
  }
  $("by-cause").append(
    option("", "All causes"),
    ...[...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([cause, count]) =>
      option(cause, `${cause} (${number(count)})`)
    ),
  );
  $("by-cause").hidden = counts.size === 0;
  for (const field of /** @type {const} */ (["kernel", "probe", "cause"])) {
    const choice = $(`by-${field}`);
    choice.addEventListener("change", () => {
      filter[field] = choice.value;
      applyFilter();
    });
  }
  $("search").addEventListener("input", () => {
    filter.words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    applyFilter();
  });
  $("clear").addEventListener("click", clearFilter);
  $("fold").addEventListener("click", () => {
    const fold = !groups.every((group) => group.folded);
    for (const group of groups) group.folded = fold;
    updateRows();
  });
  drawOrder(applyFilter);
  if (hasLoaders) drawLoaderSwitch();
}

function drawLoaderSwitch() {
  /**
   * @param {string} value
   * @param {Child} label
   * @param {string} title
   * @param {Loader[]} list
   */
  const choice = (value, label, title, list) =>
    el(
      "label",
      { title },
      el("input", { type: "radio", name: "loader", value, checked: value === "", onchange: () => showLoaders(list) }),
      el("span", {}, label),
    );
  $("by-loader").hidden = false;
  $("by-loader").append(
    choice("", "all", "all loaders, side by side", usedLoaders),
    ...usedLoaders.map((loader) =>
      choice(loader.name, [loader.name, loader.version ? el("small", {}, loader.version) : null], loaderWords(loader), [
        loader,
      ])
    ),
  );
}
