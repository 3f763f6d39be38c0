"""What `hotlinectl check` finds: what is right but for the time, and what may have been meant by a word it does not know."""
import subprocess
import unittest

from hotlined_test import Daemon, build_dir

AT = ("--at", "2026-11-24T21:00:00+07:00")


class Dates(unittest.TestCase):
    """As `hotlinectl check`, `hotlined -t`, a start and a reload tell it."""

    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)

    def test_the_example_is_clean_and_gets_old(self):
        self.assertEqual(self.d.ctl("check", *AT).stdout, "")
        p = self.d.ctl("check", "--at", "2027-10-01T00:00:00+07:00")
        self.assertRegex(p.stdout, r'^\S+network/holidays\.conf:4: warning: no day of 2028 is given for "New Year", "Tet",')
        self.assertEqual(p.returncode, 0, "a warning is no failure")

    def test_nobody_at_night(self):
        """Every rota ends at ten in the evening: each host has its gap, and in every commune nobody can be asked."""
        self.d.edit("network/collaborators.conf", 'rota = "always"', 'rota = "mon-sun 06:00-22:00"')
        said = self.d.ctl("check", *AT).stdout
        gap = "from 2026-11-24 22:00 to 2026-11-25 06:00"
        self.assertIn(f'nobody of host "ta-son-la" is on duty {gap}, though it is open; mend the rota', said)
        self.assertNotIn('"tramyte-sop-cop"', said, "it closes at ten, too")
        self.assertRegex(said, r"network/policy\.conf:\d+: warning: at some hour of the next 7 days nobody at all can be "
                               rf"asked for 75 communes, such as .+ {gap}; let the rota of somebody with duty = true")
        self.d.edit("network/collaborators.conf", 'rota = "mon-sun 06:00-22:00"; duty', 'rota = "always"; duty')
        self.assertNotIn("nobody at all", self.d.ctl("check", *AT).stdout)

    def test_more_of_the_same_is_counted(self):
        hosts = "".join(f'{{ id = "old-{i}"; name = "Old {i}"; kind = "legal"; place = "03646"; needs = [ "legal" ]; '
                        'valid_to = "2026-01-01"; },\n' for i in range(25))
        self.d.edit("network/hosts.conf", "hosts = (\n", "hosts = (\n" + hosts)
        said = self.d.ctl("check", *AT).stdout
        self.assertEqual(said.count("is out of service since 2026-01-01"), 20)
        self.assertIn("warning: and 5 more hosts are out of service\n", said)

    def test_whoever_knows_the_time_tells(self):
        self.d.edit("network/hosts.conf", 'hours = "always";', 'hours = "always"; valid_to = "2020-01-01";')
        told = 'host "ta-son-la" is out of service since 2020-01-01'
        p = subprocess.run([self.d.build / "hotlined", "-t", "-c", self.d.conf], capture_output=True, text=True, timeout=60)
        self.assertEqual(p.returncode, 0)
        self.assertIn("warning: " + told, p.stderr)
        self.d.start()
        self.assertIn(told.replace('"', '\\"'), self.d.log.read_text())
        self.assertIn(told, self.d.ctl("reload").stdout)

    def test_a_time_that_is_none(self):
        p = self.d.ctl("check", "--at", "tomorrow", check=False)
        self.assertEqual((p.returncode, p.stderr), (2, 'hotlinectl: "tomorrow" is no time; write 2026-12-01T08:00:00+07:00\n'))


class Words(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)

    def told(self, name, old, new):
        self.d.edit(name, old, new)
        p = self.d.ctl("check", check=False)
        self.d.edit(name, new, old)
        self.assertEqual(p.returncode, 1)
        return p.stdout

    def test_an_unknown_word_of_the_settings_gets_the_nearest(self):
        for old, new, meant in (
            ('"vi-accented"', '"vi-acented"', 'there is no language "vi-acented" in'),
            ('"kannel"', '"kanel"', 'profiles names "kanel", but there is no kanel.conf in'),
        ):
            said = self.told("hotlined.conf", old, new)
            self.assertRegex(said, rf"hotlined\.conf:\d+: error: {meant} .*; did you mean {old}\?\n")

    def test_a_profile_that_sends(self):
        said = self.told("hotlined.conf", 'mt_aggregator = "kannel"', 'mt_aggregator = "kannle"')
        self.assertRegex(said, r'mt_aggregator names no profile "kannle" .*; did you mean "kannel"\?\n')

    def test_a_place_by_its_name(self):
        said = self.told("network/hosts.conf", '"03646"', '"Chiềng Sơn"')
        self.assertIn('unknown commune "Chiềng Sơn"; did you mean "03985" (Chiềng Sơn)?', said)


if __name__ == "__main__":
    unittest.main()
