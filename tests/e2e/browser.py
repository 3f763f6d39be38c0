"""A headless Chromium, and what it asked for over the network."""
import contextlib
import json
import os
import sys
import tempfile

# Debian's package, also for a python3 that is not Debian's
sys.path.append("/usr/lib/python3/dist-packages")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import Select, WebDriverWait  # noqa: E402

QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--no-default-browser-check", "--metrics-recording-only",
    # Whatever else it wants to reach is nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


class Browser:
    """A page of it: elements by id, waiting instead of sleeping."""

    def __init__(self, language="en"):
        self.profile = tempfile.TemporaryDirectory(prefix="hotlined-browser-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        for a in (*QUIET, f"--lang={language}", f"--user-data-dir={self.profile.name}"):
            options.add_argument(a)
        options.binary_location = "/usr/bin/chromium"
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1,localhost"
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.get("about:blank")
        self.asked_for()  # its own first page

    def close(self):
        with contextlib.suppress(Exception):
            self.driver.quit()
        self.profile.cleanup()

    def open(self, url):
        self.driver.get(url)

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def cdp(self, command, **args):
        return self.driver.execute_cdp_cmd(command, args)

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def id(self, name):
        return self.driver.find_element(By.ID, name)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, name):
        return self.js("return document.getElementById(arguments[0]).innerText", name)

    def choose(self, name, value):
        Select(self.id(name)).select_by_value(value)

    def until(self, condition, what):
        return WebDriverWait(self.driver, 15, poll_frequency=0.05).until(lambda _: condition(), what)

    def press(self, *keys):
        """On whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def complaints(self):
        return [x["message"] for x in self.driver.get_log("browser")]

    def asked_for(self):
        """Every address that the page made it ask for, since the last look."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def names(self):
        """(role, name) of everything in the accessibility tree that can be used."""
        usable = {"button", "textbox", "combobox", "radio", "checkbox", "link", "searchbox", "spinbutton", "log"}
        nodes = self.cdp("Accessibility.getFullAXTree")["nodes"]
        roles = [(n.get("role", {}).get("value"), n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]
        return [(r, n) for r, n in roles if r and r.lower() in usable], roles


# Text whose contrast with what is behind it is under 4.5 to 1.
TOO_PALE = """
const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
const pale = [];
for (const e of document.querySelectorAll("body *")) {
  const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || e.disabled || !e.getClientRects().length) continue;
  const a = light(rgb(getComputedStyle(e).color)), b = light(behind(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) pale.push(`${e.tagName} ${e.id || e.className} ${e.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
}
return pale;
"""


__all__ = ["Browser", "By", "Keys", "TOO_PALE"]
