// Keyboard focus: one cell of the grid is in the tab order, and the arrow keys move the focus.

import { order, rows } from "./model.js";
import { $ } from "./page.js";
import { catchUp } from "./sight.js";
import { view } from "./view.js";
/** @import { Cell, CellElement } from "./types.d.ts" */

/** @param {Cell | undefined} cell */
export function setCurrent(cell) {
  if (!cell) return;
  if (view.current?.element) view.current.element.tabIndex = -1;
  view.current = cell;
  cell.element.tabIndex = 0;
}

/** @param {Cell} cell */
export function focusCell(cell) {
  setCurrent(cell);
  bringIntoView(cell);
  cell.element.focus({ preventScroll: true });
}

/** @param {Cell} cell */
export function bringIntoView(cell) {
  catchUp();
  // The browser treats the group as hidden until styles are recomputed.
  void $("frame").offsetHeight;
  cell.element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * Handles keys in the grid; `show` opens a cell.
 *
 * @param {KeyboardEvent} event
 * @param {(cell: Cell) => void} show
 */
export function moveFocus(event, show) {
  const { cell } = /** @type {CellElement} */ (event.target);
  if (!cell || event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    show(cell);
    return;
  }
  const shownRows = rows.filter((row) => row.matching && !row.group.folded);
  const slots = order.filter((column) => !column.hidden).flatMap((column) =>
    view.loaders.map((loader) => [column.index, loader.index])
  );
  const y = shownRows.indexOf(cell.row);
  const x = slots.findIndex(([column, loader]) => column === cell.column.index && loader === cell.loader.index);
  const far = event.ctrlKey, lastRow = shownRows.length - 1, lastSlot = slots.length - 1;
  // The target, and the direction to continue in if there is no cell.
  const target = {
    ArrowRight: [y, x + 1, 0, 1],
    ArrowLeft: [y, x - 1, 0, -1],
    ArrowDown: [y + 1, x, 1, 0],
    ArrowUp: [y - 1, x, -1, 0],
    Home: [far ? 0 : y, 0, 0, 1],
    End: [far ? lastRow : y, lastSlot, 0, -1],
    PageDown: [Math.min(y + 10, lastRow), x, -1, 0],
    PageUp: [Math.max(y - 10, 0), x, 1, 0],
  }[event.key];
  if (!target) return;
  event.preventDefault();
  let [row, slot] = target;
  for (const [, , down, right] = target; shownRows[row] && slots[slot]; row += down, slot += right) {
    const next = shownRows[row].places[slots[slot][0]][slots[slot][1]];
    if (next) {
      focusCell(next);
      return;
    }
  }
}
