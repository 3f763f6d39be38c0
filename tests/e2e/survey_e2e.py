"""What `hotlinectl coverage` and `hotlinectl diff` say before an edit of the network goes live."""
import csv
import io
import json
import os
import re
import shutil
import stat
import unittest

from hotlined_test import Daemon, build_dir

DAY = "2026-11-25"  # a Wednesday


class Survey(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)

    def json(self, *args, check=True):
        return json.loads(self.d.ctl("--json", *args, "--date", DAY, check=check).stdout)

    def add(self, name, text):
        with (self.d.dir / "conf" / name).open("a") as f:
            f.write(text)

    def closed_at_night(self):
        """A copy of the network folder in which the house of Mộc Châu and that of Vân Hồ close in the evening."""
        new = self.d.dir / "new"
        shutil.copytree(self.d.dir / "conf/network", new)
        path = new / "hosts.conf"
        text = path.read_text()
        for house in ("ta-van-ho", "ta-thi-xa-moc-chau"):
            at = text.index('hours = "always"', text.index(f'id = "{house}"'))
            text = text[:at] + text[at:].replace('"always"', '"mon-sun 06:00-20:00"', 1)
        path.write_text(text)
        return new

    def narrow(self, text):
        for line in text.splitlines():
            self.assertLessEqual(len(line), 120, line)


class Coverage(Survey):
    def test_every_commune_is_told_for_every_need_by_day_and_by_night(self):
        said = self.json("coverage")
        self.assertEqual((said["kind"], said["date"], said["day"], said["night"]), ("coverage", DAY, "10:00", "23:00"))
        self.assertEqual(said["province"], {"code": "14", "name": "Sơn La"})
        self.assertEqual(said["for"], {"children": 0, "who": [], "lang": None})
        self.assertEqual(len(said["communes"]), 75)
        for commune in said["communes"]:
            self.assertEqual(len(commune["needs"]), 8)
        self.assertEqual(said["summary"]["shelter"]["night"]["host"], 75)
        self.assertEqual(said["summary"]["harm"]["night"]["people"], 75)
        self.assertIsNone(said["summary"]["harm"]["night"]["median_minutes"])

    def test_it_says_what_route_says(self):
        said = self.json("coverage", "--children", "2", "--who", "disabled")
        here = next(c for c in said["communes"] if c["code"] == "03985")
        for need, urgent in (("danger", ["--urgent"]), ("shelter", []), ("child", [])):
            at = f"{DAY}T23:00:00+07:00"
            hosts = json.loads(self.d.ctl("--json", "route", "--code", "03985", "--need", need, "--children", "2",
                                          "--who", "disabled", "--at", at, *urgent).stdout)["hosts"]
            got = here["needs"][need]["night"]
            self.assertEqual((got["host"], got["minutes"]), (hosts[0]["id"], hosts[0]["minutes"]))
            self.assertEqual(got["second"]["host"], hosts[1]["id"])

    def test_why_there_is_no_host(self):
        """An office that is closed; whom there is instead; a collaborator of the commune is enough for status 0."""
        p = self.d.ctl("coverage", "--need", "harm", "--date", DAY)
        self.narrow(p.stdout)
        self.assertIn("no host, only collaborators of the commune: closed at this hour (1)", p.stdout)

    def test_a_commune_with_nobody_of_its_own_is_a_finding(self):
        self.d.edit("network/collaborators.conf", '"03985"', '"03979"')
        p = self.d.ctl("coverage", "--need", "harm", "--date", DAY, check=False)
        self.assertEqual(p.returncode, 1)
        rows = p.stdout[p.stdout.index("harm, night"):].splitlines()[1:]
        self.assertRegex(rows[0], r"^  03985 +Xã Chiềng Sơn +no host, only the duty desk: closed at this hour \(1\)$")
        self.assertEqual(self.d.ctl("coverage", "--need", "shelter", "--date", DAY).returncode, 0)

    def test_the_longest_way_comes_first_and_estimates_are_marked(self):
        (self.d.dir / "conf/places/times.csv").write_text("from,to,minutes\n03985,03979,50\n")
        text = self.d.ctl("coverage", "--date", DAY).stdout
        self.narrow(text)
        table = text[text.index("\nshelter, day"):].split("\n\n")[0].splitlines()[2:]
        minutes = [int(line.split(" min")[0].split()[-1].lstrip("~")) for line in table]
        self.assertEqual(len(minutes), 75)
        self.assertEqual(minutes, sorted(minutes, reverse=True))
        here = next(line for line in table if "03985" in line)
        self.assertRegex(here, r"ta-thi-xa-moc-chau +50 min")
        self.assertRegex(here, r"ta-van-ho +~\d+ min")

    def test_a_sheet_opens_in_a_spreadsheet(self):
        """Accents are told by a mark, commas are quoted, a name like a formula stays a name."""
        self.d.edit("network/hosts.conf", '"Vi du: dia chi tin cay Van Ho"', '"=1+1, Van Ho"')
        file = self.d.dir / "coverage.csv"
        self.d.ctl("coverage", "--format", "csv", "--date", DAY, "-o", str(file))
        raw = file.read_bytes()
        self.assertTrue(raw.startswith(b"\xef\xbb\xbfcode,type,commune,"))
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        self.assertEqual(len(rows), 75 * 8 * 2)
        self.assertEqual(raw.count(b"\r\n"), len(rows) + 1)
        names = {r["host name"] for r in rows}
        self.assertIn("'=1+1, Van Ho", names)
        self.assertEqual({r["commune"] for r in rows if r["code"] == "03985"}, {"Chiềng Sơn"})
        self.assertEqual([r["who"] for r in rows], sorted((r["who"] for r in rows), reverse=True))  # people, host

    def test_what_everybody_may_see_tells_nothing_of_other_hosts(self):
        """The same answers come from a network in which there are no others."""
        hosts = (self.d.dir / "conf/network/hosts.conf").read_text()
        secret = [i for i in re.findall(r'id = "([^"]+)"', hosts) if i.startswith("nhatam-")]
        whole, told = self.json("coverage"), self.json("coverage", "--public")
        self.assertTrue(secret and any(s in json.dumps(whole) for s in secret))
        for s in secret:
            self.assertFalse(s in json.dumps(told) + self.d.ctl("coverage", "--public", "--date", DAY).stdout, s)
        self.assertNotIn('"hosts": 1}', json.dumps(told["communes"]))  # no reasons
        self.assertEqual({h["id"] for h in told["hosts"]}, {h["id"] for h in whole["hosts"]} - set(secret))
        self.d.edit("network/hosts.conf", 'kind = "shelter";', 'kind = "shelter"; valid_to = "2020-01-01";')
        without = self.json("coverage", "--public")
        for said in (told, without):
            said.pop("stamp")
        self.assertEqual(told, without)

    def test_a_file_is_for_its_owner_alone_and_there_in_whole(self):
        file = self.d.dir / "coverage.json"
        file.write_text("old")
        os.chmod(file, 0o644)
        p = self.d.ctl("--json", "coverage", "--date", DAY, "-o", str(file))
        self.assertEqual(p.stdout, "")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(json.loads(file.read_text())["kind"], "coverage")
        self.assertEqual([f.name for f in self.d.dir.glob("coverage*")], ["coverage.json"])
        p = self.d.ctl("coverage", "-o", str(self.d.dir / "nowhere/x"), check=False)
        self.assertEqual(p.returncode, 1)
        self.assertIn("No such file or directory", p.stderr)

    def test_wrong_use(self):
        for args in (["--day", "25:00"], ["--date", "2026-02-30"], ["--need", "food"], ["--format", "xml"],
                     ["--children", "x"], ["--who", "cat"], ["--all"], ["word"], ["--night", "9:00"]):
            p = self.d.ctl("coverage", *args, check=False)
            self.assertEqual((p.returncode, p.stderr[:25]), (2, "usage: hotlinectl coverag"), args)


class Diff(Survey):
    def old(self):
        return str(self.d.dir / "conf/network")

    def test_nothing_changes(self):
        p = self.d.ctl("diff", self.old(), str(self.d.conf), "--date", DAY)
        self.assertEqual(p.stdout, f"nothing changes for any commune on {DAY}, by day at 10:00 or by night at 23:00\n")

    def test_houses_that_close_at_night(self):
        """Who lived by them at night goes farther, told once for all needs; nobody is left, so it is no finding."""
        new = self.closed_at_night()
        p = self.d.ctl("diff", self.old(), str(new), "--date", DAY)
        self.narrow(p.stdout)
        self.assertIn("left uncovered, 0 newly covered", p.stdout)
        farther = p.stdout[p.stdout.index("\nfarther\n"):].split("\n\n")[0].splitlines()[2:]
        self.assertRegex(farther[0], r"^  04048 Vân Hồ  talk, legal, info \(night\): "
                                     r"ta-van-ho ~0 min -> \S+ ~\d+ min \(\+\d+\)$")
        lost = [int(line.rsplit("(+", 1)[1][:-1]) for line in farther]
        self.assertEqual(lost, sorted(lost, reverse=True))
        self.assertRegex(p.stdout, r"  ta-van-ho +48 -> 24 ")

    def test_left_uncovered_is_a_finding(self):
        policy = self.d.dir / "conf/network/policy.conf"
        policy.write_text(policy.read_text().replace("spread_minutes", "max_minutes = 150; spread_minutes"))
        p = self.d.ctl("diff", self.old(), str(self.closed_at_night()), "--date", DAY, check=False)
        self.assertEqual(p.returncode, 1)
        self.assertRegex(p.stdout, r"left uncovered, or with fewer to ask\n  03979 Mộc Sơn  danger, shelter, talk, legal, "
                                   r"child, info \(night\): ta-thi-xa-moc-chau ~0 min -> collaborators only\n")
        self.narrow(p.stdout)

    def test_for_programs(self):
        said = self.json("diff", self.old(), str(self.closed_at_night()))
        self.assertEqual((said["kind"], said["old"]["name"]), ("diff", self.old()))
        self.assertNotEqual(said["old"]["stamp"], said["new"]["stamp"])
        here = next(c for c in said["communes"] if c["code"] == "04048")
        change = next(c for c in here["changes"] if c["need"] == "shelter")
        self.assertEqual((change["time"], change["what"], change["before"]), (
            "night", "other_host", {"state": "host", "host": "ta-van-ho", "minutes": 0, "estimate": True}))
        self.assertEqual(change["minutes"], change["after"]["minutes"])
        changes = [c for commune in said["communes"] for c in commune["changes"]]
        self.assertEqual(sum(c["what"] == "other_host" for c in changes), said["summary"]["other_host"])
        self.assertEqual(sum(c["minutes"] for c in changes), said["summary"]["minutes_lost"])
        host = next(h for h in said["hosts"] if h["id"] == "ta-van-ho")
        self.assertEqual((host["state"], host["first_before"], host["first_after"]), ("kept", 48, 24))
        self.assertEqual(host["changed"], [{"key": "hours", "before": '"always"', "after": '"mon-sun 06:00-20:00"'}])

    def test_which_keys_were_edited_but_no_number_is_shown(self):
        new = self.d.dir / "new"
        shutil.copytree(self.old(), new)
        people = new / "collaborators.conf"
        people.write_text(people.read_text().replace('phone = "+84000000001"', 'languages = [ "vi", "blt" ]; phone = "+84000000099"'))
        p = self.d.ctl("diff", self.old(), str(new), "--date", DAY)
        self.assertIn('\ncollaborators that were edited\n  ctv-son-la-1\n      phone: another\n'
                      '      languages: (none) -> [ "vi", "blt" ]\n', p.stdout)
        said = self.json("diff", self.old(), str(new))
        person = next(c for c in said["collaborators"] if c["id"] == "ctv-son-la-1")
        self.assertEqual(person["changed"], [{"key": "phone"}, {"key": "languages", "before": None, "after": '[ "vi", "blt" ]'}])
        self.assertNotIn("+84", p.stdout + json.dumps(said))

    def test_known_times_are_compared_with_a_whole_configuration(self):
        before = self.d.dir / "before"
        shutil.copytree(self.d.dir / "conf", before)
        (self.d.dir / "conf/places/times.csv").write_text("from,to,minutes\n04048,04048,7\n")
        said = self.json("diff", str(before / "hotlined.conf"), str(self.d.conf))
        self.assertEqual(said["summary"]["longer"], 12)
        self.assertEqual([c["code"] for c in said["communes"] if c["changes"]], ["04048"])

    def test_a_copy_has_the_same_stamp(self):
        copy = self.d.dir / "copy"
        shutil.copytree(self.d.dir / "conf/network", copy)
        said = self.json("diff", self.old(), str(copy))
        self.assertEqual(said["old"]["stamp"], said["new"]["stamp"])

    def test_hosts_and_collaborators_that_come_and_go(self):
        new = self.d.dir / "new"
        shutil.copytree(self.d.dir / "conf/network", new)
        for path in new.glob("*.conf"):
            path.write_text(path.read_text().replace('"ta-van-ho"', '"house-of-van-ho"').replace('"ctv-van-ho-1"', '"nga"'))
        said = self.json("diff", self.old(), str(new))
        for kind, gone, come in (("hosts", "ta-van-ho", "house-of-van-ho"), ("collaborators", "ctv-van-ho-1", "nga")):
            states = {x["id"]: x["state"] for x in said[kind]}
            self.assertEqual((states[gone], states[come]), ("removed", "added"))
        text = self.d.ctl("diff", self.old(), str(new), "--date", DAY).stdout
        self.assertRegex(text, r"\n  house-of-van-ho +0 -> 48 \(0\.0 % -> 4\.0 %\), added\n")

    def test_a_long_section_is_cut_unless_all_is_asked_for(self):
        policy = self.d.dir / "new"
        shutil.copytree(self.d.dir / "conf/network", policy)
        path = policy / "policy.conf"
        path.write_text(path.read_text().replace("speed_kmh = 25", "speed_kmh = 20"))
        short, long = (self.d.ctl("diff", self.old(), str(policy), "--date", DAY, *more).stdout for more in ([], ["--all"]))
        self.assertRegex(short, r"\n  … and \d+ more; --all shows them\n")
        self.assertNotIn("--all", long)
        self.assertGreater(len(long.splitlines()), 75)
        self.narrow(long)

    def test_what_is_wrong_is_told(self):
        """Of both sides, with file and line."""
        new = self.closed_at_night()
        (new / "hosts.conf").write_text((new / "hosts.conf").read_text().replace('place = "04048"', 'place = "99999"'))
        p = self.d.ctl("diff", str(self.d.dir / "nowhere"), str(new), check=False)
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertRegex(p.stderr, r"new/hosts.conf:\d+: error: .*99999")
        self.assertIn("nowhere: error: cannot be opened", p.stderr)
        for args in ([self.old()], [self.old()] * 3, [self.old()] * 2 + ["--format", "csv"], [self.old()] * 2 + ["--need", "x"]):
            self.assertEqual(self.d.ctl("diff", *args, check=False).returncode, 2, args)


if __name__ == "__main__":
    unittest.main()
