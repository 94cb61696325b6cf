// The summary above the matrix.

import { applyFilter, filter } from "./filter.js";
import {
  byKey,
  cellAt,
  cells,
  costs,
  groups,
  hashOf,
  hasLoaders,
  headroom,
  isTight,
  loaderOf,
  loaders,
  loaderWords,
  longWords,
  order,
  rows,
  summary,
  symbolOf,
  usedLoaders,
  version,
} from "./model.js";
import { $, data, el, icon, number, plural, visible } from "./page.js";
/** @import { ButtonEvent, Change, ChangeKind, Child, Count, Dead, Difference, Exception, Finding, Gap, Growth, Place, Plan, Point, Share, Tight } from "./types.d.ts" */

export function drawMasthead() {
  const { run } = data;
  const host = [
    run.host.qemu && `QEMU ${run.host.qemu}`,
    run.host.accelerator?.toUpperCase(),
    plural(run.host.cpus, "CPU"),
  ];
  const cached = cells.filter((cell) => cell.cached).length;
  /** @type {(string[] | null)[]} */
  const facts = [
    ["run", run.id],
    ["started", run.startedAt.replace("T", " ").replace("Z", " UTC")],
    ["took", `${Math.round(run.durationSeconds * 100) / 100} s`],
    ["on", host.filter(Boolean).join(", ")],
    ["with", `compat-matrix ${run.tool}`],
    ["loaders", usedLoaders.map(loaderWords).join(", ")],
    cached ? ["from the store", `${number(cached)} of ${plural(cells.length, "cell")}`] : null,
    summary.baseline ? ["baseline", summary.baseline.run.id] : null,
  ];
  $("facts").append(
    ...facts.flatMap((fact) => (fact ? el("span", {}, el("i", {}, fact[0]), " ", visible(fact[1])) : [])),
  );

  const unexpected = cells.filter((cell) => cell.unexpected).length;
  const measured = cells.some((cell) => cell.verdict !== "notMeasured");
  const [state, symbol, text] = unexpected
    ? ["bad", "≠", `${plural(unexpected, "cell")} not as expected`]
    : measured
    ? ["good", "✓", "Every measured cell as expected"]
    : ["none", "·", "Nothing was measured"];
  $("outcome").className = state;
  $("outcome").append(el("b", { "aria-hidden": "true" }, symbol), " ", text);
}

export function drawTiles() {
  for (const verdict of data.verdicts) {
    const count = cells.filter((cell) => cell.verdict === verdict).length;
    const share = el("span", { class: `v-${verdict}` });
    share.style.flexGrow = `${count}`;
    if (count) $("share").append(share);
    $("verdicts").append(tile(`v-${verdict}`, symbolOf(verdict), count, longWords[verdict], (on) => {
      if (on) filter.verdicts.add(verdict);
      else filter.verdicts.delete(verdict);
    }));
  }
  const unexpected = cells.filter((cell) => cell.unexpected).length;
  $("verdicts").append(tile("unexpected", "≠", unexpected, "not as expected", (on) => {
    filter.unexpected = on;
  }));
  if (summary.baseline) {
    const changed = cells.filter((cell) => cell.changed).length;
    $("verdicts").append(tile("changed", "Δ", changed, "new since the baseline", (on) => {
      filter.changed = on;
    }));
  }
}

/**
 * @param {string} kind
 * @param {string} symbol
 * @param {number} count
 * @param {string} label
 * @param {(on: boolean) => void} change
 */
function tile(kind, symbol, count, label, change) {
  return el(
    "button",
    {
      type: "button",
      class: `tile ${kind}`,
      "aria-pressed": "false",
      disabled: count === 0,
      "data-filter": kind,
      onclick: (/** @type {ButtonEvent} */ event) => {
        const button = event.currentTarget;
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", `${on}`);
        change(on);
        applyFilter();
      },
    },
    el("b", { "aria-hidden": "true" }, symbol),
    el("strong", {}, number(count)),
    el("span", {}, label),
  );
}

export function drawFindings() {
  const findings = summary.findings.map(({ value, loaders: names, on }) => ({ ...value, loaders: names, on }));
  const tight = rows.map((row) => ({
    row,
    points: usedLoaders.flatMap((loader) => costs(row, loader)).filter(({ program }) => isTight(program)),
  }))
    .filter(({ points }) => points.length);
  const parts = [
    list("unexpected", "Not as expected", true, findings.filter((finding) => !finding.asExpected).map(findingItem)),
    baselineSection(),
    list("gaps", "Not measured", true, summary.gaps.map(gapItem)),
    list("exceptions", "Expired and unneeded exceptions", true, summary.exceptions.map(exceptionItem)),
    list("tight", "Close to the instruction limit", true, tight.map(tightItem)),
    planSection(),
    reachSection(),
    differencesSection(),
    list("expected", "Expected failures", false, findings.filter((finding) => finding.asExpected).map(findingItem)),
  ];
  $("findings").append(...parts.flatMap((part) => part ?? []));
}

/**
 * A collapsible part of the summary.
 *
 * @param {string} kind
 * @param {string} title
 * @param {string} count
 * @param {boolean} isOpen
 * @param {...Child} content
 */
function part(kind, title, count, isOpen, ...content) {
  return el(
    "details",
    { id: `part-${kind}`, open: isOpen },
    el("summary", {}, el("h2", {}, title), el("small", {}, count)),
    content,
  );
}

/**
 * @param {string} kind
 * @param {string} title
 * @param {boolean} isOpen
 * @param {HTMLElement[]} items
 */
const list = (
  kind,
  title,
  isOpen,
  items,
) => (items.length ? part(kind, title, number(items.length), isOpen, scrolled(title, el("ul", {}, items))) : null);

/**
 * Content that may be long, scrollable so that the matrix stays within reach.
 *
 * @param {string} title
 * @param {Child} content
 */
const scrolled = (title, content) =>
  el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": title }, content);

/**
 * The names of loaders, if the run has more than one.
 *
 * @param {string[]} names
 */
const loaderNames = (
  names,
) => (names.length === usedLoaders.length && names.length > 1 ? "every loader" : names.join(", "));

/**
 * The name of a row, linked to its first matching cell if there is one, followed by what happened and where.
 *
 * @param {Place} place
 * @param {string} what
 */
function place({ kernels, probe, variant, loaders: names }, what, namesLoaders = hasLoaders) {
  const cell = cellAt(kernels[0], probe, variant, names[0]);
  return el(
    "span",
    { class: "where" },
    el("a", { href: cell ? hashOf(cell) : null }, `${probe} / ${variant}`),
    el("small", {}, what + (namesLoaders ? ` · ${loaderNames(names)}` : "")),
  );
}

/** @param {Finding & { loaders: string[]; on: string }} finding */
function findingItem(finding) {
  return el(
    "li",
    { class: `v-${finding.verdict}` },
    icon(symbolOf(finding.verdict)),
    place(finding, `${longWords[finding.verdict]} on ${finding.on}`),
    el("span", { class: "why" }, finding.cause ? el("em", {}, finding.cause) : null, visible(finding.detail)),
  );
}

/** @param {Gap} gap */
function gapItem(gap) {
  const loader = loaders.find((each) => each.status === "missing" && each.reason === gap.reason);
  return el(
    "li",
    { class: "v-notMeasured" },
    icon(symbolOf("notMeasured")),
    el(
      "span",
      { class: "where" },
      loader ? `loader ${loader.name}` : gap.on,
      el("small", {}, plural(gap.cells, "cell")),
    ),
    el("span", { class: "why" }, visible(gap.reason)),
  );
}

/** @param {Exception} exception */
const exceptionItem = ({ state, at, notice }) =>
  el(
    "li",
    { class: state === "expired" ? "v-fail" : "v-timeout" },
    icon(state === "expired" ? "◷" : "−"),
    el("span", { class: "where" }, visible(at), el("small", {}, state)),
    el("span", { class: "why" }, visible(notice)),
  );

/** @param {Tight} tight */
function tightItem({ row, points }) {
  /** @param {Point} point */
  const room = (point) => headroom(point.program) ?? 100;
  const worst = points.reduce((most, next) => (room(next) < room(most) ? next : most));
  return el(
    "li",
    { class: "v-timeout" },
    icon("⚠"),
    place({
      kernels: [worst.cell.column.kernel.id],
      probe: row.probe,
      variant: row.variant,
      loaders: [...new Set([worst, ...points].map(({ cell }) => cell.loader.name))],
    }, `on ${[...new Set(points.map(({ cell }) => cell.column.kernel.id))].join(", ")}`),
    el(
      "span",
      { class: "why" },
      `${number(worst.value)} of ${number(worst.program.limit ?? 0)} instructions: ${room(worst)} % headroom`,
    ),
  );
}

// Changes since the baseline.

/** @type {Record<ChangeKind, string[]>} For each kind: class, symbol, singular and plural. */
export const changeKinds = {
  regression: ["v-fail", "▼", "regression", "regressions"],
  fix: ["v-pass", "▲", "fix", "fixes"],
  otherwise: ["v-timeout", "Δ", "other cause or stage", "other causes or stages"],
  new: ["v-notMeasured", "+", "new cell", "new cells"],
  gone: ["v-notMeasured", "−", "gone", "gone"],
  noLongerMeasured: ["v-notMeasured", "·", "no longer measured", "no longer measured"],
  newlyMeasured: ["v-notMeasured", "·", "measured now", "measured now"],
};

function baselineSection() {
  const { baseline } = summary;
  if (!baseline) return null;
  const counts = Object.entries(changeKinds).map(([kind, [, , one, many]]) => {
    const count = baseline.changes.filter((change) => change.kind === kind).reduce(
      (sum, change) => sum + change.kernels.length * change.loaders.length,
      0,
    );
    return count ? `${number(count)} ${count === 1 ? one : many}` : null;
  });
  counts.push(baseline.growths.length ? `${number(baseline.growths.length)} grown` : null);
  const told = counts.filter(Boolean).join(", ") || `nothing: ${plural(baseline.compared, "cell")} compared`;
  const items = [
    ...baseline.changes.map(changeItem),
    ...baseline.growths.map(growthItem),
    ...baseline.surroundings.map((words) =>
      el("li", { class: "v-notMeasured" }, icon("·"), el("span", { class: "wide" }, visible(words)))
    ),
  ];
  return part(
    "baseline",
    "New since the baseline",
    told,
    baseline.changes.some((change) => change.kind !== "new"),
    el(
      "p",
      { class: "lead" },
      `Against ${baseline.run.id} of ${baseline.run.startedAt.replace("T", " ").replace("Z", " UTC")}`,
    ),
    scrolled("New since the baseline", el("ul", {}, items)),
  );
}

/** @param {Change} change */
function changeItem(change) {
  const [kind, symbol, word] = changeKinds[change.kind];
  return el(
    "li",
    { class: kind },
    icon(symbol),
    place(change, `${word} on ${change.on}`),
    el(
      "span",
      { class: "why" },
      el("em", {}, `${change.from} → ${change.to}`),
      visible(change.line),
      change.setting ? el("em", {}, `also changed: ${change.setting}`) : null,
    ),
  );
}

/** @param {Growth} growth */
function growthItem({ cell, loaders: names, program, from, to, percent }) {
  return el(
    "li",
    { class: "v-timeout" },
    icon("↗"),
    place({ ...cell, kernels: [cell.kernel], loaders: names }, `${program} grew on ${cell.kernel}`),
    el("span", { class: "why" }, `${number(from)} → ${number(to)} instructions, + ${percent} %`),
  );
}

// Which variant to ship.

/** Plans that differ only in their loader are shown once. */
function mergedPlans() {
  const merged = new Map();
  for (const plan of summary.plans) {
    if (!plan.cover.length && !plan.uncovered) continue; // Nothing of it was measured.
    /** @param {Share | Dead} contender */
    const own = ({ loader, ...rest }) => [loader === plan.loader, rest];
    const { loader, cover, winners, dead, ...rest } = plan;
    const key = JSON.stringify([rest, cover.map(own), winners.map(own), dead.map(own)]);
    if (!merged.has(key)) merged.set(key, { ...plan, loaders: [] });
    merged.get(key).loaders.push(loader ?? "any");
  }
  return [...merged.values()];
}

function planSection() {
  const plans = mergedPlans();
  if (!plans.length) return null;
  const open = new Set(plans.filter((plan) => plan.uncovered).map((plan) => plan.probe)).size;
  const gist = plural(groups.length, "probe") +
    (open
      ? `, ${number(open)} with kernels on which nothing passes`
      : ", each with a variant for every measured kernel");
  const head = [
    "Probe",
    hasLoaders ? "Loader" : null,
    "Lowest kernel",
    "Smallest set",
    "Best on each kernel",
    "Not needed",
  ].filter(Boolean);
  return part(
    "plan",
    "Which variant to ship",
    gist,
    false,
    scrolled(
      "Which variant to ship",
      el(
        "table",
        { class: "plain" },
        el("thead", {}, el("tr", {}, head.map((word) => el("th", { scope: "col" }, word)))),
        el(
          "tbody",
          {},
          plans.map((plan) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, plan.probe),
              hasLoaders ? el("td", {}, plan.loaders.join(", ")) : null,
              el("td", {}, lowest(plan)),
              el(
                "td",
                {},
                shares(plan, plan.cover),
                plan.isExact ? null : el("small", {}, "may not be the smallest"),
                plan.uncovered
                  ? el("small", { class: "bad" }, `${symbolOf("fail")} nothing passes on ${plan.uncovered}`)
                  : null,
                plan.notMeasured ? el("small", {}, `not measured on ${plan.notMeasured}`) : null,
              ),
              el("td", {}, shares(plan, plan.winners)),
              el("td", {}, plan.dead.map(deadWords)),
            )
          ),
        ),
      ),
    ),
  );
}

/** @param {Plan} plan */
function lowest(plan) {
  if (!plan.lowest) return el("span", { class: "quiet" }, "none");
  const steady = plan.steadyFrom === plan.lowest
    ? null
    : plan.steadyFrom
    ? `on all from ${plan.steadyFrom}`
    : "not on the newest";
  return [
    el("strong", {}, plan.lowest),
    steady ? el("small", {}, steady) : null,
    plan.holes ? el("small", {}, `not on ${plan.holes}`) : null,
  ];
}

/**
 * Variants, each with its kernels.
 *
 * @param {Plan} plan
 * @param {Share[]} list
 */
const shares = (plan, list) =>
  list.map(({ variant, loader, kernels, on }) => {
    const cell = cellAt(kernels[0], plan.probe, variant, loader);
    return el(
      "div",
      {},
      el("a", { href: cell ? hashOf(cell) : null }, variant),
      loader === plan.loader || !hasLoaders ? null : ` (${loader})`,
      el("small", {}, on),
    );
  });

/** @param {Dead} contender */
function deadWords({ variant, standing, by }) {
  return el(
    "div",
    {},
    variant,
    el("small", {}, standing === "dominated" ? `${by} passes wherever it does` : "passes nowhere"),
  );
}

// Loaders.

function reachSection() {
  if (!hasLoaders) return null;
  const head = order.map((column) =>
    el("th", { scope: "col", title: column.kernel.id }, el("small", {}, column.kernel.family), version(column.kernel))
  );
  const bodies = summary.reach.map((reach) => {
    const counts = byKey(reach.kernels, (count) => count.kernel), loader = loaderOf.get(reach.loader);
    const all = reach.kernels.reduce((sum, { passed, measured }) => [sum[0] + passed, sum[1] + measured], [0, 0]);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, loader ? loaderWords(loader) : reach.loader),
      [...order.map((column) => counts.get(column.kernel.id)), { passed: all[0], measured: all[1] }].map((count) =>
        el("td", { class: "reach" }, reachBar(count))
      ),
    );
  });
  return part(
    "reach",
    "Which loader works where",
    summary.reach.map(({ loader }) => loader).join(", "),
    false,
    scrolled(
      "Which loader works where",
      el(
        "table",
        { class: "plain" },
        el("caption", {}, "Passing cells, out of those measured"),
        el(
          "thead",
          {},
          el("tr", {}, el("th", { scope: "col" }, "Loader"), head, el("th", { scope: "col" }, "all kernels")),
        ),
        el("tbody", {}, bodies),
      ),
    ),
  );
}

/** @param {Count | undefined} count */
function reachBar(count) {
  if (!count?.measured) return el("span", { class: "quiet" }, "n/m");
  const fill = el("i");
  fill.style.width = `${count.passed / count.measured * 100}%`;
  return [
    `${number(count.passed)}/${number(count.measured)}`,
    el("span", { class: "bar", "aria-hidden": "true" }, fill),
  ];
}

function differencesSection() {
  if (!hasLoaders) return null;
  const items = summary.differences.map(({ value, errno, on }) => differenceItem(value, errno, on));
  if (!items.length) {
    return part(
      "differences",
      "Where loaders differ",
      "nowhere",
      false,
      el("p", { class: "lead" }, "Every cell that passes with one loader passes with all others that were measured."),
    );
  }
  const count = summary.differences.reduce(
    (sum, { value }) => sum + value.places.reduce((all, { kernels }) => all + kernels.length, 0),
    0,
  );
  return part(
    "differences",
    "Where loaders differ",
    `${plural(count, "cell")}, ${plural(items.length, "way")} to fail`,
    false,
    scrolled("Where loaders differ", el("ul", {}, items)),
  );
}

/**
 * For each kind of failure: which loaders fail, why, and which loaders pass the same variants on the same kernel.
 *
 * @param {Difference} difference
 * @param {string | undefined} errno
 * @param {string[]} on
 */
function differenceItem(difference, errno, on) {
  const { loader, verdict, stage, cause, places } = difference;
  const where = `${longWords[verdict]}${stage ? ` at ${stage}` : ""}`;
  return el(
    "li",
    { class: `v-${verdict}` },
    icon(symbolOf(verdict)),
    el("span", { class: "where" }, el("strong", {}, loader), el("small", {}, where)),
    el(
      "div",
      { class: "why" },
      el("em", {}, [cause ?? errno, difference.category].filter(Boolean).join(" · ")),
      difference.line ? visible(difference.line) : null,
      difference.reason && difference.reason !== difference.line ? el("p", {}, visible(difference.reason)) : null,
      difference.suggestion ? el("p", { class: "quiet" }, visible(difference.suggestion)) : null,
      difference.since ? el("p", { class: "quiet" }, visible(difference.since)) : null,
      el(
        "ul",
        { class: "places" },
        places.map((each, index) =>
          el(
            "li",
            {},
            place({ ...each, loaders: [loader] }, `on ${on[index]} · passes with ${each.passing.join(", ")}`, false),
          )
        ),
      ),
    ),
  );
}
