// The matrix. Groups of rows that are out of sight are not laid out (content-visibility), so the size of a run matters little.

const dense = order.length > 14;
/** Loaders that are shown; several stand side by side in each kernel's column. */
let shownLoaders = usedLoaders;
let current = null;
const layout = new CSSStyleSheet();
document.adoptedStyleSheets = [layout];

function drawGrid() {
  const grid = $("matrix");
  grid.append(gridHead(), ...groups.map(drawGroup));
  grid.addEventListener("click", (event) => {
    const cell = event.target.closest(".cell")?.cell;
    if (cell) {
      focusCell(cell);
      show(cell);
    }
  });
  grid.addEventListener("keydown", moveFocus);
  grid.setAttribute("aria-rowcount", rows.length + groups.length + (hasLoaders ? 3 : 2));
  arrange();
  setCurrent(cells.find((cell) => cell.unexpected) ?? cells[0]);
}

const line = (kind, ...content) => el("div", { role: "row", class: `line ${kind}` }, content);

function gridHead() {
  const corner = (...content) => el("div", { role: "columnheader", class: "corner" }, content);
  const forReader = (text) => el("span", { class: "for-reader" }, text);
  const lines = [
    corner(forReader("Family")),
    corner(`${plural(rows.length, "variant")}, ${plural(columns.length, "kernel")}`),
    corner(forReader("Loader")),
  ];
  for (const family of families) {
    family.head = el("div", { role: "columnheader", class: "family" }, el("span", {}, family.name));
  }
  for (const column of order) {
    const { kernel } = column;
    const start = kernel.start
      ? `${kernel.start} start` + (kernel.readySeconds === null ? "" : ` in ${kernel.readySeconds} s`)
      : null;
    const title = [
      kernel.id,
      kernel.release,
      start,
      kernel.btf === null ? null : kernel.btf ? "has BTF" : "no BTF",
      kernel.reason,
    ];
    column.head = el(
      "div",
      {
        role: "columnheader",
        class: columnClass(column, "version") + (kernel.status === "measured" ? "" : " gap"),
        title: title.filter(Boolean).join("\n"),
        "aria-label": kernel.id + (kernel.status === "measured" ? "" : ", not measured"),
      },
      version(kernel),
      el("small", {}, kernel.status === "measured" ? kernel.release ?? "" : "not measured"),
    );
  }
  const head = el(
    "div",
    { role: "rowgroup", class: "head" },
    line("families", lines[0], families.map((family) => family.head)),
    line("versions", lines[1], order.map((column) => column.head)),
  );
  if (hasLoaders) {
    head.append(
      line(
        "loaders",
        lines[2],
        order.map((column) =>
          el(
            "div",
            { role: "none", class: columnClass(column, "kernel") },
            usedLoaders.map((loader) =>
              el("div", {
                role: "columnheader",
                class: `loader l${loader.index}`,
                title: `${loaderWords(loader)} on ${column.kernel.id}`,
                "aria-label": `${loader.name} on ${column.kernel.id}`,
              }, el("span", {}, loader.name))
            ),
          )
        ),
      ),
    );
  }
  return head;
}

const columnClass = (column, kind) => `${kind} k${column.index}${column.first ? " first" : ""}`;

function drawGroup(group) {
  group.button = el("button", {
    type: "button",
    "aria-expanded": "true",
    onclick: () => {
      group.folded = !group.folded;
      updateRows();
    },
  }, group.probe);
  group.tallies = order.map((column) => el("div", { role: "gridcell", class: columnClass(column, "tally") }));
  group.body = el(
    "div",
    { role: "rowgroup", class: "group" },
    line("title", el("div", { role: "rowheader", class: "label" }, group.button), group.tallies),
  );
  for (const row of group.rows) {
    row.time = el("small", { class: "time" });
    row.spark = el("span", { class: "spark", "aria-hidden": "true" });
    row.element = line(
      "variant",
      el(
        "div",
        { role: "rowheader", class: "label", title: `${row.probe} / ${row.variant}` },
        el("span", {}, row.variant),
        row.time,
        row.spark,
      ),
    );
    for (const column of order) row.element.append(drawPlace(row, column));
    group.body.append(row.element);
  }
  return group.body;
}

/** A kernel's cells of a row, one a loader. Where there is one loader a place is its cell: half the elements to draw. */
function drawPlace(row, column) {
  const boxes = usedLoaders.map((loader) => drawBox(row.places[column.index][loader.index], loader));
  const place = hasLoaders ? el("div", { role: "none", class: "kernel" }, boxes) : boxes[0];
  place.classList.add(`k${column.index}`);
  return place;
}

function drawBox(cell, loader) {
  const box = document.createElement("div");
  box.setAttribute("role", "gridcell");
  if (cell) {
    cell.element = box;
    box.cell = cell;
    box.className = `cell l${loader.index} ${cell.verdict}` + (cell.unexpected ? " unexpected" : "") +
      (cell.winner ? " winner" : "") + (cell.changed ? " changed" : "");
    box.tabIndex = -1;
    box.setAttribute("aria-label", cellLabel(cell));
    if (hasLoaders) box.title = `${loader.name}: ${longWords[cell.verdict]}`;
    box.textContent = symbolOf(cell.verdict) + (cell.unexpected ? "≠" : "");
  } else {
    box.className = `empty l${loader.index}`;
  }
  return box;
}

function cellLabel(cell) {
  return `${cell.row.probe} ${cell.row.variant} on ${cell.column.kernel.id}` +
    (hasLoaders ? ` with ${cell.loader.name}` : "") + `: ${longWords[cell.verdict]}` +
    (cell.unexpected ? `, ${cell.expected} expected` : "") + (cell.winner ? ", best on this kernel" : "") +
    (cell.changed ? ", new since the baseline" : "");
}

/** What depends on which kernels and loaders are shown: one rule hides a column, whatever its length. */
function arrange() {
  const hiddenLoaders = usedLoaders.filter((loader) => !shownLoaders.includes(loader)).map((loader) =>
    `.l${loader.index}`
  );
  const hiddenColumns = columns.filter((column) => column.hidden).map((column) => `.k${column.index}`);
  const hidden = [...hiddenLoaders, ...hiddenColumns].map((kind) => `#matrix ${kind}`).join(", ");
  const many = shownLoaders.length > 1;
  const shown = order.filter((column) => !column.hidden).length;
  // As wide as the window has room for, within reason.
  const room = Math.floor((innerWidth - 310) / Math.max(shown, 1)), boxes = shownLoaders.length;
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
    family.head.style.setProperty("--span", Math.max(count, 1));
    family.head.setAttribute("aria-colspan", Math.max(count, 1) * shownLoaders.length);
  }
  for (const column of columns) {
    column.head.setAttribute("aria-colspan", shownLoaders.length);
    const family = families.find((f) => f.columns.includes(column));
    column.head.classList.toggle("first", family.columns.find((other) => !other.hidden) === column);
  }
}

/** The lines between families: a part of each group's background, since a border would be one more thing a cell. */
function separators() {
  let before = 0;
  return families.map((family) => {
    const place = `calc(var(--label) + ${before} * var(--kernel))`;
    before += family.columns.filter((column) => !column.hidden).length;
    return `linear-gradient(var(--line) 0 0) ${place} 0 / 1px 100% no-repeat`;
  }).join(", ");
}

/** What depends on the loaders that are shown and is written anew for them. */
function drawCounts() {
  for (const group of groups) {
    order.forEach((column, place) => {
      const answers = group.rows.flatMap((row) => shownLoaders.map((loader) => row.places[column.index][loader.index]))
        .filter((cell) => cell && cell.verdict !== "notMeasured");
      const passed = answers.filter((cell) => cell.verdict === "pass").length;
      group.tallies[place].textContent = answers.length ? `${passed}/${answers.length}` : "";
      group.tallies[place].title = answers.length
        ? `${passed} of ${plural(answers.length, "cell")} pass on ${column.kernel.id}`
        : "";
    });
    for (const row of group.rows) row.spark.replaceChildren(sparkline(row, shownLoaders[0]) ?? "");
  }
}

/** In pixels, with its title; 0 where no row matches. */
function heightOf(group) {
  const matching = group.rows.filter((row) => row.matching).length;
  return matching ? 32 + (group.folded ? 0 : matching * 32) : 0;
}

function updateRows() {
  for (const group of groups) {
    group.button.setAttribute("aria-expanded", !group.folded);
    const height = heightOf(group);
    group.body.hidden = height === 0;
    for (const row of group.rows) row.element.hidden = group.folded || !row.matching;
    group.body.style.containIntrinsicHeight = `${height}px`;
  }
  $("fold").textContent = groups.every((group) => group.folded) ? "Expand all" : "Collapse all";
}

function drawLegend() {
  const meanings = {
    pass: "loads and does its work",
    fail: "refused by this kernel",
    crash: "the guest kernel panicked or locked up",
    timeout: "no answer in time",
    notMeasured: "the host could not measure; says nothing about the probe",
  };
  for (const verdict of data.verdicts) {
    $("legend").append(
      el(
        "li",
        { class: `v-${verdict}` },
        el("b", {}, `${symbolOf(verdict)} ${words[verdict]}`),
        " ",
        meanings[verdict],
      ),
    );
  }
  $("legend").append(el("li", { class: "unexpected" }, el("b", {}, "≠"), " not what the probe's manifest expects"));
  if (cells.some((cell) => cell.winner)) {
    $("legend").append(el("li", { class: "winner" }, el("i"), " the best variant on its kernel"));
  }
  if (cells.some((cell) => cell.changed)) {
    $("legend").append(el("li", { class: "changed" }, el("i"), " new since the baseline"));
  }
}

// Keyboard: one cell of the grid is in the tab order, arrows move it.

function setCurrent(cell) {
  if (!cell) return;
  if (current?.element) current.element.tabIndex = -1;
  current = cell;
  cell.element.tabIndex = 0;
}

function focusCell(cell) {
  setCurrent(cell);
  bringIntoView(cell);
  cell.element.focus({ preventScroll: true });
}

function bringIntoView(cell) {
  catchUp();
  // A browser takes the group for hidden until it has computed styles again.
  void $("frame").offsetHeight;
  cell.element.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const isShown = (cell) =>
  anyMatches && shownLoaders.includes(cell.loader) && !cell.column.hidden && cell.row.matching &&
  !cell.row.group.folded;

function moveFocus(event) {
  const cell = event.target.cell;
  if (!cell || event.altKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    show(cell);
    return;
  }
  const shownRows = rows.filter((row) => row.matching && !row.group.folded);
  const slots = order.filter((column) => !column.hidden).flatMap((column) =>
    shownLoaders.map((loader) => [column.index, loader.index])
  );
  const y = shownRows.indexOf(cell.row);
  const x = slots.findIndex(([column, loader]) => column === cell.column.index && loader === cell.loader.index);
  const far = event.ctrlKey, lastRow = shownRows.length - 1, lastSlot = slots.length - 1;
  // Where to, and which way on from a place without a cell.
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
