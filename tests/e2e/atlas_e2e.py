"""The pages with a map, opened from a disk in a real browser: what they show, by mouse and keyboard, and that they ask nobody."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import atlas_sample
from browser import Browser, Keys
from hotlined_test import ROOT, build_dir
from practice_e2e import TOO_PALE, WIDTHS

OUTLINES = ROOT / "conf" / "places" / "communes-2025.geojson"
SCHEMES = ("light", "dark")
HURT = "</script><script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>"


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.b = Browser("vi")
        cls.dir = tempfile.TemporaryDirectory(prefix="hotlined-atlas-")
        cls.coverage = atlas_sample.coverage()
        cls.diff = atlas_sample.diff()

    @classmethod
    def tearDownClass(cls):
        cls.b.close()
        cls.dir.cleanup()

    def setUp(self):
        self.b.size(1280, 900)
        self.b.asked_for()
        self.opened = set()

    def tearDown(self):
        """No complaint in the console, and nothing was asked for but the file."""
        self.assertEqual(self.b.complaints(), [])
        self.assertEqual({u for u in self.b.asked_for() if not u.startswith("data:")}, self.opened)

    # ---- words of the stories ----

    def open(self, data, outlines=OUTLINES):
        path = pathlib.Path(self.dir.name) / "page.html"
        with path.open("wb") as f:
            made = [f"{build_dir()}/atlas_page", *([outlines] if outlines else [])]
            subprocess.run(made, input=json.dumps(data, ensure_ascii=False).encode(), stdout=f, check=True, timeout=60)
        self.opened.add(path.as_uri())
        self.b.open(path.as_uri())
        self.b.until(lambda: self.b.all("#list tbody tr"), "the page is drawn")

    def choose(self, name):
        self.b.js("arguments[0].click()", self.b.id(name))

    def looks(self):
        """The class of each commune on the map."""
        return self.b.js("return Object.fromEntries([...document.querySelectorAll('path.commune[data-code]')].map(p => [p.dataset.code, [...p.classList].slice(2).join(' ')]))")

    def rows(self):
        return self.b.js("return [...document.querySelectorAll('#list tbody tr')].map(r => [r.dataset.code, ...[...r.cells].map(c => c.innerText.trim())])")

    def column(self, name):
        return next(th for th in self.b.all("#list thead th") if th.get_attribute("data-column") == name)

    def find(self, text):
        self.b.js("const f = document.getElementById('filter'); f.value = arguments[0]; f.dispatchEvent(new Event('input'))", text)

    def chosen(self):
        return self.b.js("return [...document.querySelectorAll('#list tr.chosen')].map(r => r.dataset.code)")

    def path(self, code):
        return next(p for p in self.b.all("path.commune[data-code]") if p.get_attribute("data-code") == code)

    def commune(self, name):
        return next(c for c in self.coverage["communes"] if c["name"] == name)

    def mouse(self, kind, element):
        self.b.js("arguments[1].dispatchEvent(new MouseEvent(arguments[0], {bubbles: true, view: window}))", kind, element)

    # ---- coverage ----

    def test_every_commune_is_drawn_as_it_is_served(self):
        self.open(self.coverage)
        self.assertIn("25/11/2026", self.b.text("about"))
        self.assertIn("0123456789abcdef", self.b.text("about"))
        self.assertIn("2 trẻ em", self.b.text("about"))
        for need, time in (("shelter", "day"), ("medical", "day"), ("medical", "night"), ("harm", "night")):
            self.choose(f"need-{need}")
            self.choose(f"time-{time}")
            looks, answers = self.looks(), {c["code"]: c["needs"][need][time] for c in self.coverage["communes"]}
            self.assertEqual(len(looks), 75)
            for code, a in answers.items():
                far = sum(a.get("minutes", 0) > m for m in (30, 60, 90, 120)) + 1
                self.assertEqual(looks[code], f"k{far}" if a["state"] == "host" else a["state"], f"{code}, {need}, {time}")
            counts = self.b.js("return [...document.querySelectorAll('#legend > div:first-child .n')].map(e => Number(e.textContent))")
            self.assertEqual(sum(counts), 75)
            self.assertEqual(counts[5:], [sum(a["state"] == s for a in answers.values()) for s in ("people", "duty", "nobody")])
            self.assertIn(f"{sum(a['state'] == 'host' for a in answers.values())} trên 75", self.b.text("figures"))

    def test_who_is_left_without_is_seen_without_colours(self):
        self.open(self.coverage)
        self.choose("need-harm")
        self.choose("time-night")
        fills = self.b.js("return [...new Set([...document.querySelectorAll('path.commune')].map(p => getComputedStyle(p).fill))]")
        self.assertEqual(len(fills), 1)
        self.assertIn("p-nobody", fills[0])
        self.assertTrue(self.b.all("#p-nobody"))
        self.assertIn("Không có ai", self.rows()[0][2])

    def test_worst_first_and_sorted_by_a_click(self):
        self.open(self.coverage)
        self.choose("need-medical")
        self.assertEqual(self.column("minutes").get_attribute("aria-sort"), "descending")
        states = [r[2] for r in self.rows()]
        self.assertEqual(len(states), 75)
        ranks = [0 if "trực ban" in s else 1 if "cộng tác viên" in s else 2 for s in states]
        self.assertEqual(ranks, sorted(ranks))
        self.assertEqual(set(ranks), {0, 1, 2})
        minutes = [int(s.split()[0].lstrip("~")) for s, r in zip(states, ranks) if r == 2]
        self.assertEqual(minutes, sorted(minutes, reverse=True))
        self.assertIn("ước tính", states[-2])
        self.column("minutes").click()
        self.assertEqual(self.column("minutes").get_attribute("aria-sort"), "ascending")
        self.assertEqual([r[2] for r in self.rows()][-1], states[0])
        self.column("district").click()
        self.assertEqual(self.column("minutes").get_attribute("aria-sort"), "none")
        self.assertEqual(self.column("district").get_attribute("aria-sort"), "ascending")
        self.assertEqual(self.rows()[0][5], "Bắc Yên")
        self.assertIn("Huyện cũ", self.b.text("status"))

    def test_found_with_and_without_accents(self):
        self.open(self.coverage)
        for text in ("Chiềng Sơn", "chieng son", "CHIENG  son", "03985"):
            self.find(text)
            self.assertIn("03985", [r[0] for r in self.rows()], text)
            self.assertLess(len(self.rows()), 6, text)
        self.find("đoàn")
        typed = self.rows()
        self.find("doan")
        self.assertEqual(self.rows(), typed)
        out = self.b.js("return document.querySelectorAll('path.commune.out').length")
        self.assertEqual(out + len(typed), 75)
        self.assertIn(f"{len(typed)} trong 75", self.b.text("found"))
        self.find("no such place")
        self.assertEqual(self.b.js("return document.querySelectorAll('path.commune.out').length"), 75)
        self.find("")
        self.assertEqual(len(self.rows()), 75)
        self.assertEqual(self.b.all("path.commune.out"), [])

    def test_map_and_table_point_at_each_other(self):
        self.open(self.coverage)
        code = self.rows()[60][0]
        name = next(c["name"] for c in self.coverage["communes"] if c["code"] == code)
        self.mouse("mouseover", self.path(code))
        self.assertEqual(self.b.js("return [...document.querySelectorAll('#list tr.pointed')].map(r => r.dataset.code)"), [code])
        self.mouse("mouseout", self.path(code))
        self.mouse("click", self.path(code))
        self.assertEqual(self.chosen(), [code])
        self.assertIn(name, self.b.text("card"))
        inside = self.b.js(
            "const box = document.getElementById('list-box').getBoundingClientRect(), row = document.querySelector('#list tr.chosen').getBoundingClientRect();"
            "return row.top >= box.top && row.bottom <= box.bottom")
        self.assertTrue(inside, "the row was scrolled to")
        self.assertEqual(len(self.b.all("path.ring.chosen")), 1)
        self.assertEqual(len(self.b.all("#map path.way.first")), 1)

        other = self.rows()[3][0]
        button = self.b.all(f"#list tr[data-code='{other}'] button")[0]
        self.mouse("mouseover", button)
        self.assertEqual(len(self.b.all("path.ring.pointed")), 1)
        self.b.js("arguments[0].click()", button)
        self.assertEqual(self.chosen(), [other])
        self.assertEqual(button.get_attribute("aria-pressed"), "true")
        self.assertEqual(len(self.b.all("path.ring.chosen")), 1)
        self.choose("need-legal")
        self.assertEqual(self.chosen(), [other], "what is chosen stays chosen")

    def test_who_is_there_and_why_not(self):
        self.open(self.coverage)
        self.choose("need-medical")
        self.b.js("arguments[0].click()", self.b.all("#list tbody button")[0])
        self.assertIn("Chỉ có trực ban", self.b.text("card"))
        self.assertIn("đóng cửa vào giờ này (3 nơi)", self.b.text("card"))

    def test_by_keyboard_alone(self):
        """From the top by Tab: everything is reached and the focus seen; arrows go through choices and rows."""
        self.open(self.coverage)
        self.b.js("const top = document.body; top.tabIndex = -1; top.focus(); top.removeAttribute('tabindex')")
        reached = []
        for _ in range(60):
            self.b.press(Keys.TAB)
            here = self.b.js(
                "const e = document.activeElement, r = e.type === 'radio' ? e.nextElementSibling : e, s = getComputedStyle(r);"
                "return [e.id || e.dataset.column || e.title || (e.closest('tr') || {dataset: {}}).dataset.code || e.closest('th')?.dataset.column || e.tagName, s.outlineStyle, parseFloat(s.outlineWidth)]")
            if here[0] == "BODY" or here[0] in reached:
                break
            self.assertNotEqual(here[1], "none", f"{here[0]} has no visible focus")
            self.assertGreaterEqual(here[2], 2, here[0])
            reached.append(here[0])
        rows = [r[0] for r in self.rows()]
        want = {"ui-lang", "need-shelter", "time-day", "fit", "map", "Phóng to", "Thu nhỏ", "filter", "list-box", rows[0], "hosts-box"}
        self.assertEqual(want - set(reached), set())
        self.assertLess(len(reached), 35, "the rows are one stop, not 75")

        self.b.js("document.querySelector('#list tbody button').focus()")
        self.b.press(Keys.ARROW_DOWN)
        self.b.press(Keys.ARROW_DOWN)
        self.assertEqual(len(self.b.all("path.ring.pointed")), 1)
        self.b.press(Keys.ENTER)
        self.assertEqual(self.chosen(), [rows[2]])
        self.b.press(Keys.END)
        self.b.press(Keys.SPACE)
        self.assertEqual(self.chosen(), [rows[-1]])
        self.b.js("document.getElementById('need-shelter').focus()")
        self.b.press(Keys.ARROW_RIGHT)
        self.assertEqual(self.b.js("return document.activeElement.id"), "need-talk")
        self.assertIn("Tư vấn", self.b.text("status"))

    def test_languages(self):
        self.open(self.coverage)
        self.assertEqual(self.b.js("return document.documentElement.lang"), "vi")
        self.assertIn("Chỉ dành cho cán bộ", self.b.js("return document.querySelector('.staff').innerText"))
        self.b.js("arguments[0].click()", self.b.all("#list tbody button")[5])
        self.b.choose("ui-lang", "en")
        self.assertEqual(self.b.js("return document.documentElement.lang"), "en")
        self.assertIn("For responsible staff only", self.b.js("return document.querySelector('.staff').innerText"))
        self.assertIn("Collaborator only", self.rows()[0][2])
        self.assertEqual(len(self.chosen()), 1)
        left = self.b.js("return document.body.innerText.replace(/Thị xã/g, '').match(/phút|Nơi|ước tính|Chỉ có|xã|Bản đồ/g)")
        self.assertIsNone(left, "nothing is left in Vietnamese but names")
        self.b.choose("ui-lang", "vi")
        self.assertIn("Chỉ có cộng tác viên", self.rows()[0][2])

    # ---- diff ----

    def test_what_an_edit_does(self):
        self.open(self.diff)
        self.assertIn("network (0123456789abcdef)", self.b.text("about"))
        looks = self.looks()
        for c in self.diff["communes"]:
            kinds = {"longer" if x["what"] == "other_host" and x["minutes"] > 0 else x["what"] for x in c["changes"]}
            worst = next((w for w in ("uncovered", "longer", "other_host", "shorter", "covered") if w in kinds), "unchanged")
            self.assertEqual(looks[c["code"]], worst, c["name"])
        self.assertIn("unchanged", looks.values())
        changed = sum(bool(c["changes"]) for c in self.diff["communes"])
        self.assertIn(f"{changed} trên 75", self.b.text("figures"))
        rows = self.rows()
        worst = [r[2] == "Mất nơi tiếp nhận" for r in rows]
        self.assertTrue(worst[0])
        self.assertEqual(worst, sorted(worst, reverse=True))
        more = [int(r[3].replace("−", "-")) for r in rows if r[3] != "–"]
        self.assertEqual(more, sorted(more, reverse=True))
        self.assertIn("Mới có nơi tiếp nhận", rows[-1][2])
        self.assertTrue(any("," in r[6].split("(")[0] for r in rows), "equal changes of several needs are one row")
        self.assertLess(len(rows), sum(len(c["changes"]) for c in self.diff["communes"]))

    def test_an_edit_seen_by_one_need_and_the_lines_to_both_hosts(self):
        self.open(self.diff)
        self.choose("need-shelter")
        self.choose("time-day")
        moved = next(c for c in self.diff["communes"] for x in c["changes"] if (x["need"], x["time"], x["what"]) == ("shelter", "day", "other_host"))
        self.mouse("click", self.path(moved["code"]))
        self.assertEqual(self.chosen(), [moved["code"]])
        self.assertEqual([len(self.b.all(f"#map path.way.{w}")) for w in ("before", "after")], [1, 1])
        self.assertIn("→", self.b.text("card"))
        self.choose("need-info")
        self.assertNotEqual(set(self.looks().values()), {"unchanged"})

    def test_hosts_and_collaborators_before_and_after(self):
        self.open(self.diff)
        hosts = self.b.js("return [...document.querySelectorAll('#hosts tbody tr')].map(r => [r.dataset.code, r.innerText])")
        self.assertEqual(hosts[0][0], "ta-song-ma")
        text = dict(hosts)
        self.assertIn("bỏ đi", text["ta-song-ma"])
        self.assertIn("mới", text["tramyte-sop-cop"])
        self.assertIn("04048 → 03985", text["ta-van-ho"])
        widths = self.b.js("return [...document.querySelectorAll('#hosts tr[data-code=ta-song-ma] rect')].map(r => Number(r.getAttribute('width')))")
        self.assertGreater(widths[0], widths[1])
        self.assertEqual(len(self.b.all(".host .mark.removed")), 1)
        self.assertEqual(len(self.b.all(".host .mark.added")), 1)
        self.assertIn("rota", self.b.text("people"))

    def test_an_edit_that_changes_nothing(self):
        self.open(atlas_sample.diff(new=atlas_sample.HOSTS))
        self.assertEqual(set(self.looks().values()), {"unchanged"})
        self.assertIn("Không có gì thay đổi", self.b.text("list"))

    # ---- as an administrator types it ----

    def configuration(self):
        conf = pathlib.Path(self.dir.name) / "conf"
        shutil.rmtree(conf, ignore_errors=True)
        shutil.copytree(ROOT / "conf", conf, ignore=shutil.ignore_patterns("secrets"))
        return conf

    def command(self, conf, *args):
        return subprocess.run([f"{build_dir()}/hotlinectl", "-c", conf / "hotlined.conf", *args], capture_output=True, text=True, timeout=60)

    def see(self, path):
        self.opened.add(path.as_uri())
        self.b.open(path.as_uri())
        self.b.until(lambda: self.b.all("#list tbody tr"), "the page is drawn")

    def test_the_commands_write_the_pages_for_their_owner_alone(self):
        conf, page = self.configuration(), pathlib.Path(self.dir.name) / "made.html"
        done = self.command(conf, "coverage", "--date", "2026-11-25", "--html", page)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(page.stat().st_mode & 0o777, 0o600)
        self.see(page)
        self.assertEqual(len(self.looks()), 75)
        self.assertIn("75 trên 75", self.b.text("figures"))

        edited = shutil.copytree(conf / "network", conf / "edited") / "hosts.conf"
        before, after = edited.read_text().split('id = "ta-van-ho"')
        edited.write_text(before + 'id = "ta-van-ho"' + after.replace('hours = "always"', 'hours = "mon-sun 06:00-18:00"', 1))
        done = self.command(conf, "diff", conf / "network", conf / "edited", "--html", page)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.see(page)
        self.assertIn("Xa hơn", self.rows()[0][2])
        self.assertEqual(self.looks()["04048"], "longer")

    def test_outlines_that_are_not_there(self):
        conf = self.configuration()
        (conf / "places" / OUTLINES.name).unlink()
        done = self.command(conf, "coverage", "--html", conf / "never.html")
        self.assertEqual(done.returncode, 1)
        self.assertIn("take the line out", done.stderr)
        self.assertEqual(list(conf.glob("never*")), [])

    # ---- both ----

    def test_names_are_only_names(self):
        """Whoever may write a host's name writes no script into the page of somebody else."""
        hosts = [(h[0], HURT + h[1], *h[2:]) for h in atlas_sample.HOSTS]
        for data in (atlas_sample.coverage(hosts), atlas_sample.diff(hosts)):
            data["province"]["name"] = data["communes"][0]["name"] = HURT
            self.open(data)
            self.mouse("mouseover", self.path(data["communes"][0]["code"]))
            self.mouse("click", self.path(data["communes"][0]["code"]))
            self.mouse("mouseover", self.b.all(".host")[0])
            self.assertIsNone(self.b.js("return window.hurt || null"))
            self.assertEqual(self.b.all("img"), [])
            self.assertIn("</script>", self.b.text("hosts"))
            self.assertIn("onerror", self.b.text("about"))

    def test_a_name_that_does_not_end(self):
        """Neither 200 letters without a blank nor marks of direction push the other columns away."""
        for data in (self.coverage, self.diff):
            data = json.loads(json.dumps(data))
            for one in (*data["hosts"], *data["communes"][:60]):
                one["name"] = "\u202e" + 199 * "X"
            self.open(data)
            for width in (320, 1280):
                self.b.size(width, 900)
                self.assertLessEqual(self.b.js("return document.documentElement.scrollWidth - innerWidth"), 0)
                cells = self.b.js("return [...document.querySelectorAll('#list tbody th, #hosts tbody th')].map(c => c.getBoundingClientRect().width)")
                self.assertLess(max(cells), 330, width)

    def test_its_policy_lets_nothing_else_in(self):
        self.open(self.coverage)
        self.b.js("const s = document.createElement('script'); s.textContent = 'window.hurt = 1'; document.body.append(s);"
                  "new Image().src = 'http://127.0.0.1:9/x.png'; fetch('http://127.0.0.1:9/x').catch(() => { window.refused = true })")
        self.b.until(lambda: self.b.js("return window.refused"), "the request was refused")
        self.assertIsNone(self.b.js("return window.hurt || null"))
        complaints = [m for m in self.b.complaints() if "Content Security Policy" in m]
        for what in ("inline script", "127.0.0.1:9/x.png", "127.0.0.1:9/x'"):
            self.assertTrue(any(what in m for m in complaints), f"{what}: {complaints}")
        self.b.asked_for()  # the browser notes also what it then did not do
        self.opened.clear()

    def test_it_says_for_whom_it_is(self):
        for public, says in ((False, "Chỉ dành cho cán bộ"), (True, "Chỉ gồm các nơi công khai")):
            self.open({**self.coverage, "public": public})
            self.assertIn(says, self.b.text("for-whom"))

    def test_without_outlines_there_are_circles(self):
        for outlines in (None, self.half()):
            self.open(self.coverage, outlines)
            self.assertEqual(len(self.looks()), 75)
            box = self.b.js("const m = document.getElementById('map').getBoundingClientRect();"
                            "return [...document.querySelectorAll('path.commune')].filter(p => { const r = p.getBoundingClientRect(); return r.left < m.left || r.right > m.right || r.top < m.top || r.bottom > m.bottom }).length")
            self.assertEqual(box, 0, "all of them are on the map")

    def half(self):
        whole = json.loads(OUTLINES.read_text())
        whole["features"] = whole["features"][::2]
        path = pathlib.Path(self.dir.name) / "half.geojson"
        path.write_text(json.dumps(whole))
        return path

    def test_widths(self):
        """No width scrolls sideways, and all text can be read, in both colour schemes."""
        for data in (self.coverage, self.diff):
            self.open(data)
            self.b.js("arguments[0].click()", self.b.all("#list tbody button")[1])
            for scheme in SCHEMES:
                self.b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
                for width in WIDTHS:
                    self.b.size(width, 800)
                    wide = self.b.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
                    self.assertLessEqual(wide[0], wide[1], f"{width} px, {scheme}")
                    self.assertEqual(self.b.js(TOO_PALE), [], f"{width} px, {scheme}")
                    self.assertGreater(self.b.id("map").size["height"], 200)
            self.b.cdp("Emulation.setEmulatedMedia", features=[])
            self.b.size(1280, 900)

    def test_on_paper(self):
        """Map and whole table, nothing to press, light even where the screen is dark."""
        self.open(self.coverage)
        self.b.cdp("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        self.b.size(700, 1000)
        self.b.js("window.dispatchEvent(new Event('beforeprint'))")
        shown = "return ['controls', 'ui-lang', 'filter', 'fit', 'map', 'list'].filter(i => document.getElementById(i).getClientRects().length)"
        self.assertEqual(self.b.js(shown), ["map", "list"])
        self.assertEqual(self.b.js("return getComputedStyle(document.documentElement).getPropertyValue('--card').trim()"), "#ffffff")
        whole = self.b.js("const b = document.getElementById('list-box'); return b.scrollHeight <= b.clientHeight && b.scrollWidth <= b.clientWidth")
        self.assertTrue(whole, "no row and no column is cut off")
        self.assertIn("Chỗ tạm lánh, ban ngày", self.b.text("map-title"))
        self.b.cdp("Emulation.setEmulatedMedia", media="", features=[])

    def test_what_a_screen_reader_is_told(self):
        for data in (self.coverage, self.diff):
            self.open(data)
            usable, roles = self.b.names()
            self.assertGreater(len(usable), 80)
            self.assertEqual([r for r, name in usable if not name.strip()], [])
            self.assertLessEqual({"main", "banner", "contentinfo", "status", "region", "heading", "table", "columnheader", "rowheader", "note"}, {r for r, _ in roles})
            self.assertEqual(self.b.js("return document.querySelectorAll('h1').length"), 1)
