// Charts: a variant's numbers on all kernels, as inline SVG.

import {
  costs,
  families,
  hashOf,
  hasLoaders,
  headroom,
  isTight,
  order,
  programsOf,
  usedLoaders,
  version,
} from "./model.js";
import { data, el, number, svg } from "./page.js";
/** @import { Bar, Cell, Choice, Loader, Metric, Point, Program, Row, SelectEvent } from "./types.d.ts" */

/**
 * The metrics of a program that can be charted.
 *
 * @type {[Metric, string][]}
 */
const metrics = [
  ["instructions", "Instructions processed"],
  ["totalStates", "States"],
  ["verificationMicroseconds", "Verification time, µs"],
  ["jitedBytes", "Machine code, bytes"],
];

/**
 * A sparkline of a row's instruction counts on each kernel.
 *
 * @param {Row} row
 * @param {Loader} loader
 */
export function sparkline(row, loader) {
  const points = costs(row, loader);
  if (points.length < 2) return null;
  const counts = points.map(({ value }) => value), most = Math.max(...counts, 1);
  return svg(
    "svg",
    { width: points.length * 4, height: 14, role: "presentation" },
    svg("title", {}, `instructions processed: ${number(Math.min(...counts))} to ${number(most)}`),
    points.map(({ program, value }, place) => {
      const height = Math.max(value / most * 14, 1);
      return svg("rect", {
        class: `v-${data.verdicts[program.verdict]}`,
        x: place * 4,
        y: 14 - height,
        width: 3,
        height,
      });
    }),
  );
}

/**
 * One bar per kernel and loader that reported the metric; each bar links to its cell.
 *
 * @param {Cell} cell
 * @param {Program} program
 */
export function trend(cell, program) {
  const name = data.texts[program.name];
  /** @param {Metric} metric */
  const known = (metric) =>
    order.flatMap((column) =>
      usedLoaders.flatMap((loader) => {
        const other = cell.row.places[column.index][loader.index];
        const named = (other ? programsOf(other) : []).filter((candidate) => data.texts[candidate.name] === name);
        const points = named.flatMap((found) => {
          const value = found[metric];
          return value === null ? [] : [{ cell: other, program: found, value }];
        });
        return points.slice(0, 1);
      })
    );
  const choices = metrics.map(([metric, label]) => ({ label, points: known(metric) }))
    .filter(({ points }) => points.length > 1);
  if (!choices.length) return null;
  const figure = el("figure", { class: "trend" });
  /** @param {Choice} choice */
  const draw = (choice) =>
    figure.replaceChildren(
      el(
        "figcaption",
        {},
        choices.length === 1 ? choice.label : el("select", {
          "aria-label": "Metric",
          onchange: (/** @type {SelectEvent} */ event) => {
            draw(choices[event.target.selectedIndex]);
            figure.querySelector("select")?.focus();
          },
        }, choices.map((other) => el("option", { selected: other === choice }, other.label))),
        el("small", {}, "by kernel"),
      ),
      el("div", { class: "scroll" }, barChart(cell, choice)),
    );
  draw(choices[0]);
  return figure;
}

/**
 * @param {Cell} cell
 * @param {Choice} choice
 */
function barChart(cell, { label, points }) {
  const height = 76, kernels = order.filter((column) => points.some((point) => point.cell.column === column));
  const each = Math.max(...kernels.map((column) => points.filter((point) => point.cell.column === column).length));
  const bar = each > 1 ? 13 : 26, gap = 12, step = Math.max(each * bar + gap, 54);
  const most = Math.max(...points.map(({ value }) => value), 1);
  const chart = svg("svg", {
    class: "chart",
    width: kernels.length * step + gap,
    height: height + 46,
    role: "group",
    "aria-label": `${label}, by kernel`,
  }, svg("line", { class: "axis", x1: 0, x2: kernels.length * step + gap, y1: height + 14.5, y2: height + 14.5 }));
  kernels.forEach((column, place) => {
    const own = points.filter((point) => point.cell.column === column);
    const left = gap + place * step;
    own.forEach((point, index) =>
      chart.append(
        chartBar(cell, point, {
          x: left + (step - gap - own.length * bar) / 2 + index * bar,
          width: bar - 2,
          height: Math.max(point.value / most * height, 2),
          base: height + 14,
          label,
          isAlone: each === 1,
        }),
      )
    );
    chart.append(
      svg("text", {
        class: column === cell.column ? "here" : null,
        x: left + (step - gap) / 2,
        y: height + 29,
        "text-anchor": "middle",
      }, version(column.kernel)),
    );
    const isFirst = place === 0 || kernels[place - 1].kernel.family !== column.kernel.family;
    if (isFirst && families.length > 1) {
      chart.append(svg("text", { class: "family", x: left, y: height + 43 }, column.kernel.family));
    }
  });
  return chart;
}

/**
 * @param {Cell} open
 * @param {Point} point
 * @param {Bar} bar
 */
function chartBar(open, { cell, program, value }, { x, width, height, base, label, isAlone }) {
  const told = `${cell.column.kernel.id}${hasLoaders ? ` with ${cell.loader.name}` : ""}: ${number(value)}` +
    (isTight(program) ? `, only ${headroom(program)} % headroom` : "");
  return svg(
    "a",
    { href: hashOf(cell), "aria-label": `${label}: ${told}`, "aria-current": cell === open ? "true" : null },
    svg("title", {}, told),
    svg("rect", { class: `v-${data.verdicts[program.verdict]}`, x, y: base - height, width, height, rx: 1.5 }),
    isAlone || cell === open
      ? svg("text", {
        class: isTight(program) ? "value tight" : "value",
        x: x + width / 2,
        y: base - height - 4,
        "text-anchor": "middle",
      }, shortNumber(value))
      : null,
  );
}

/** @param {number} value */
function shortNumber(value) {
  if (value >= 1e6) return `${Math.round(value / 1e5) / 10}M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)}k`;
  return value >= 1e3 ? `${Math.round(value / 100) / 10}k` : `${value}`;
}
