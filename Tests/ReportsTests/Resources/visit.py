"""Opens a report in headless Chromium, uses it as a person would, and prints what was seen as JSON."""

import json
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

URL, HOSTILE_CELL = sys.argv[1:]

SHOWN = """
return [...document.querySelectorAll('td.cell')]
  .filter((cell) => !cell.classList.contains('dimmed') && cell.offsetParent !== null)
  .map((cell) => cell.getAttribute('aria-label'))
"""


class Visit:
    def __init__(self, driver):
        self.driver = driver

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [element.text for element in self.all(selector)]

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def cell(self, label):
        return self.one(f'td.cell[aria-label^="{label}"]')

    def focused(self):
        return self.script("return document.activeElement.getAttribute('aria-label')")

    def wait(self, condition):
        WebDriverWait(self.driver, 20).until(lambda _: condition())

    def panel_shown(self):
        return self.one("#panel").is_displayed()

    def open(self, fragment=""):
        self.driver.get("about:blank")
        self.driver.get(URL + fragment)

    def grid(self):
        return {
            "labels": self.script(SHOWN),
            "texts": sorted(set(self.texts("td.cell"))),
            "families": self.texts("th.family"),
            "versions": self.script("return [...document.querySelectorAll('th.version')].map((h) => h.firstChild.data)"),
            "groups": self.texts("tr.group button"),
            "tiles": self.texts("#verdicts button"),
            "findings": self.script("return [...document.querySelectorAll('#findings li')].map((item) => item.textContent)"),
            "roles": [self.one(s).get_attribute("role") for s in ("#matrix", "td.cell", "#panel")],
            "tabStops": len(self.all('td.cell[tabindex="0"]')),
        }

    def filters(self):
        seen = {}
        self.one("#search").send_keys("percpu UBUNTU")
        seen["words"] = self.script(SHOWN)
        seen["versions"] = [h.text.split("\n")[0] for h in self.all("th.version") if h.is_displayed()]
        self.one("#clear").click()
        self.one('[data-filter="v-crash"]').click()
        seen["crash"] = self.script(SHOWN)
        self.one('[data-filter="v-crash"]').click()
        self.one('[data-filter="unexpected"]').click()
        seen["unexpected"] = len(self.script(SHOWN))
        self.one("#search").send_keys("no such thing")
        seen["nothing"] = self.one("#nothing").is_displayed()
        self.one("#clear").click()
        self.one("tr.group button").click()
        seen["folded"] = len(self.script(SHOWN))
        self.one("tr.group button").click()
        seen["all"] = len(self.script(SHOWN))
        return seen

    def panel(self):
        return {
            "title": self.one("#panel-title").text,
            "text": self.one("#panel").text,
            "marked": self.texts("#panel mark"),
            "track": self.script("return [...document.querySelectorAll('#panel .track i')].map((step) => step.className)"),
            "markInView": self.script(
                """
                const mark = document.querySelector('#panel mark'), pre = mark?.closest('pre');
                if (!mark) return false;
                const [inner, outer] = [mark.getBoundingClientRect(), pre.getBoundingClientRect()];
                return inner.top >= outer.top && inner.bottom <= outer.bottom;
                """
            ),
            "log": self.script("return document.querySelector('#panel pre')?.textContent ?? ''"),
            "fragment": self.script("return location.hash"),
        }

    def click(self):
        self.cell("readline percpu-buffer on ubuntu-5.4:").click()
        self.wait(self.panel_shown)
        return self.panel()

    def keyboard(self):
        seen = {}
        self.keys(Keys.ESCAPE)
        seen["closed"] = not self.panel_shown()
        seen["fragment"] = self.script("return location.hash")
        seen["path"] = [self.focused()]
        for key in (Keys.ARROW_RIGHT, Keys.ARROW_DOWN, Keys.END, Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.HOME):
            self.keys(key)
            seen["path"].append(self.focused())
        self.keys(Keys.ENTER)
        self.wait(self.panel_shown)
        seen["opened"] = self.one("#panel-title").text
        seen["focusInPanel"] = self.script("return document.getElementById('panel').contains(document.activeElement)")
        return seen

    def hostile(self):
        self.open(HOSTILE_CELL)
        self.wait(self.panel_shown)
        return {
            "log": self.panel()["log"],
            "event": self.one("#panel .event code").text,
            "images": len(self.all("img")),
            "scripts": len(self.all("script")),
            "fired": self.script("return window.fired ?? null"),
        }


def main():
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--window-size=1440,1000", f"--user-data-dir={profile}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        try:
            json.dump(seen_by(Visit(driver)), sys.stdout)
        finally:
            driver.quit()


def seen_by(visit):
    driver = visit.driver
    seen = {}
    visit.open()
    seen["grid"] = visit.grid()
    seen["filters"] = visit.filters()
    seen["click"] = visit.click()
    seen["keyboard"] = visit.keyboard()
    visit.open("#cell=debian-7.3/path-walk/tail-call-in-loop/libbpf")
    visit.wait(visit.panel_shown)
    seen["permalink"] = visit.panel()
    visit.open("#cell=debian-7.3/path-walk/no-such-variant/libbpf")
    seen["deadLink"] = {"shown": visit.panel_shown(), "status": visit.one("#shown").text}
    seen["hostile"] = visit.hostile()
    grounds = []
    for scheme in ("light", "dark"):
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        grounds.append(visit.script("return getComputedStyle(document.body).backgroundColor"))
    seen["grounds"] = grounds
    seen["console"] = [entry["message"] for entry in driver.get_log("browser")]
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    requests = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    # The browser's own pages, such as the first tab, ask for their parts too.
    of_report = {r["request"]["url"].split("#")[0] for r in requests if r["documentURL"].split("#")[0] == URL}
    seen["requests"] = sorted(of_report - {URL})
    seen["documents"] = sum(1 for r in requests if r["request"]["url"].split("#")[0] == URL)
    return seen


main()
