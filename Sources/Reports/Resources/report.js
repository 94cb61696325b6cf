"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  let parsedLogs = null;
  const logs = () => (parsedLogs ??= JSON.parse($("logs").textContent));

  // Where what stands in the arrays of ReportData.swift.
  const cellFields = ["column", "row", "verdict", "stage", "expected", "asExpected", "cached", "reason", "console", "programs", "event"];
  const programFields = ["name", "type", "verdict", "stage", "errno", "cause", "explanation", "log", "logComplete",
    "instructions", "limit", "totalStates", "peakStates", "stackDepth", "verificationMicroseconds",
    "loadMicroseconds", "programInstructions", "translatedBytes", "jitedBytes"];
  const named = (fields, values) => Object.fromEntries(fields.map((field, i) => [field, values[i] ?? null]));
  const words = { pass: "pass", fail: "fail", crash: "crash", timeout: "timeout", notMeasured: "n/m" };
  const longWords = { ...words, notMeasured: "not measured" };
  const number = (value) => value.toLocaleString("en-GB");
  const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

  /** Everything on this page that comes from a guest passes through here, as text. */
  function el(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  }

  /** Control characters as pictures, so that an escape sequence can be read; direction changes by number. */
  function visible(text) {
    return text.replace(/\r\n/g, "\n").replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => {
        const code = c.charCodeAt(0);
        if (code < 0x20) return String.fromCharCode(0x2400 + code);
        return code === 0x7f ? "\u2421" : `\u27e8${code.toString(16)}\u27e9`;
      });
  }

  // The matrix as a table of cells, columns by family and rows by probe.
  const columns = data.kernels.map((kernel, index) => ({ kernel, index, cells: [] }));
  const families = [];
  for (const column of columns) {
    let family = families.find((f) => f.name === column.kernel.family);
    if (!family) families.push(family = { name: column.kernel.family, columns: [] });
    family.columns.push(column);
  }
  const order = families.flatMap((family) => family.columns);
  const rows = data.rows.map(([probe, variant, loader], index) => ({ probe, variant, loader, index, cells: new Map() }));
  const groups = [];
  for (const row of rows) {
    if (groups.at(-1)?.probe !== row.probe) groups.push({ probe: row.probe, rows: [], folded: false });
    groups.at(-1).rows.push(row);
    row.group = groups.at(-1);
  }
  // Where a variant has several rows, only their loaders tell them apart.
  const namesLoader = new Set(rows.map((row) => `${row.probe}/${row.variant}`)).size < rows.length;
  const cells = data.cells.map((values) => {
    const cell = named(cellFields, values);
    cell.verdict = data.verdicts[cell.verdict];
    cell.expected = data.verdicts[cell.expected];
    cell.symbol = data.symbols[data.verdicts.indexOf(cell.verdict)];
    cell.row = rows[cell.row];
    cell.column = columns[cell.column];
    cell.unexpected = !cell.asExpected && cell.verdict !== "notMeasured";
    cell.row.cells.set(cell.column, cell);
    return cell;
  });
  const symbolOf = (verdict) => data.symbols[data.verdicts.indexOf(verdict)];
  const path = (cell) => [cell.column.kernel.id, cell.row.probe, cell.row.variant, cell.row.loader];
  const hashOf = (cell) => "#cell=" + path(cell).map(encodeURIComponent).join("/");
  const version = (kernel) => kernel.id.startsWith(kernel.family + "-") ? kernel.id.slice(kernel.family.length + 1) : kernel.id;

  // Summary.
  const filter = { words: [], verdicts: new Set(), unexpected: false };

  function drawSummary() {
    const { run } = data;
    const host = [run.host.qemu && `QEMU ${run.host.qemu}`, run.host.accelerator?.toUpperCase(), plural(run.host.cpus, "CPU")];
    const cached = cells.filter((cell) => cell.cached).length;
    const facts = [
      ["run", run.id], ["started", run.startedAt.replace("T", " ").replace("Z", " UTC")],
      ["took", `${Math.round(run.durationSeconds * 100) / 100} s`], ["on", host.filter(Boolean).join(", ")],
      ["with", `compat-matrix ${run.tool}`], cached ? ["from the store", `${number(cached)} of ${plural(cells.length, "cell")}`] : null,
    ];
    $("facts").append(...facts.filter(Boolean).map(([name, value]) => el("span", {}, el("i", {}, name), " ", value)));

    const unexpected = cells.filter((cell) => cell.unexpected).length;
    const measured = cells.some((cell) => cell.verdict !== "notMeasured");
    const [state, text] = unexpected ? ["bad", `${plural(unexpected, "cell")} not as expected`]
      : measured ? ["good", "Every measured cell as expected"] : ["none", "Nothing was measured"];
    $("outcome").className = state;
    $("outcome").append(el("b", { "aria-hidden": "true" }, { bad: "≠", good: "✓", none: "·" }[state]), " ", text);

    for (const verdict of data.verdicts) {
      const count = cells.filter((cell) => cell.verdict === verdict).length;
      const share = el("span", { class: `v-${verdict}` });
      share.style.flexGrow = count;
      if (count) $("share").append(share);
      $("verdicts").append(tile(`v-${verdict}`, symbolOf(verdict), count, longWords[verdict], (on) => {
        if (on) filter.verdicts.add(verdict); else filter.verdicts.delete(verdict);
      }));
    }
    $("verdicts").append(tile("unexpected", "≠", unexpected, "not as expected", (on) => { filter.unexpected = on; }));
    drawFindings();
  }

  function tile(kind, symbol, count, label, change) {
    return el("button", {
      type: "button", class: `tile ${kind}`, "aria-pressed": "false", disabled: count === 0, "data-filter": kind,
      onclick: (event) => {
        const button = event.currentTarget;
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", on);
        change(on);
        applyFilter();
      },
    }, el("b", { "aria-hidden": "true" }, symbol), el("strong", {}, number(count)), el("span", {}, label));
  }

  function drawFindings() {
    const entries = data.findings.map((finding, index) => ({ ...finding, spans: data.findingKernels[index] }));
    const unexpected = entries.filter((entry) => !entry.asExpected);
    const expected = entries.filter((entry) => entry.asExpected);
    if (unexpected.length) $("findings").append(list("Not as expected", true, unexpected.map(findingItem)));
    if (data.gaps.length) {
      $("findings").append(list("Not measured", true, data.gaps.map((gap) => el("li", { class: "v-notMeasured" },
        el("b", { class: "mark", "aria-hidden": "true" }, symbolOf("notMeasured")),
        el("span", { class: "where" }, gap.kernel, el("small", {}, plural(gap.cells, "cell"))),
        el("span", { class: "why" }, visible(gap.reason))))));
    }
    const tight = rows.map((row) => ({ row, points: costs(row, null).filter(({ program }) => isTight(program)) })).filter(({ points }) => points.length);
    if (tight.length) $("findings").append(list("Close to the limit of instructions", true, tight.map(tightItem)));
    if (expected.length) $("findings").append(list("Failures as expected", false, expected.map(findingItem)));
  }

  const list = (title, open, items) => el("details", { open },
    el("summary", {}, title, el("small", {}, number(items.length))), el("ul", {}, items));

  function tightItem({ row, points }) {
    const worst = points.reduce((most, next) => (headroom(next.program) < headroom(most.program) ? next : most));
    return el("li", { class: "v-timeout" },
      el("b", { class: "mark", "aria-hidden": "true" }, "⚠"),
      el("span", { class: "where" },
        el("a", { href: hashOf(worst.cell) }, `${row.probe} / ${row.variant}`, namesLoader ? ` (${row.loader})` : ""),
        el("small", {}, `on ${points.map(({ cell }) => cell.column.kernel.id).join(", ")}`)),
      el("span", { class: "why" }, `${number(worst.program.instructions)} of ${number(worst.program.limit)} instructions: ${headroom(worst.program)} % headroom`));
  }

  function findingItem(finding) {
    const row = rows.find((r) => r.probe === finding.probe && r.variant === finding.variant && r.loader === finding.loader);
    const cell = row?.cells.get(columns.find((column) => column.kernel.id === finding.kernels[0]));
    return el("li", { class: `v-${finding.verdict}` },
      el("b", { class: "mark", "aria-hidden": "true" }, symbolOf(finding.verdict)),
      el("span", { class: "where" },
        el("a", { href: cell ? hashOf(cell) : null }, `${finding.probe} / ${finding.variant}`, namesLoader ? ` (${finding.loader})` : ""),
        el("small", {}, `${longWords[finding.verdict]} on ${finding.spans}`)),
      el("span", { class: "why" }, finding.cause ? el("em", {}, finding.cause) : null, visible(finding.detail)));
  }

  // Matrix.
  const dense = columns.length > 14;
  let current = null;

  function drawMatrix() {
    const table = $("matrix");
    table.classList.toggle("dense", dense);
    const corner = el("td", { class: "corner", rowspan: "2" }, `${plural(rows.length, "variant")}, ${plural(columns.length, "kernel")}`);
    for (const family of families) family.head = el("th", { scope: "colgroup", class: "family", colspan: family.columns.length }, el("span", {}, family.name));
    for (const family of families) family.columns.forEach((column, index) => {
      const { kernel } = column;
      const start = kernel.start ? `${kernel.start} start` + (kernel.readySeconds === null ? "" : ` in ${kernel.readySeconds} s`) : null;
      const title = [kernel.id, kernel.release, start, kernel.btf === null ? null : kernel.btf ? "has BTF" : "no BTF", kernel.reason];
      column.head = el("th", { scope: "col", class: "version" + (index ? "" : " first") + (kernel.status === "measured" ? "" : " gap"), title: title.filter(Boolean).join("\n"), "aria-label": kernel.id },
        version(kernel), dense ? null : el("small", {}, kernel.status === "measured" ? kernel.release ?? "" : "not measured"));
      column.first = index === 0;
    });
    table.append(el("thead", {}, el("tr", {}, corner, families.map((f) => f.head)), el("tr", {}, order.map((c) => c.head))));
    for (const group of groups) table.append(drawGroup(group));
    table.addEventListener("click", (event) => {
      const cell = event.target.closest("td.cell")?.cell;
      if (cell) { focusCell(cell); show(cell); }
    });
    table.addEventListener("keydown", moveFocus);
    setCurrent(cells.find((cell) => cell.unexpected) ?? rows[0]?.cells.get(order[0]) ?? cells[0]);
  }

  function drawGroup(group) {
    group.button = el("button", { type: "button", "aria-expanded": "true", onclick: () => { group.folded = !group.folded; updateRows(); } }, group.probe);
    group.head = el("tr", { class: "group" }, el("th", { scope: "rowgroup" }, group.button),
      order.map((column) => {
        const answers = group.rows.map((row) => row.cells.get(column)).filter((cell) => cell && cell.verdict !== "notMeasured");
        const passed = answers.filter((cell) => cell.verdict === "pass").length;
        const text = answers.length ? `${passed}/${answers.length}` : "";
        return el("td", { class: "tally" + (column.first ? " first" : ""), title: text && `${passed} of ${plural(answers.length, "variant")} pass on ${column.kernel.id}`, "data-column": column.index }, text);
      }));
    group.body = el("tbody", {}, group.head);
    for (const row of group.rows) {
      row.element = el("tr", { role: "row" }, el("th", { scope: "row", title: `${row.probe} / ${row.variant} (${row.loader})` }, row.variant, namesLoader ? el("small", {}, row.loader) : null, sparkline(row)));
      for (const column of order) {
        const cell = row.cells.get(column);
        const td = document.createElement("td");
        if (cell) {
          cell.element = td;
          td.cell = cell;
          td.className = `cell v-${cell.verdict}` + (cell.unexpected ? " unexpected" : "") + (column.first ? " first" : "");
          td.tabIndex = -1;
          td.setAttribute("role", "gridcell");
          td.setAttribute("aria-label", `${row.probe} ${row.variant} on ${column.kernel.id}: ${longWords[cell.verdict]}` + (cell.unexpected ? `, ${cell.expected} expected` : ""));
          td.textContent = dense ? cell.symbol : `${cell.symbol} ${words[cell.verdict]}`;
        } else {
          td.className = "empty" + (column.first ? " first" : "");
        }
        td.dataset.column = column.index;
        row.element.append(td);
      }
      group.body.append(row.element);
    }
    return group.body;
  }

  function drawLegend() {
    const meanings = { pass: "loads and does its work", fail: "refused by this kernel", crash: "the guest kernel panicked or locked up", timeout: "no answer in time", notMeasured: "the host could not measure; says nothing about the probe" };
    for (const verdict of data.verdicts) $("legend").append(el("li", { class: `v-${verdict}` }, el("b", {}, `${symbolOf(verdict)} ${words[verdict]}`), " ", meanings[verdict]));
    $("legend").append(el("li", { class: "unexpected" }, el("b", {}, "≠"), " not the verdict that the probe's manifest expects"));
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
    cell.element.focus({ preventScroll: true });
    cell.element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function moveFocus(event) {
    const cell = event.target.cell;
    if (!cell || event.altKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(cell); return; }
    const shownRows = rows.filter((row) => !row.element.hidden);
    const shownColumns = order.filter((column) => !column.hidden);
    const y = shownRows.indexOf(cell.row);
    const x = shownColumns.indexOf(cell.column);
    const far = event.ctrlKey;
    const target = {
      ArrowRight: [y, x + 1], ArrowLeft: [y, x - 1], ArrowDown: [y + 1, x], ArrowUp: [y - 1, x],
      Home: [far ? 0 : y, 0], End: [far ? Infinity : y, Infinity], PageDown: [y + 10, x], PageUp: [y - 10, x],
    }[event.key];
    if (!target) return;
    event.preventDefault();
    const within = (value, count) => Math.max(0, Math.min(value, count - 1));
    const next = shownRows[within(target[0], shownRows.length)]?.cells.get(shownColumns[within(target[1], shownColumns.length)]);
    if (next) focusCell(next);
  }

  // Filter.
  function haystack(cell) {
    if (!cell.haystack) {
      const programs = cell.programs.map((values) => named(programFields, values));
      const causes = programs.map((program) => data.causes[program.cause]).filter(Boolean);
      cell.haystack = [
        ...path(cell), cell.column.kernel.release, longWords[cell.verdict], data.texts[cell.reason], data.texts[cell.event], data.stages[cell.stage],
        ...programs.flatMap((program) => [data.texts[program.name], data.texts[program.type], data.errnos[program.errno]?.[0]]),
        ...causes.flatMap((cause) => [cause.id, cause.category, cause.line]),
        ...programs.map((program) => data.explanations[program.explanation]?.shape),
      ].filter(Boolean).join("\n").toLowerCase();
    }
    return cell.haystack;
  }

  function applyFilter() {
    const { words: wanted, verdicts, unexpected } = filter;
    const active = wanted.length > 0 || verdicts.size > 0 || unexpected;
    const matches = (cell) => (!verdicts.size || verdicts.has(cell.verdict)) && (!unexpected || cell.unexpected)
      && wanted.every((word) => haystack(cell).includes(word));
    for (const row of rows) row.matching = !active;
    const wasActive = $("matrix").classList.contains("filtered");
    $("matrix").classList.toggle("filtered", active);
    for (const column of columns) column.hidden = active;
    let count = 0;
    for (const cell of cells) {
      const match = !active || matches(cell);
      if (active || wasActive) cell.element.classList.toggle("dimmed", !match);
      if (match) { count += 1; cell.row.matching = true; cell.column.hidden = false; }
    }
    if (active || wasActive) for (const td of $("matrix").querySelectorAll("td[data-column]")) td.hidden = columns[td.dataset.column].hidden;
    for (const column of columns) column.head.hidden = column.hidden;
    for (const family of families) {
      const shown = family.columns.filter((column) => !column.hidden).length;
      family.head.hidden = shown === 0;
      family.head.colSpan = Math.max(shown, 1);
    }
    updateRows();
    $("nothing").hidden = count > 0;
    $("frame").hidden = count === 0;
    $("clear").hidden = !active;
    $("shown").textContent = active ? `${number(count)} of ${plural(cells.length, "cell")}` : plural(cells.length, "cell");
    if (current && (current.row.element.hidden || current.column.hidden || current.element.classList.contains("dimmed"))) {
      setCurrent(cells.find((cell) => !cell.row.element.hidden && !cell.column.hidden && !cell.element.classList.contains("dimmed")));
    }
  }

  function updateRows() {
    for (const group of groups) {
      group.button.setAttribute("aria-expanded", !group.folded);
      group.body.hidden = !group.rows.some((row) => row.matching);
      for (const row of group.rows) row.element.hidden = group.folded || !row.matching;
    }
    $("fold").textContent = groups.every((group) => group.folded) ? "Expand all" : "Collapse all";
  }

  function clearFilter() {
    filter.words = [];
    filter.verdicts.clear();
    filter.unexpected = false;
    $("search").value = "";
    for (const button of $("verdicts").children) button.setAttribute("aria-pressed", "false");
    applyFilter();
  }

  // Panel. The address says which cell is open, so that back, forward and a copied link work.
  let open = null;

  function show(cell) {
    if (location.hash === hashOf(cell)) openPanel(cell); else location.hash = hashOf(cell);
  }

  function followAddress() {
    const match = /^#cell=([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(location.hash);
    if (!match) { closePanel(false); return; }
    let wanted;
    try { wanted = match.slice(1).map(decodeURIComponent).join("\n"); } catch { return; }
    const cell = cells.find((candidate) => path(candidate).join("\n") === wanted);
    if (!cell) { closePanel(false); $("shown").textContent = `This run has no cell ${wanted.replaceAll("\n", " / ")}`; return; }
    if (cell.row.group.folded) { cell.row.group.folded = false; updateRows(); }
    if (cell.row.element.hidden || cell.column.hidden) clearFilter();
    setCurrent(cell);
    cell.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    openPanel(cell);
  }

  function closePanel(byHand) {
    if (!open) return;
    open.element.classList.remove("open");
    $("panel").hidden = true;
    document.body.classList.remove("with-panel");
    const cell = open;
    open = null;
    if (!byHand) return;
    history.replaceState(null, "", location.href.split("#")[0]);
    focusCell(cell);
  }

  function openPanel(cell) {
    open?.element.classList.remove("open");
    open = cell;
    cell.element.classList.add("open");
    const panel = $("panel");
    panel.replaceChildren(panelHead(cell), el("div", { class: "body" }, panelBody(cell)));
    panel.hidden = false;
    document.body.classList.add("with-panel");
    panel.focus({ preventScroll: true });
    cell.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    for (const pre of panel.querySelectorAll("pre.log")) scrollToDeciding(pre);
  }

  function scrollToDeciding(pre) {
    const mark = pre.querySelector("mark");
    if (mark) pre.scrollTop = mark.offsetTop - pre.clientHeight / 2 + mark.offsetHeight / 2;
    else if (pre.classList.contains("console")) pre.scrollTop = pre.scrollHeight;
  }

  const badge = (verdict) => el("span", { class: `badge v-${verdict}` }, `${symbolOf(verdict)} ${longWords[verdict]}`);

  function panelHead(cell) {
    const { kernel } = cell.column;
    return el("header", {},
      el("div", {},
        el("h2", { id: "panel-title" }, cell.row.probe, el("span", {}, " / "), cell.row.variant),
        el("p", {}, "on ", el("strong", {}, kernel.id), kernel.release ? el("code", {}, kernel.release) : null)),
      copyButton("Copy link", () => location.href),
      el("button", { type: "button", class: "close", "aria-label": "Close (Escape)", title: "Close (Escape)", onclick: () => closePanel(true) }, "✕"));
  }

  function panelBody(cell) {
    const { kernel } = cell.column;
    const started = kernel.start === null ? "not started in this run"
      : `${kernel.start}` + (kernel.readySeconds === null ? "" : `, ready in ${kernel.readySeconds.toFixed(2)} s`);
    const programs = cell.programs.map((values) => named(programFields, values));
    return [
      facts([
        ["Verdict", badge(cell.verdict)],
        ["Expected", el("span", {}, longWords[cell.expected], cell.unexpected ? el("b", { class: "not-expected" }, cell.verdict === cell.expected ? " ≠ for another cause" : " ≠") : null)],
        ["Stage", cell.stage === null ? "none reached" : stageTrack(cell)],
        ["Loader", cell.row.loader],
        ["Guest", started],
        ["Kernel BTF", kernel.btf === null ? "not seen" : kernel.btf ? "yes" : "no"],
        ["Measured", cell.verdict === "notMeasured" ? "no" : cell.cached ? "in an earlier run, same inputs (cached)" : "in this run"],
      ]),
      cell.reason !== null ? el("div", { class: `cause v-${cell.verdict}` }, el("p", { class: "line" }, visible(data.texts[cell.reason]))) : null,
      cell.event !== null ? el("section", { class: "event" }, el("h3", {}, "Event that came back"), el("code", {}, visible(data.texts[cell.event]))) : null,
      programs.map((program) => programCard(program, programs.length, cell)),
      cell.console !== null ? logBlock("Console of the guest", cell.console, null, true, "console") : null,
      reproduce(cell),
    ];
  }

  /** How far the cell got, from open to fire. */
  function stageTrack(cell) {
    const passed = cell.verdict === "pass";
    return [
      `${passed ? "passed" : "at"} ${data.stages[cell.stage]}`,
      el("span", { class: "track", "aria-hidden": "true", title: data.stages.join(" → ") }, data.stages.map((name, place) => el("i", {
        class: place < cell.stage || (passed && place === cell.stage) ? "v-pass" : place === cell.stage ? `v-${cell.verdict}` : "",
        title: name,
      }))),
    ];
  }

  const facts = (entries) => el("dl", { class: "facts" }, entries.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

  function programCard(program, count, cell) {
    const verdict = data.verdicts[program.verdict];
    const errno = program.errno ? data.errnos[program.errno] ?? [`errno ${program.errno}`, ""] : null;
    const cause = data.causes[program.cause] ?? null;
    const card = el("article", {},
      el("h3", {}, el("code", {}, data.texts[program.name]), el("small", {}, data.texts[program.type]), badge(verdict)),
      errno || program.stage !== null ? el("p", { class: "errno" },
        program.stage === null ? null : el("span", {}, `${verdict === "pass" ? "passed" : "stopped at"} ${data.stages[program.stage]}`),
        errno ? el("span", {}, el("code", {}, errno[0]), errno[0].startsWith("errno") ? "" : ` (${program.errno})`, errno[1] ? `: ${errno[1]}` : "") : null) : null,
      cause ? causeBlock(cause, verdict, data.explanations[program.explanation] ?? null) : null,
      numbers(program), trend(cell, program));
    if (program.log === null) card.append(el("p", { class: "quiet" }, "Nobody wrote a log."));
    else card.append(logBlock(program.logComplete ? "Log" : "Log, cut by the size of its buffer", program.log, cause?.line ?? null, verdict !== "pass" || count === 1, ""));
    return card;
  }

  function causeBlock(cause, verdict, told) {
    const head = [
      el("p", { class: "line" }, visible(cause.line)),
      el("p", { class: "id" }, el("code", {}, cause.id), ` ${cause.category}`, told?.shape ? [" · ", el("code", {}, told.shape)] : null),
    ];
    if (told) return el("div", { class: `cause v-${verdict}` }, head, explanation(told));
    return el("div", { class: `cause v-${verdict}` }, head,
      cause.source ? el("p", { class: "source" }, el("span", {}, "Source"), el("code", {}, visible(cause.source))) : null,
      el("p", {}, cause.advice),
      cause.since ? el("p", { class: "quiet" }, cause.since) : null);
  }

  /** The four blocks, in the kernel's words where it has them, and what is known besides. */
  function explanation({ reason, at, path, suggestion, facts: known }) {
    const block = (name, ...content) => [el("dt", {}, name), el("dd", {}, content)];
    return el("dl", { class: "explanation" },
      block("Reason", visible(reason)),
      at ? block("At", step(at)) : null,
      path.length ? block("Path", el("ol", {}, path.map((line) => el("li", {}, step(line))))) : null,
      block("Suggestion", visible(suggestion)),
      known.length ? block("Facts", el("ul", {}, known.map((fact) => el("li", {}, visible(fact))))) : null);
  }

  /** `31: call bpf_x#25 ; source line @ file:9`, with the source apart. */
  function step(text) {
    const cut = text.indexOf("; ");
    const [instruction, source] = cut < 0 ? [text, ""] : [text.slice(0, cut).trim(), text.slice(cut + 2)];
    return [instruction ? el("code", {}, visible(instruction)) : null, source ? el("code", { class: "source" }, visible(source)) : null];
  }

  const headroom = ({ instructions, limit }) =>
    instructions === null || !limit ? null : Math.floor(Math.max(1 - instructions / limit, 0) * 10000) / 100;
  const isTight = (program) => (headroom(program) ?? 100) < data.lowHeadroomPercent;

  /** What a row's program, or its largest one, cost on each kernel that says so, oldest first. */
  function costs(row, name) {
    return order.flatMap((column) => {
      const cell = row.cells.get(column);
      const programs = (cell?.programs ?? []).map((values) => named(programFields, values))
        .filter((program) => program.instructions !== null && (name === null || program.name === name));
      return programs.length ? [{ cell, program: programs.reduce((most, next) => (next.instructions > most.instructions ? next : most)) }] : [];
    });
  }

  function bars(points, draw) {
    const most = Math.max(...points.map(({ program }) => program.instructions), 1);
    return points.map((point) => {
      const bar = el("i", { class: `v-${data.verdicts[point.program.verdict]}` });
      bar.style.height = `${Math.max(point.program.instructions / most * 100, 4)}%`;
      return draw(bar, point);
    });
  }

  function sparkline(row) {
    const points = costs(row, null);
    if (points.length < 2) return null;
    const counts = points.map(({ program }) => program.instructions);
    return el("span", { class: "spark", "aria-hidden": "true", title: `instructions processed: ${number(Math.min(...counts))} to ${number(Math.max(...counts))}` },
      bars(points, (bar) => bar));
  }

  function trend(cell, program) {
    const points = costs(cell.row, program.name);
    if (points.length < 2) return null;
    return el("figure", { class: "trend" }, el("figcaption", {}, "Instructions processed, kernel by kernel"),
      el("div", {}, bars(points, (bar, point) => {
        const { kernel } = point.cell.column;
        const words = `${kernel.id}: ${number(point.program.instructions)}` + (isTight(point.program) ? `, only ${headroom(point.program)} % headroom` : "");
        return el("a", { href: hashOf(point.cell), title: words, "aria-label": words, "aria-current": point.cell === cell ? "true" : null },
          el("span", {}, bar), el("small", { class: isTight(point.program) ? "tight" : null }, version(kernel)));
      })));
  }

  function numbers(program) {
    const entries = [];
    const { instructions, limit } = program;
    if (instructions !== null) {
      const room = headroom(program);
      const bar = room === null ? null : el("span", { class: "bar", "aria-hidden": "true" }, el("i"));
      if (bar) bar.firstChild.style.width = `${Math.max(100 - room, 0.5)}%`;
      const words = room === null ? null : isTight(program) ? el("small", { class: "tight" }, `⚠ only ${room} % headroom`) : el("small", {}, `${room} % headroom`);
      entries.push(["Instructions processed", el("span", {}, number(instructions), limit ? ` of ${number(limit)}` : "", bar, words)]);
    }
    if (program.totalStates !== null) entries.push(["States", `${number(program.totalStates)} total` + (program.peakStates === null ? "" : `, ${number(program.peakStates)} at peak`)]);
    if (program.stackDepth !== null) entries.push(["Stack depth", `${program.stackDepth} bytes`]);
    if (program.verificationMicroseconds !== null) entries.push(["Verification time", `${number(program.verificationMicroseconds)} µs`]);
    else if (program.loadMicroseconds !== null) entries.push(["Load time", `${number(program.loadMicroseconds)} µs`]);
    const bytes = [[program.translatedBytes, "translated"], [program.jitedBytes, "as machine code"]].filter(([count]) => count !== null);
    const size = program.programInstructions === null ? null : plural(program.programInstructions, "instruction");
    if (size || bytes.length) entries.push(["Program size", el("span", {}, size ?? "", el("small", {}, bytes.map(([count, word]) => `${number(count)} bytes ${word}`).join(", ")))]);
    return entries.length ? facts(entries) : null;
  }

  function logBlock(title, index, deciding, isOpen, kind) {
    const [name, head, omitted, tail] = logs()[index];
    if (head === undefined) return el("p", { class: "quiet" }, `${title}: the file ${name} is missing.`);
    const pre = el("pre", { class: `log ${kind}`, tabindex: "0", "aria-label": title });
    const lines = visible(head).replace(/\n$/, "").split("\n");
    let count = lines.length;
    if (omitted) {
      lines.push(null, ...visible(tail).replace(/\n$/, "").split("\n"));
      count = lines.length - 1 + omitted;
    }
    const wanted = deciding === null ? null : visible(deciding).trim();
    let place = wanted ? lines.findLastIndex((line) => line?.trim() === wanted) : -1;
    if (place < 0 && wanted) place = lines.findLastIndex((line) => line?.includes(wanted));
    if (lines.length > 5000) drawPlain(pre, lines, place, omitted, name); else drawLines(pre, lines, place, omitted, name);
    const details = el("details", { class: "log-block", open: isOpen, ontoggle: () => scrollToDeciding(pre) },
      el("summary", {}, title, el("small", {}, plural(count, "line")), place >= 0 ? el("small", { class: "jump" }, `deciding line ${number(place + 1 + (omitted && lines.indexOf(null) < place ? omitted - 1 : 0))}`) : null), pre,
      copyButton("Copy log", () => pre.textContent));
    return details;
  }

  const gapText = (omitted, name) => `\u2026 ${plural(omitted, "line")} left out of this page; the whole log is ${name} in the results folder \u2026`;

  function drawLines(pre, lines, place, omitted, name) {
    lines.forEach((line, index) => {
      const end = index + 1 < lines.length ? "\n" : "";
      if (line === null) pre.append(el("span", { class: "left-out" }, gapText(omitted, name) + end));
      else if (index === place) pre.append(el("mark", {}, line + end));
      else if (/^\s*;/.test(line)) pre.append(el("span", { class: "source" }, line + end));
      else if (/^(processed \d|verification time|stack depth|insns processed|mark_precise|max_states)/.test(line)) pre.append(el("span", { class: "stats" }, line + end));
      else {
        const state = / {2,}; /.exec(line);
        if (state) pre.append(line.slice(0, state.index), el("span", { class: "state" }, line.slice(state.index) + end));
        else pre.append(line + end);
      }
    });
  }

  /** A log of thousands of lines as three pieces of text; a span per line would take seconds. */
  function drawPlain(pre, lines, place, omitted, name) {
    const text = (part) => part.map((line) => (line === null ? gapText(omitted, name) : line) + "\n").join("");
    if (place < 0) pre.append(text(lines));
    else pre.append(text(lines.slice(0, place)), el("mark", {}, lines[place] + "\n"), text(lines.slice(place + 1)));
  }

  function reproduce(cell) {
    const quote = (word) => /^[\w.,:@%+=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
    const [kernel, probe, variant, loader] = path(cell).map(quote);
    const what = cell.row.variant === "object" ? `--object ${quote(`${cell.row.probe}.bpf.o`)}` : `--probe ${probe} --variant ${variant}`;
    const command = `compat-matrix run --kernel ${kernel} ${what}` + (namesLoader ? ` --loader ${loader}` : "");
    return el("section", { class: "reproduce" }, el("h3", {}, "Reproduce"),
      el("div", {}, el("code", {}, visible(command)), copyButton("Copy", () => command)));
  }

  function copyButton(label, text) {
    const button = el("button", { type: "button", class: "copy" }, label);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not allowed here";
      }
      setTimeout(() => { button.textContent = label; }, 1500);
    });
    return button;
  }

  drawSummary();
  drawMatrix();
  drawLegend();
  applyFilter();

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
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) { event.preventDefault(); closePanel(true); }
    else if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); $("search").focus(); }
  });
  addEventListener("hashchange", followAddress);
  // The logs stand behind this script, so that the matrix shows before megabytes of them are read.
  addEventListener("DOMContentLoaded", followAddress);
})();
