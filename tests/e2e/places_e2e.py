"""What `hotlinectl place` says of a text, and of another province by the configuration alone."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from hotlined_test import ROOT, build_dir

SURE, NOT_SURE = 0, 1


def place(text, *options, conf="conf/hotlined.conf"):
    ctl = pathlib.Path(build_dir()).resolve() / "hotlinectl"
    return subprocess.run([ctl, "-c", conf, *options, "place", text],
                          cwd=ROOT, capture_output=True, text=True, timeout=30)


class Place(unittest.TestCase):
    def test_a_sure_place_says_why(self):
        r = place("xa chieng son huyen moc chau")
        self.assertEqual(r.returncode, SURE, r.stderr)
        first, match = r.stdout.splitlines()
        self.assertEqual(first, "sure")
        self.assertIn("03985  Xã Chiềng Sơn, Sơn La", match)

    def test_doubt_is_told_best_first(self):
        r = place("chieng xon", "--json")
        self.assertEqual(r.returncode, NOT_SURE)
        answer = json.loads(r.stdout)
        self.assertEqual(answer["verdict"], "ask")
        best = answer["places"][0]
        self.assertEqual((best["code"], best["why"], best["errors"]), ("03985", "sounds alike", 0.5))
        scores = [p["score"] for p in answer["places"]]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_a_former_district_is_named(self):
        self.assertIn("a former unit's name: Huyện Vân Hồ", place("huyen van ho").stdout)

    def test_no_place(self):
        r = place("cuu toi voi", "--json")
        self.assertEqual((r.returncode, json.loads(r.stdout)), (NOT_SURE, {"verdict": "unknown", "places": []}))

    def test_the_country_by_configuration_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            conf = pathlib.Path(folder) / "conf"
            shutil.copytree(ROOT / "conf", conf)
            main = conf / "hotlined.conf"
            text = main.read_text()
            self.assertIn('province = "14";', text)
            main.write_text(text.replace('province = "14";', 'province = "all";'))
            shutil.copy(ROOT / "tests/data/country/units-2025.csv", conf / "places")
            r = place("Muong Lan, Dien Bien", conf=main)
            self.assertEqual(r.returncode, SURE, r.stderr)
            self.assertIn("03313  Xã Mường Lạn, Điện Biên", r.stdout)
            self.assertEqual(place("Muong Lan", conf=main).stdout.splitlines()[0], "ask")


if __name__ == "__main__":
    unittest.main()
