// What every part of the page uses.

export const $ = (id) => document.getElementById(id);
export const data = JSON.parse($("data").textContent);

export const number = (value) => value.toLocaleString("en-GB");
export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;

/** A time of at least 0.1 ms, in the unit that needs fewest digits. */
export function seconds(value) {
  if (value >= 0.9995) return `${value >= 99.95 ? number(Math.round(value)) : value.toFixed(1)} s`;
  return `${Math.max(value * 1000, 0.1).toFixed(value < 0.00995 ? 1 : 0)} ms`;
}

/** Everything on this page that comes from a guest passes through here, as text. */
export function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Control characters as pictures, so that an escape sequence can be read; direction changes by number. */
export function visible(text) {
  return text.replace(/\r\n/g, "\n").replace(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => {
      const code = c.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? "\u2421" : `\u27e8${code.toString(16)}\u27e9`;
    },
  );
}

/** Runs `then` when the next frame has been drawn. */
export const afterFrame = (then) => requestAnimationFrame(() => setTimeout(then));

export const icon = (symbol) => el("b", { class: "mark", "aria-hidden": "true" }, symbol);

/** A word as a shell takes it. */
export const quoted = (word) => (/^[\w.,:@%+=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function copyButton(label, text) {
  const button = el("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(await text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed here";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
  return button;
}
