"""What `hotlinectl route` says of hosts, ways and collaborators, on changed copies of the example."""
import json
import re
import subprocess
import unittest

from hotlined_test import ROOT, Daemon, build_dir

NOON = "2026-02-18T12:00:00+07:00"  # the second day of Tet


class Route(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)

    def route(self, *more, check=True):
        at = () if "--at" in more else ("--at", "2026-03-04T10:00:00+07:00")
        return json.loads(self.d.ctl("--json", "route", "--code", "03985", *at, *more, check=check).stdout)

    def add(self, name, text):
        with (self.d.dir / "conf" / name).open("a") as f:
            f.write(text)

    def host(self, said, name):
        return next((h for h in said["hosts"] if h["id"] == name), None)

    def rejected(self, said, name, kind="hosts"):
        return next((h["why"] for h in said[f"rejected_{kind}"] if h["id"] == name), None)

    def test_an_estimate_is_called_one(self):
        for h in self.route()["hosts"]:
            self.assertTrue(h["estimate"])
            self.assertRegex(h["why"], r"^estimate: [0-9.]+ km, great circle x 1.8 at 25 km/h; 0 of \d+ places taken$")

    def test_terrain_makes_the_estimate_longer_between_those_areas_only(self):
        before = self.route()
        self.add("places/terrain.csv", "area,area,detour\n122,03985,3.6\n")
        after = self.route()
        self.assertIn("x 3.6", self.host(after, "ta-phu-yen")["why"])
        self.assertAlmostEqual(self.host(after, "ta-phu-yen")["minutes"], 2 * self.host(before, "ta-phu-yen")["minutes"], delta=1)
        self.assertEqual(self.host(after, "ta-van-ho")["minutes"], self.host(before, "ta-van-ho")["minutes"])

    def test_night_and_flood(self):
        """At night everything takes longer; in the flood the nearest cannot be reached; afterwards all is as before."""
        self.add("places/overrides.csv", "from,to,first,last,hours,minutes\n*,*,,,19:00-05:00,x1.5\n"
                 "03985,03979,2026-03-10,2026-03-12,,closed\n*,04048,2026-03-10,2026-03-12,,240\n")
        day, night, flood = (self.route("--at", f"2026-03-{t}:00+07:00") for t in ("04T10:00", "05T02:00", "11T10:00"))
        near = self.host(day, "ta-thi-xa-moc-chau")
        self.assertEqual(self.host(night, near["id"])["minutes"], -(-near["minutes"] * 3 // 2))
        self.assertIn("x 1.5 at this time by overrides.csv:2", self.host(night, near["id"])["why"])
        self.assertEqual(self.rejected(flood, near["id"]), "the way there is closed at this time")
        round_about = self.host(flood, "ta-van-ho")
        self.assertEqual((round_about["minutes"], round_about["estimate"]), (240, False))
        self.assertIn("at this time by overrides.csv:4", round_about["why"])

    def test_the_fastest_of_the_ways_that_count(self):
        times = self.d.dir / "conf/places/times.csv"
        times.write_text("from,to,minutes,mode\n03985,03979,50,motorbike\n03985,03979,40,car\n")
        self.assertIn("known time by car", self.host(self.route(), "ta-thi-xa-moc-chau")["why"])
        self.d.edit("network/policy.conf", "speed_kmh = 25;", 'speed_kmh = 25; modes = [ "motorbike" ];')
        self.assertEqual(self.host(self.route(), "ta-thi-xa-moc-chau")["minutes"], 50)

    def test_holidays(self):
        """An office that is closed on holidays is not offered in Tet."""
        self.assertIsNone(self.rejected(self.route(), "ctxh-son-la"))
        self.assertEqual(self.rejected(self.route("--at", NOON), "ctxh-son-la"), "closed at this hour")

    def test_who_stands_in(self):
        self.d.edit("network/collaborators.conf", 'id = "ctv-thi-xa-moc-chau-1";',
                    'swap = [ "2026-03-04 ctv-sop-cop-1" ]; id = "ctv-thi-xa-moc-chau-1";')
        self.d.edit("network/collaborators.conf", 'id = "ctv-thi-xa-moc-chau-2";',
                    'out = [ "2026-03-01..2026-03-05" ]; id = "ctv-thi-xa-moc-chau-2";')
        said = self.route()
        first = said["collaborators"][0]
        self.assertEqual((first["id"], first["instead_of"]), ("ctv-sop-cop-1", "ctv-thi-xa-moc-chau-1"))
        self.assertIn("stands in for ctv-thi-xa-moc-chau-1", first["why"])
        for name in ("ctv-thi-xa-moc-chau-1", "ctv-thi-xa-moc-chau-2"):
            self.assertEqual(self.rejected(said, name, "collaborators"), "away on this date")

    def test_who_speaks_her_language_goes_first(self):
        self.d.edit("network/collaborators.conf", 'id = "ctv-thi-xa-moc-chau-2";',
                    'languages = [ "vi", "hmn" ]; id = "ctv-thi-xa-moc-chau-2";')
        self.assertEqual(self.route()["collaborators"][0]["id"], "ctv-thi-xa-moc-chau-1")
        first = self.route("--lang", "hmn")["collaborators"][0]
        self.assertEqual(first["id"], "ctv-thi-xa-moc-chau-2")
        self.assertIn("speaks hmn", first["why"])

    def test_nobody_of_an_excluded_commune(self):
        """Neither a host there nor a collaborator who serves it or lives there, wherever else they serve."""
        self.d.edit("network/collaborators.conf", 'id = "ctv-yen-chau-1";', 'home = "03979"; id = "ctv-yen-chau-1";')
        said = self.route("--avoid", "03979,04048")
        excluded = "in a commune that was excluded"
        self.assertEqual([self.rejected(said, h) for h in ("ta-thi-xa-moc-chau", "ta-van-ho")], [excluded] * 2)
        conf = (self.d.dir / "conf/network/collaborators.conf").read_text().split("\n    {")[1:]
        theirs = [re.search(r'id = "(ctv[^"]+)"', c)[1] for c in conf if '"03979"' in c or '"04048"' in c]
        self.assertGreaterEqual(len(theirs), 3)
        for who in theirs:
            self.assertEqual(self.rejected(said, who, "collaborators"), excluded, who)

    def test_a_host_serves_some_and_not_others(self):
        self.d.edit("network/hosts.conf", 'id = "ta-van-ho";', 'id = "ta-van-ho"; serves = [ "04048" ];')
        self.d.edit("network/hosts.conf", 'id = "ta-thi-xa-moc-chau";', 'id = "ta-thi-xa-moc-chau"; avoid = [ "03985" ];')
        said = self.route()
        self.assertEqual(self.rejected(said, "ta-van-ho"), "does not receive from this commune")
        self.assertEqual(self.rejected(said, "ta-thi-xa-moc-chau"), "must not receive from this commune, for safety")

    def test_the_fallbacks(self):
        """The national numbers, the child's first where a child asks; told loudly when nobody can be asked."""
        names = [f["name"] for f in self.route("--who", "child")["fallbacks"]]
        self.assertEqual(names, ["Child protection", "Anh Duong house", "The next province"])
        self.assertNotIn("Child protection", [f["name"] for f in self.route()["fallbacks"]])
        self.d.edit("network/collaborators.conf", 'rota = "always"', 'rota = "mon 01:00-02:00"')
        p = self.d.ctl("route", "--code", "03985", "--at", "2026-03-04T10:00:00+07:00", check=False)
        self.assertEqual(p.returncode, 1)
        self.assertIn("nobody here can be asked:\n   1. Anh Duong house, 1800 1768", p.stdout)


class Matrix(unittest.TestCase):
    """Answers of routing services become known times."""
    DATA = ROOT / "tests" / "data" / "matrix"

    def convert(self, *args):
        return subprocess.run([ROOT / "tools/times-from-matrix", "--codes", self.DATA / "points.csv", *args],
                              capture_output=True, text=True)

    def test_osrm(self):
        """Seconds rounded up to minutes, each direction by itself, no line where there is no way."""
        p = self.convert(self.DATA / "osrm.json")
        self.assertEqual(p.stdout.split(), ["from,to,minutes,mode", "03979,03985,22,car", "03985,03979,21,car",
                                            "03985,04048,60,car", "04048,03979,40,car", "04048,03985,60,car"])
        self.assertIn("5 ways, 1 pairs without one", p.stderr)

    def test_graphhopper(self):
        p = self.convert("--mode", "motorbike", "--factor", "1.2", self.DATA / "graphhopper.json")
        self.assertIn("03985,04048,72,motorbike\n", p.stdout)
        self.assertNotIn("03979,04048", p.stdout)

    def test_refuses_what_does_not_fit(self):
        points = (self.DATA / "points.csv").read_text().splitlines()
        p = subprocess.run([ROOT / "tools/times-from-matrix", "--codes", "/dev/stdin", self.DATA / "osrm.json"],
                           input="\n".join(points[:2]), capture_output=True, text=True)
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("is 3 x 3, but there are 2 x 2 codes", p.stderr)

    def test_the_gateway_takes_it(self):
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        (d.dir / "conf/places/times.csv").write_text(self.convert(self.DATA / "osrm.json").stdout)
        said = json.loads(d.ctl("--json", "route", "--code", "03985").stdout)
        self.assertEqual([(h["minutes"], h["estimate"]) for h in said["hosts"] if h["id"] == "ta-van-ho"], [(60, False)])


if __name__ == "__main__":
    unittest.main()
