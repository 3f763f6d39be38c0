"""make install into an empty folder: everything is there, works from there, and edits are never written over."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from hotlined_test import ROOT


class Install(unittest.TestCase):
    def test_install(self):
        root = pathlib.Path(tempfile.mkdtemp(prefix="hotlined-install-"))
        self.addCleanup(shutil.rmtree, root)
        install = ["make", "-s", "-C", ROOT, "install", f"DESTDIR={root}", "PREFIX=/usr"]
        subprocess.run(install, check=True, capture_output=True)
        for name in (
            "usr/bin/hotlined",
            "usr/share/man/man8/hotlined.8",
            "usr/share/man/man1/hotlinectl.1",
            "usr/share/man/man5/hotlined.conf.5",
            "usr/lib/systemd/system/hotlined.socket",
            "usr/lib/sysusers.d/hotlined.conf",
            "usr/share/doc/hotlined/operations.md",
        ):
            self.assertTrue((root / name).is_file(), name)
        self.assertIn("ExecStart=/usr/bin/hotlined", (root / "usr/lib/systemd/system/hotlined.service").read_text())
        conf = root / "etc/hotlined/hotlined.conf"
        ctl = [root / "usr/bin/hotlinectl", "-c", conf]
        subprocess.run([*ctl, "keygen"], check=True, capture_output=True)
        check = subprocess.run([*ctl, "check", "--at", "2026-12-01T08:00:00+07:00"], capture_output=True, text=True)
        self.assertEqual((check.returncode, check.stdout), (0, ""), check.stderr)
        policy = root / "etc/hotlined/network/policy.conf"
        policy.write_text(policy.read_text().replace("max_offers = 8", "max_offers = 5"))
        subprocess.run(install, check=True, capture_output=True)
        self.assertIn("max_offers = 5", policy.read_text())


if __name__ == "__main__":
    unittest.main()
