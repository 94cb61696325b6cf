// The order of the rows: as planned, or slowest first.

import { cells, columns, groups, rows } from "./model.js";
import { $, el, seconds } from "./page.js";
import { view } from "./view.js";
/** @import { Group, Row } from "./types.d.ts" */

let slowestFirst = false, isReordered = false;

/**
 * The time that a row's visible cells took in guests; null if unknown.
 *
 * @param {Row} row
 */
function rowSeconds(row) {
  const places = row.places.filter((_, column) => !columns[column].hidden);
  const known = places.flatMap((place) => view.loaders.flatMap((loader) => place[loader.index]?.total ?? []));
  return known.length ? known.reduce((sum, time) => sum + time, 0) : null;
}

/** Rows stay with their probe; the probe with the slowest row comes first. */
export function orderRows() {
  if (!slowestFirst && !isReordered) return;
  isReordered = slowestFirst;
  for (const row of rows) {
    row.seconds = slowestFirst ? rowSeconds(row) : null;
    row.time.textContent = row.seconds === null ? "" : seconds(row.seconds);
  }
  /**
   * @param {Row | Group} a
   * @param {Row | Group} b
   */
  const slower = (a, b) => (b.seconds ?? -1) - (a.seconds ?? -1) || a.index - b.index;
  for (const group of groups) {
    group.rows.sort(slower);
    group.seconds = group.rows[0].seconds;
  }
  groups.sort(slower);
  const ordered = groups.flatMap((group) => group.rows);
  if (ordered.every((row, place) => row === rows[place])) return;
  rows.splice(0, rows.length, ...ordered);
  for (const group of groups) group.body.append(...group.rows.map((row) => row.element));
  $("matrix").append(...groups.map((group) => group.body));
}

/**
 * Calls `changed` when the user chooses another order.
 *
 * @param {() => void} changed
 */
export function drawOrder(changed) {
  const choice = $("order");
  choice.hidden = cells.every((cell) => cell.total === null);
  choice.append(el("option", { value: "" }, "Default order"), el("option", { value: "time" }, "Slowest rows first"));
  choice.addEventListener("change", () => {
    slowestFirst = choice.value === "time";
    $("frame").scrollTop = 0;
    changed();
  });
}
