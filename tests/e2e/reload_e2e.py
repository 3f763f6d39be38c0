"""`hotlinectl reload` as an administrator types it: what is live, who changed what and when, what is refused and why."""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from hotlined_test import Daemon, build_dir, free_port

PHONE = "+84000000611"
NOBODY = 65534


class Reload(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)

    def stamp(self):
        return re.search(r'hotlined_config_info\{stamp="([0-9a-f]{16})"\} 1', self.d.get("/metrics")[1])[1]

    def config_rows(self):
        return [r["note"] for r in self.d.rows(kind="config")]

    def as_nobody(self, *args):
        """Of what is under the temporary folder nothing is opened to others: they get a copy of tool and settings."""
        open_to_all = pathlib.Path(tempfile.mkdtemp(prefix="hotlined-"))
        self.addCleanup(shutil.rmtree, open_to_all)
        open_to_all.chmod(0o755)
        shutil.copy(self.d.build / "hotlinectl", open_to_all)
        shutil.copy(self.d.conf, open_to_all)
        return subprocess.run([open_to_all / "hotlinectl", "-c", open_to_all / "hotlined.conf", *args], capture_output=True,
                              text=True, timeout=60, user=NOBODY, group=NOBODY, cwd="/")

    def test_an_edit_is_live_and_the_journal_knows_who_what_and_when(self):
        self.d.start()
        before = self.stamp()
        self.d.edit("network/hosts.conf", "capacity = 4", "capacity = 3")
        (self.d.dir / "conf/network/more.conf").write_text("# nothing yet\n")
        told = self.d.ctl("reload").stdout
        after = self.stamp()
        self.assertNotEqual(before, after)
        self.assertRegex(told, f"^live: stamp {after} \\(was {before}\\), 19 hosts, 28 collaborators\n$")
        self.assertEqual(self.d.get("/readyz")[1], f"ready, stamp {after}\n")
        (note,) = self.config_rows()
        self.assertRegex(note, f"^{before} -> {after} by [^:]+: 19 hosts, 28 collaborators; changed network/hosts.conf, "
                               "added network/more.conf$")
        self.assertIn(note, self.d.ctl("journal", "tail").stdout)
        self.d.sms(PHONE, "CUU Chieng Son", "r-1")
        (opened,) = self.d.rows(kind="referral", event="opened")
        self.assertEqual(opened["note"], after, "which configuration routed this")
        (self.d.dir / "conf/network/more.conf").unlink()
        said = json.loads(self.d.ctl("--json", "reload").stdout)
        self.assertEqual((said["outcome"], said["was"], said["findings"]), ("live", after, []))
        self.assertTrue(self.config_rows()[1].endswith("; removed network/more.conf"), self.config_rows())
        self.d.ctl("journal", "verify")

    def test_nothing_changed_is_told_as_such(self):
        self.d.start()
        before = self.stamp()
        self.assertEqual(self.d.ctl("reload").stdout, f"nothing changed: stamp {before} is live; secrets were read anew\n")
        self.assertIn(f"{before} as before, by ", self.config_rows()[0])

    def test_the_same_files_have_the_same_stamp_however_their_path_is_written(self):
        self.d.start()
        p = subprocess.run([self.d.build / "hotlinectl", "-c", "hotlined.conf", "check"], cwd=self.d.dir / "conf",
                           capture_output=True, text=True, timeout=60)
        self.assertIn("stamp " + self.stamp(), p.stderr)

    def test_a_broken_file_is_refused_with_its_lines_and_the_old_stamp_stays(self):
        self.d.start()
        before = self.stamp()
        self.d.edit("network/hosts.conf", 'place = "03646"', 'place = "0364"')
        p = self.d.ctl("reload", check=False)
        self.assertEqual(p.returncode, 1)
        self.assertRegex(p.stdout, r'network/hosts\.conf:6: error: unknown commune "0364"; did you mean "03646"')
        self.assertIn(f"refused: the configuration {before} stays in force\n", p.stdout)
        self.assertEqual(self.stamp(), before)
        self.assertRegex(self.config_rows()[0],
                         f"^refused, by [^:]+: 2 errors; {before} stays; the first: network/hosts.conf:6$")
        self.assertIn("hotlined_config_last_reload_successful 0\n", self.d.get("/metrics")[1])
        status = self.d.ctl("status").stdout
        self.assertIn("the last reload was refused", status)
        self.assertIn("the files on disk have another stamp", status)
        self.d.edit("network/hosts.conf", 'place = "0364"', 'place = "03646"')
        self.d.ctl("reload")
        self.assertIn("hotlined_config_last_reload_successful 1\n", self.d.get("/metrics")[1])

    def test_status_tells_what_is_live_and_what_lies_on_disk(self):
        self.d.start()
        said = self.d.ctl("status").stdout
        self.assertRegex(said, f"(?m)^configuration {self.stamp()}, live since 20[0-9T:+-]+$")
        self.assertNotIn("on disk", said)
        self.d.edit("network/policy.conf", "max_offers = 8", "max_offers = 7")
        on_disk = re.search("stamp ([0-9a-f]{16})", self.d.ctl("check").stderr)[1]
        self.assertIn(f"the files on disk have another stamp, {on_disk}: hotlinectl reload\n", self.d.ctl("status").stdout)
        said = json.loads(self.d.ctl("--json", "status").stdout)
        self.assertEqual((said["stamp"], said["disk_stamp"]), (self.stamp(), on_disk))
        self.d.ctl("reload")
        self.assertNotIn("on disk", self.d.ctl("status").stdout)

    def test_what_waits_for_a_restart_is_named(self):
        """Also when that is where the daemon listens: it is found by its store."""
        self.d.start()
        old = self.d.port
        self.d.edit("hotlined.conf", f"127.0.0.1:{old}", f"127.0.0.1:{free_port()}")
        with self.d.conf.open("a") as f:
            f.write("queue = 4096;\n")
        said = self.d.ctl("reload").stdout
        self.assertTrue(said.endswith("waits for a restart: listen, queue\n"), said)
        self.assertIn('hotlined_config_waits_for_restart{key="listen"} 1\n', self.d.get("/metrics")[1])
        self.assertIn('keys="listen, queue"', self.d.log.read_text())

    def test_a_reload_while_nothing_can_be_stored_is_noted_afterwards(self):
        self.d.start()
        before = self.stamp()
        other = sqlite3.connect(self.d.dir / "hotlined.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        self.d.edit("network/policy.conf", "max_offers = 8", "max_offers = 7")
        self.assertIn("live: stamp ", self.d.ctl("reload").stdout)
        self.assertNotEqual(self.stamp(), before)
        other.execute("ROLLBACK")
        end = time.time() + 20
        while time.time() < end and not self.config_rows():
            time.sleep(0.1)
        (note,) = self.config_rows()
        self.assertIn(f"{before} -> {self.stamp()} by ", note)

    def test_no_daemon(self):
        p = self.d.ctl("reload", check=False)
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("no hotlined runs with sqlite:", p.stderr)
        self.d.start()
        self.d.kill()
        self.assertIn("no hotlined runs with sqlite:", self.d.ctl("reload", check=False).stderr)

    def test_another_store_is_for_a_restart(self):
        """The daemon is found by its store, so an edit of that hides it: what to do is said."""
        self.d.start()
        self.d.edit("hotlined.conf", "hotlined.db", "other.db")
        p = self.d.ctl("reload", check=False)
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("if `store` was edited, restart it", p.stderr)

    def test_a_daemon_that_does_not_answer(self):
        self.d.start()
        self.d.process.send_signal(signal.SIGSTOP)
        p = self.d.ctl("reload", "--timeout", "200ms", check=False)
        self.d.process.send_signal(signal.SIGCONT)
        self.assertEqual((p.returncode, p.stdout), (1, ""))
        self.assertIn("has not said within 200ms what came of it", p.stderr)

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_somebody_who_may_not(self):
        self.d.start()
        before = self.stamp()
        p = self.as_nobody("reload")
        self.assertEqual(p.returncode, 1, p.stdout)
        self.assertIn("run it as root or as the user of the daemon, or `systemctl reload hotlined`", p.stderr)
        self.d.dir.chmod(0o755)  # may look who holds the store, but not signal that process
        (self.d.dir / "hotlined.db.lock").chmod(0o644)
        p = self.as_nobody("reload")
        self.assertRegex(p.stderr, r"hotlined \(process \d+\) takes no signal from this user; run it as root")
        self.assertEqual((self.stamp(), self.config_rows()), (before, []))

    @unittest.skipIf(os.geteuid() != 0, "only root is behind sudo")
    def test_behind_sudo_it_is_who_logged_in(self):
        if int(pathlib.Path("/proc/self/loginuid").read_text()) != 2**32 - 1:
            self.skipTest("somebody is logged in here, which counts more")
        self.d.start()
        os.environ["SUDO_UID"] = str(NOBODY)
        self.addCleanup(os.environ.pop, "SUDO_UID")
        self.d.ctl("reload")
        self.assertIn("as before, by nobody:", self.config_rows()[0])


if __name__ == "__main__":
    unittest.main()
