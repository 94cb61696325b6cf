// What happens when the page opens.

import { applyFilter, drawFilters, haystack } from "./filter.js";
import { drawCounts, drawGrid, drawLegend } from "./grid.js";
import { cells } from "./model.js";
import { $ } from "./page.js";
import { closePanel, followAddress, show } from "./panel.js";
import { catchUp } from "./sight.js";
import { drawFindings, drawMasthead, drawTiles } from "./summary.js";
import { view } from "./view.js";

drawMasthead();
drawTiles();
drawGrid(show);
drawCounts();
drawLegend();
applyFilter();
drawFindings();
drawFilters();

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && view.open) {
    event.preventDefault();
    closePanel(true);
  } else if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(/** @type {Element} */ (event.target).tagName)) {
    event.preventDefault();
    $("search").focus();
  }
});
/**
 * @param {string} selector
 * @returns {NodeListOf<HTMLDetailsElement>}
 */
const parts = (selector) => $("findings").querySelectorAll(selector);
// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  catchUp();
  for (const details of parts("details:not([open])")) {
    details.open = true;
    details.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const details of parts("details[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
});
// So that the first search need not wait for it.
setTimeout(() => cells.forEach(haystack), 200);
addEventListener("hashchange", followAddress);
// The logs stand behind this script, so that the matrix shows before megabytes of them are read.
addEventListener("DOMContentLoaded", followAddress);
