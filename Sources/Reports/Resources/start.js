// What happens when the page opens.

drawMasthead();
drawTiles();
drawGrid();
drawCounts();
drawLegend();
applyFilter();
drawFindings();
drawFilters();

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open) {
    event.preventDefault();
    closePanel(true);
  } else if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    $("search").focus();
  }
});
// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  catchUp();
  for (const details of $("findings").querySelectorAll("details:not([open])")) {
    details.open = true;
    details.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const details of $("findings").querySelectorAll("[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
});
// So that the first search need not wait for it.
setTimeout(() => cells.forEach(haystack), 200);
addEventListener("hashchange", followAddress);
// The logs stand behind this script, so that the matrix shows before megabytes of them are read.
addEventListener("DOMContentLoaded", followAddress);
