// Runs when the page opens.

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
// Nothing can be expanded on paper.
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
// Prepares the search text, so that the first search is fast.
setTimeout(() => cells.forEach(haystack), 200);
addEventListener("hashchange", followAddress);
// Logs follow this script in the file, so that the matrix appears before megabytes of logs are read.
addEventListener("DOMContentLoaded", followAddress);
