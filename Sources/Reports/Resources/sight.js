// Visibility: which columns and rows remain after filtering, and which cells fade.

import { columns, families, groups, order, rows, usedLoaders } from "./model.js";
import { orderRows } from "./order.js";
import { $, afterFrame } from "./page.js";
import { view } from "./view.js";
/** @import { Cell, Group } from "./types.d.ts" */

const dense = order.length > 14;

const layout = new CSSStyleSheet();
document.adoptedStyleSheets = [layout];

/**
 * @param {Set<Cell>} found
 * @param {boolean} active
 */
export function showOnly(found, active) {
  view.found = found;
  view.isFiltered = active;
  for (const row of rows) row.matching = !active;
  for (const column of columns) column.hidden = active;
  for (const cell of found) {
    cell.row.matching = true;
    cell.column.hidden = false;
  }
  orderRows();
  const inSight = groupsInSight();
  arrange();
  updateRows();
  groups.forEach((group, place) => {
    group.body.classList.toggle("late", place >= inSight);
    if (place < inSight) fade(group);
  });
  afterFrame(catchUp);
}

/**
 * The number of groups from the first to the one at the bottom of the window. Groups below it are updated one frame later,
 * so that the filter responds without waiting for what is out of sight.
 */
function groupsInSight() {
  const frame = $("frame"), { top, height } = frame.getBoundingClientRect();
  const bottom = frame.scrollTop + Math.min(height, innerHeight - top);
  const head = /** @type {HTMLElement} */ (frame.querySelector(".head"));
  let below = head.offsetHeight, count = 0;
  while (count < groups.length && below <= bottom) below += heightOf(groups[count++]);
  return count;
}

/** @param {Group} group */
function fade(group) {
  for (const cell of group.cells) {
    const dimmed = view.isFiltered && !view.found.has(cell);
    if (cell.dimmed !== dimmed) cell.element.classList.toggle("dimmed", cell.dimmed = dimmed);
  }
}

/** Updates the groups that the last filter deferred. */
export function catchUp() {
  for (const group of groups) {
    if (group.body.classList.contains("late")) {
      fade(group);
      group.body.classList.remove("late");
    }
  }
}

/** Applies which kernels and loaders are shown: one CSS rule hides a whole column. */
export function arrange() {
  const hiddenLoaders = usedLoaders.filter((loader) => !view.loaders.includes(loader)).map((loader) =>
    `.l${loader.index}`
  );
  const hiddenColumns = columns.filter((column) => column.hidden).map((column) => `.k${column.index}`);
  const hidden = [...hiddenLoaders, ...hiddenColumns].map((kind) => `#matrix ${kind}`).join(", ");
  const many = view.loaders.length > 1;
  const shown = order.filter((column) => !column.hidden).length;
  // As wide as the window allows, within limits.
  const room = Math.floor((innerWidth - 310) / Math.max(shown, 1)), boxes = view.loaders.length;
  const width = many ? Math.max(boxes * 27 + 9, 66, Math.min(room, boxes * 46 + 9)) : dense ? 42 : 108;
  layout.replaceSync(
    `#matrix { --kernel: ${width}px; } #matrix, .group { --kernels: ${shown}; } ${
      hidden ? `${hidden} { display: none; }` : ""
    } .group { background: ${separators()}; }`,
  );
  $("matrix").className = many ? "many" : dense ? "single dense" : "single";
  for (const family of families) {
    const count = family.columns.filter((column) => !column.hidden).length;
    family.head.hidden = count === 0;
    family.head.style.setProperty("--span", `${Math.max(count, 1)}`);
    family.head.setAttribute("aria-colspan", `${Math.max(count, 1) * view.loaders.length}`);
  }
  for (const column of columns) {
    column.head.setAttribute("aria-colspan", `${view.loaders.length}`);
    const family = families.find((f) => f.columns.includes(column));
    column.head.classList.toggle("first", family?.columns.find((other) => !other.hidden) === column);
  }
}

/** Draws the lines between families in each group's background, because borders would cost one element per cell. */
function separators() {
  let before = 0;
  return families.map((family) => {
    const place = `calc(var(--label) + ${before} * var(--kernel))`;
    before += family.columns.filter((column) => !column.hidden).length;
    return `linear-gradient(var(--line) 0 0) ${place} 0 / 1px 100% no-repeat`;
  }).join(", ");
}

/**
 * A group's height in pixels with its title; 0 if no row matches.
 *
 * @param {Group} group
 */
function heightOf(group) {
  const matching = group.rows.filter((row) => row.matching).length;
  return matching ? 32 + (group.folded ? 0 : matching * 32) : 0;
}

export function updateRows() {
  for (const group of groups) {
    group.button.setAttribute("aria-expanded", `${!group.folded}`);
    const height = heightOf(group);
    group.body.hidden = height === 0;
    for (const row of group.rows) row.element.hidden = group.folded || !row.matching;
    group.body.style.containIntrinsicHeight = `${height}px`;
  }
  $("fold").textContent = groups.every((group) => group.folded) ? "Expand all" : "Collapse all";
}

/** @param {Cell} cell */
export const isShown = (cell) =>
  view.anyMatches && view.loaders.includes(cell.loader) && !cell.column.hidden && cell.row.matching &&
  !cell.row.group.folded;
