"""Opens two reports in headless Chromium, uses them as a person would, and prints what was seen as JSON.

Usage: visit.py REPORT HOSTILE_CELL REPORT_WITH_LOADERS AXE
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

URL, HOSTILE_CELL, LOADERS_URL, AXE = sys.argv[1:]

# Cells that a person finds: those out of sight, which the browser has not laid out, are not hidden.
SHOWN = """
return [...document.querySelectorAll('.cell')]
  .filter((cell) => !cell.classList.contains('dimmed') && cell.checkVisibility())
  .map((cell) => cell.getAttribute('aria-label'))
"""

# The least contrast of text on its own ground, over the symbols of cells, badges and tiles, which axe-core leaves open
# because they are too short for it. WCAG 2.2, 1.4.3.
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgb = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data;
};
const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const light = (colour) => {
  const [r, g, b] = [...rgb(colour)].slice(0, 3).map((value) => linear(value / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const { backgroundColor } = getComputedStyle(e);
    if (rgb(backgroundColor)[3] === 255) return backgroundColor;
  }
};
const contrast = (element) => {
  const [a, b] = [light(getComputedStyle(element).color), light(ground(element))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
};
const symbols = document.querySelectorAll('.cell, .badge, .tile b, #outcome, .track li, .strip a, .log mark');
return Math.min(...[...symbols].filter((e) => e.getClientRects().length && !e.closest(':disabled')).map(contrast));
"""

# `probe / variant: time` of each row, as they stand.
ROWS = """
return [...document.querySelectorAll('.line.variant')]
  .map((row) => row.querySelector('.label').title + ': ' + row.querySelector('.time').textContent)
"""


class Visit:
    def __init__(self, driver, url):
        self.driver = driver
        self.url = url

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [element.text for element in self.all(selector)]

    def contents(self, selector):
        """Texts as they stand in the page, of folded parts too."""
        return self.script("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)

    def shown(self):
        """Once what a filter leaves for the frame after its answer is there as well."""
        WebDriverWait(self.driver, 20).until(lambda driver: not driver.find_elements(By.CSS_SELECTOR, ".group.late"))
        return self.script(SHOWN)

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def cell(self, label):
        return self.one(f'.cell[aria-label^="{label}"]')

    def focused(self):
        return self.script("return document.activeElement.getAttribute('aria-label')")

    def wait(self, condition):
        WebDriverWait(self.driver, 30).until(lambda _: condition())

    def panel_shown(self):
        return self.one("#panel").is_displayed()

    def open(self, fragment=""):
        self.driver.get("about:blank")
        self.driver.get(self.url + fragment)

    def open_cell(self, fragment):
        self.open(fragment)
        self.wait(self.panel_shown)
        self.wait_for_log()

    def wait_for_log(self):
        self.wait(
            lambda: self.script(
                "return [...document.querySelectorAll('.log-block[open] .log-content')]"
                ".every((c) => !c.textContent.startsWith('Opening'))"
            )
        )

    def media(self, scheme="light", medium=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium, "features": features})

    def panel(self):
        return {
            "title": self.one("#panel-title").text,
            "text": self.one("#panel").text,
            "marked": self.contents("#panel mark"),
            "track": self.contents("#panel .track li"),
            "markInView": self.script(
                """
                const mark = document.querySelector('#panel mark'), log = mark?.closest('.log');
                if (!mark) return false;
                const [inner, outer] = [mark.getBoundingClientRect(), log.getBoundingClientRect()];
                return inner.top >= outer.top && inner.bottom <= outer.bottom;
                """
            ),
            "log": self.script("return document.querySelector('#panel .log')?.textContent ?? ''"),
            "fragment": self.script("return location.hash"),
        }

    # What axe-core finds, an `impact rule: what, where` each.
    def faults(self):
        self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": Path(AXE).read_text()})
        result = self.driver.execute_async_script(
            "const [done] = arguments;"
            "axe.run(document, { resultTypes: ['violations'] }).then(done, (error) => done({ error: String(error) }))"
        )
        if "error" in result:
            sys.exit(f"visit: axe-core failed: {result['error']}")
        self.rules = len(result["passes"])
        return [
            f"{fault['impact']} {fault['id']}: {fault['help']}, {fault['nodes'][0]['html'][:160]}"
            for fault in result["violations"]
        ]


def grid(visit):
    return {
        "labels": visit.shown(),
        "texts": sorted(set(visit.contents(".cell"))),
        "families": visit.contents(".family"),
        "versions": visit.script("return [...document.querySelectorAll('.version')].map((h) => h.firstChild.data)"),
        "groups": visit.contents(".group button"),
        "tiles": visit.texts("#verdicts button"),
        "findings": visit.contents("#findings li"),
        "roles": [visit.one(s).get_attribute("role") for s in ("#matrix", ".cell", "#panel")],
        "tabStops": len(visit.all('.cell[tabindex="0"]')),
    }


def filters(visit):
    seen = {}
    visit.one("#search").send_keys("percpu UBUNTU")
    seen["words"] = visit.shown()
    seen["versions"] = visit.script(
        "return [...document.querySelectorAll('.version')].filter((h) => h.offsetParent).map((h) => h.firstChild.data)"
    )
    visit.one("#clear").click()
    visit.one("#search").send_keys("cause:size-neg status:fail kernel:6.1")
    seen["fields"] = visit.shown()
    visit.one("#clear").click()
    visit.one('[data-filter="v-crash"]').click()
    seen["crash"] = visit.shown()
    visit.one('[data-filter="v-crash"]').click()
    visit.one('[data-filter="unexpected"]').click()
    seen["unexpected"] = len(visit.shown())
    visit.one("#search").send_keys("no such thing")
    seen["nothing"] = visit.one("#nothing").is_displayed()
    visit.one("#clear").click()
    Select(visit.one("#by-kernel")).select_by_value("ubuntu-5.4")
    Select(visit.one("#by-probe")).select_by_value("readline")
    seen["chosen"] = visit.shown()
    Select(visit.one("#by-cause")).select_by_value("size-negative")
    seen["causes"] = visit.shown()
    visit.one("#clear").click()
    order = Select(visit.one("#order"))
    seen["orders"] = [option.text for option in order.options]
    visit.one("#order").send_keys(Keys.ARROW_DOWN)
    seen["slowest"] = visit.script(ROWS)
    visit.one("#search").send_keys("kernel:7.3")
    seen["slowestOfOne"] = visit.script(ROWS)
    visit.one("#clear").click()
    visit.one(".cell[tabindex='0']").send_keys(Keys.CONTROL, Keys.HOME)
    seen["firstOfSlowest"] = visit.focused()
    visit.one("#order").send_keys(Keys.ARROW_UP)
    seen["planned"] = visit.script(ROWS)
    visit.one(".group button").click()
    seen["folded"] = len(visit.shown())
    visit.one(".group button").click()
    seen["all"] = len(visit.shown())
    return seen


def click(visit):
    visit.cell("readline percpu-buffer on ubuntu-5.4:").click()
    visit.wait(visit.panel_shown)
    visit.wait_for_log()
    return visit.panel()


def keyboard(visit):
    seen = {}
    visit.keys(Keys.ESCAPE)
    seen["closed"] = not visit.panel_shown()
    seen["fragment"] = visit.script("return location.hash")
    seen["path"] = [visit.focused()]
    for key in (Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.END, Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.HOME):
        visit.keys(key)
        seen["path"].append(visit.focused())
    visit.keys(Keys.ENTER)
    visit.wait(visit.panel_shown)
    seen["opened"] = visit.one("#panel-title").text
    seen["focusInPanel"] = visit.script("return document.getElementById('panel').contains(document.activeElement)")
    visit.keys(Keys.ESCAPE)
    visit.keys("/")
    seen["searching"] = visit.script("return document.activeElement.id")
    return seen


def log(visit):
    visit.open_cell("#cell=ubuntu-5.4/readline/percpu-buffer-unchecked/libbpf")
    seen = {"heads": visit.contents("#panel .annotated th"), "folds": visit.contents("#panel .fold")}
    seen["row"] = visit.script(
        "const rows = [...document.querySelectorAll('#panel .annotated tr')];"
        "const row = rows.find((row) => row.textContent.includes('r0 s> 0xffffffff'));"
        "return [...row.cells].map((c) => c.textContent)"
    )
    seen["culprit"] = visit.contents("#panel .culprit .instruction")
    visit.one("#panel .fold button").click()
    seen["unfolded"] = len(visit.all("#panel .fold"))
    seen["rows"] = len(visit.all("#panel .annotated .instruction"))
    button = visit.one("#panel .log-buttons .copy")
    button.click()
    seen["raw"] = visit.one("#panel pre.log").get_attribute("textContent")
    seen["pressed"] = button.get_attribute("aria-pressed")
    return seen


def hostile(visit):
    visit.open_cell(HOSTILE_CELL)
    return {
        "log": visit.panel()["log"],
        "event": visit.one("#panel .event code").text,
        "images": len(visit.all("img")),
        "scripts": visit.script("return [...document.scripts].filter((s) => !s.type).length"),
        "fired": visit.script("return window.fired ?? null"),
    }


def with_loaders(visit):
    seen = {}
    visit.open()
    seen["names"] = visit.script(
        "return [...document.querySelectorAll('.loaders .kernel:nth-child(2) .loader')].map((h) => h.textContent)"
    )
    seen["choices"] = visit.texts("#by-loader label")
    seen["cells"] = len(visit.shown())
    seen["side"] = visit.script(
        "return [...document.querySelectorAll('.cell')].map((c) => c.getAttribute('aria-label'))"
        ".filter((label) => label.startsWith('readline fixed-buffer on ubuntu-5.4 '))"
    )
    for part in ("unexpected", "baseline", "gaps", "exceptions", "plan", "reach", "differences"):
        seen[part] = visit.script("return document.getElementById('part-' + arguments[0]).textContent", part)
    visit.one('#by-loader input[value="aya"]').send_keys(" ")
    seen["aya"] = len(visit.shown())
    visit.one('[data-filter="v-fail"]').click()
    seen["failing"] = [label for label in visit.shown() if label.startswith("readline ")]
    visit.one("#clear").click()
    visit.one('#by-loader input[value=""]').send_keys(" ")
    visit.one('[data-filter="changed"]').click()
    seen["changed"] = visit.shown()
    visit.one("#clear").click()
    visit.open_cell("#cell=ubuntu-5.4/readline/fixed-buffer/aya")
    seen["strip"] = visit.contents("#panel .strip a")
    seen["panel"] = visit.one("#panel").text
    visit.open_cell("#cell=debian-6.1/path-walk/bounded/aya")
    seen["bars"] = visit.script(
        "return [...document.querySelectorAll('#panel .chart a')].map((a) => a.getAttribute('aria-label'))"
    )
    Select(visit.one("#panel .trend select")).select_by_visible_text("Verification time, µs")
    seen["otherBars"] = visit.script("return document.querySelector('#panel .chart a').getAttribute('aria-label')")
    visit.script("document.querySelector('#panel .chart a').dispatchEvent(new MouseEvent('click', { bubbles: true }))")
    visit.wait(lambda: "ubuntu-5.4" in visit.script("return location.hash"))
    return seen


def accessibility(visit):
    """Faults, rules that held, and the least contrast, in light and dark, with and without a cell."""
    faults, contrasts, rules = set(), [], []
    for scheme in ("light", "dark"):
        visit.media(scheme)
        for cell in (
            None,
            "#cell=ubuntu-5.4/readline/percpu-buffer/libbpf",
            "#cell=debian-7.3/path-walk/tail-call-in-loop/libbpf",
        ):
            if cell:
                visit.open_cell(cell)
            else:
                visit.open()
            visit.script("for (const part of document.querySelectorAll('#findings details')) part.open = true")
            faults.update(visit.faults())
            rules.append(visit.rules)
            contrasts.append(visit.script(CONTRAST))
    visit.media()
    return {"faults": sorted(faults), "leastRules": min(rules), "leastContrast": min(contrasts)}


def paper(visit):
    visit.media("dark", "print")
    visit.open("#cell=ubuntu-5.4/readline/percpu-buffer/libbpf")
    visit.script("dispatchEvent(new Event('beforeprint'))")
    seen = {
        "shown": [
            s
            for s in ("#toolbar", "#panel", "#frame", "#part-plan .plain", "#part-expected li")
            if visit.one(s).is_displayed()
        ],
        "ground": visit.script("return getComputedStyle(document.querySelector('#frame')).backgroundColor"),
        "fits": visit.script(
            "return document.getElementById('matrix').scrollWidth <= document.documentElement.clientWidth"
        ),
        "cells": len(visit.shown()),
    }
    visit.script("dispatchEvent(new Event('afterprint'))")
    seen["foldedAgain"] = not visit.one("#part-expected").get_attribute("open")
    visit.media()
    pdf = base64.b64decode(
        visit.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True, "preferCSSPageSize": True})["data"]
    )
    seen["pages"] = pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page>") + pdf.count(b"/Type /Page ")
    return seen


def narrow(visit):
    """Whether the page itself, apart from what scrolls within it, is as wide as the window of a telephone."""
    visit.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    widths = []
    for fragment in ("", "#cell=ubuntu-5.4/readline/percpu-buffer/libbpf"):
        visit.open(fragment)
        widths.append(visit.script("return document.documentElement.scrollWidth"))
    visit.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return widths


def policy(visit):
    """What the page's policy stops, tried from within."""
    visit.open()
    return visit.driver.execute_async_script("""
        const done = arguments[0], stopped = [];
        document.addEventListener('securitypolicyviolation', (event) => stopped.push(event.effectiveDirective));
        const add = (tag, fields) => document.body.append(Object.assign(document.createElement(tag), fields));
        add('img', { src: 'https://192.0.2.1/x.png' });
        add('script', { textContent: 'window.fired = 5' });
        add('style', { textContent: 'body { color: red }' });
        add('iframe', { src: 'https://192.0.2.1/' });
        fetch('https://192.0.2.1/').catch(() => {});
        setTimeout(() => done([...new Set(stopped)].sort().concat(window.fired ?? [])), 500);
    """)


def main():
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--window-size=1440,1000",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        driver.set_script_timeout(120)
        try:
            json.dump(seen_by(driver), sys.stdout)
        finally:
            driver.quit()


def seen_by(driver):
    visit, many = Visit(driver, URL), Visit(driver, LOADERS_URL)
    seen = {}
    visit.open()
    seen["grid"] = grid(visit)
    seen["filters"] = filters(visit)
    seen["click"] = click(visit)
    seen["keyboard"] = keyboard(visit)
    seen["log"] = log(visit)
    visit.open_cell("#cell=debian-7.3/path-walk/tail-call-in-loop/libbpf")
    seen["permalink"] = visit.panel()
    visit.open("#cell=debian-7.3/path-walk/no-such-variant/libbpf")
    seen["deadLink"] = {"shown": visit.panel_shown(), "status": visit.one("#shown").text}
    seen["hostile"] = hostile(visit)
    grounds = []
    for scheme in ("light", "dark"):
        visit.media(scheme)
        grounds.append(visit.script("return getComputedStyle(document.body).backgroundColor"))
    visit.media()
    seen["grounds"] = grounds
    seen["loaders"] = with_loaders(many)
    seen["accessibility"] = accessibility(many)
    seen["paper"] = paper(many)
    seen["narrow"] = narrow(many)
    seen["console"] = [entry["message"] for entry in driver.get_log("browser")]
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    requests = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    # The browser's own pages, such as the first tab, ask for their parts too.
    pages = {URL, LOADERS_URL}
    of_reports = {r["request"]["url"].split("#")[0] for r in requests if r["documentURL"].split("#")[0] in pages}
    seen["requests"] = sorted(of_reports - pages)
    seen["documents"] = sum(1 for r in requests if r["request"]["url"].split("#")[0] in pages)
    seen["policy"] = policy(visit)
    return seen


main()
