"""Hosts and collaborators go out as sheets, are edited as in Excel, and come back as a new network folder."""
import csv
import datetime
import filecmp
import io
import json
import os
import random
import resource
import stat
import subprocess
import sys
import time
import unittest
from collections import Counter

sys.path.append("/usr/lib/python3/dist-packages")
import openpyxl  # noqa: E402
from hotlined_test import Daemon, build_dir  # noqa: E402


class Sheets(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)
        self.network = self.d.dir / "conf/network"
        self.new = self.d.dir / "new"

    def export(self, what, name):
        path = self.d.dir / name
        self.d.ctl("export", what, "-o", str(path))
        return path

    def take(self, *files, options=(), check=True):
        return self.d.ctl("import", *map(str, files), "--to", str(self.new), *options, check=check)

    def refused(self, *files, says):
        p = self.take(*files, check=False)
        self.assertEqual(p.returncode, 1, p.stdout)
        self.assertIn(says, p.stderr)
        self.assertFalse(self.new.exists(), "nothing is written")
        self.assertEqual([x.name for x in self.d.dir.iterdir() if x.name.startswith(".")], [], "nothing is left behind")
        return p

    def same_files(self):
        names = sorted(p.name for p in self.network.iterdir())
        self.assertEqual(sorted(p.name for p in self.new.iterdir()), names)
        return [n for n in names if filecmp.cmp(self.network / n, self.new / n, shallow=False)]

    def book(self, what="hosts"):
        """The workbook as another program has it, and its columns by name."""
        path = self.export(what, f"{what}.xlsx")
        wb = openpyxl.load_workbook(path)
        ws = wb[what]
        return path, wb, ws, {c.value: c.column for c in ws[1]}

    def row_of(self, ws, columns, name):
        return next(r for r in range(2, ws.max_row + 1) if ws.cell(r, columns["id"]).value == name)

    def test_nothing_is_lost(self):
        """Out and back, as CSV and through another program's workbook: every file is the same, byte for byte."""
        everything = sorted(p.name for p in self.network.iterdir())
        self.take(self.export("hosts", "hosts.csv"), self.export("collaborators", "collaborators.csv"))
        self.assertEqual(self.same_files(), everything)
        subprocess.run(["rm", "-r", self.new], check=True)
        books = [self.book(w)[:2] for w in ("hosts", "collaborators")]
        for path, wb in books:
            wb.save(path)
        said = self.take(*(path for path, _ in books)).stdout
        self.assertEqual(self.same_files(), everything)
        self.assertIn("hosts: 0 added, 0 changed, 0 removed, 19 as they were", said)
        self.assertIn(f"diff {self.network} {self.new}", said)

    def test_the_new_folder_is_for_its_owner_alone(self):
        self.take(self.export("hosts", "hosts.csv"))
        self.assertEqual(stat.S_IMODE(self.new.stat().st_mode), 0o700)
        for p in [*self.new.iterdir(), self.d.dir / "hosts.csv"]:
            self.assertEqual(stat.S_IMODE(p.stat().st_mode), 0o600, p)

    def test_a_day_in_excel(self):
        """One row edited, one deleted, one added, all of it sorted: exactly that changes, and it can be used."""
        path, wb, ws, col = self.book()
        row = self.row_of(ws, col, "ta-van-ho")
        ws.cell(row, col["capacity"]).value = 9
        ws.cell(row, col["valid_from"]).value = datetime.date(2026, 1, 31)
        ws.cell(row, col["valid_from"]).number_format = "dd/mm/yyyy"
        ws.cell(row, col["accessible"]).value = True
        ws.append([None, "ta-moi", "Nhà mới: \"A\"; B", "trusted-address", "03979"])
        ws.cell(ws.max_row, col["needs"]).value = "talk, info"
        ws.cell(ws.max_row, col["phones"]).value = "+84000000001; +84000000002"
        ws.delete_rows(self.row_of(ws, col, "tramyte-thuan-chau"))
        rows = sorted(([c.value for c in r] for r in ws.iter_rows(min_row=2)), key=lambda r: r[1], reverse=True)
        for i, values in enumerate(rows):
            for k, v in enumerate(values):
                ws.cell(i + 2, k + 1).value = v
        wb.save(path)
        self.refused(path, says="there is no host \"tramyte-thuan-chau\"")
        people, wb2, ws2, col2 = self.book("collaborators")
        for r in range(2, ws2.max_row + 1):
            cell = ws2.cell(r, col2["hosts"])
            cell.value = (cell.value or "").replace("; tramyte-thuan-chau", "") or None
        wb2.save(people)
        said = json.loads(self.take(path, people, options=["--json"]).stdout)
        hosts = {c["id"]: c for c in said if c["list"] == "hosts"}
        self.assertEqual(sorted(hosts), ["ta-moi", "ta-van-ho", "tramyte-thuan-chau"])
        self.assertEqual(hosts["ta-van-ho"]["keys"], "accessible, capacity, valid_from")
        old, new = ((d / "hosts.conf").read_text() for d in (self.network, self.new))
        gone = list((Counter(old.splitlines()) - Counter(new.splitlines())).elements())
        come = list((Counter(new.splitlines()) - Counter(old.splitlines())).elements())
        self.assertEqual((len(gone), len(come)), (5, 4), (gone, come))  # the brackets of one came, of one went
        self.assertIn('valid_from = "2026-01-31";', new)
        self.assertTrue(any('id = "ta-moi"; name = "Nhà mới: \\"A\\"; B"; kind = "trusted-address"' in x for x in come), come)
        os.rename(self.network, self.d.dir / "old")
        os.rename(self.new, self.network)
        self.assertIn("0 errors", self.d.ctl("check").stderr)

    def test_a_list_that_lacks_rows(self):
        """It removes them and says so; --keep-missing keeps them, for a sheet of a few."""
        text = list(csv.reader(io.StringIO(self.export("collaborators", "c.csv").read_text("utf-8-sig"))))
        few = self.d.dir / "few-collaborators.csv"
        with few.open("w", encoding="utf-8") as f:
            csv.writer(f, delimiter=";").writerows(text[:10])
        said = self.take(few).stdout
        self.assertIn("collaborators: 0 added, 0 changed, 19 removed, 9 as they were", said)
        self.assertIn("The sheet lacks 19 collaborators, so they are removed; --keep-missing keeps them.", said)
        subprocess.run(["rm", "-r", self.new], check=True)
        self.assertIn("0 removed, 28 as they were", self.take(few, options=["--keep-missing"]).stdout)
        self.assertIn("collaborators.conf", self.same_files())

    def test_a_column_that_is_not_there(self):
        """What it said stays as it is: `avoid` of a host must not get lost because somebody hid columns for good."""
        self.d.edit("network/hosts.conf", 'id = "ta-van-ho";', 'id = "ta-van-ho"; avoid = [ "03985" ];')
        path, wb, ws, col = self.book()
        ws.cell(self.row_of(ws, col, "ta-van-ho"), col["capacity"]).value = 9
        ws.delete_cols(col["avoid"])
        wb.save(path)
        self.assertIn("Without a column, and as it was: avoid", self.take(path).stdout)
        self.assertIn('avoid = [ "03985" ];', (self.new / "hosts.conf").read_text())

    def test_mistakes_name_the_cell(self):
        """What Excel did to a code, a word that is none, an id twice, a column nobody knows."""
        def edited(edit):
            path, wb, ws, col = self.book()
            edit(ws, col)
            wb.save(path)
            return path

        def put(column, value):
            return lambda ws, col: setattr(ws.cell(3, col[column]), "value", value)

        where = "hosts.xlsx: sheet hosts, "
        for edit, says in (
            (put("place", 3979), where + "E3: error: place: the spreadsheet made a number of it; did you mean 03979? format the column as text"),
            (put("place", "3979"), where + "E3: error: unknown commune \"3979\"; did you mean \"03979\""),
            (put("phones", 84912), where + "T3: error: phones: the spreadsheet made a number of it, without zeros and +"),
            (put("kind", "shelterr"), where + "D3: error: kind cannot be \"shelterr\"; did you mean \"shelter\"?"),
            (put("capacity", 2.5), where + "M3: error: capacity must be a whole number"),
            (put("capacity", 20000), where + "M3: error: capacity is 20000; it must be between 0 and 10000"),
            (put("public", "yes"), where + "R3: error: public must be true or false"),
            (put("public", True), where + "R3: error: a shelter must not be public"),
            (put("name", None), where + "C3: error: host lacks \"name\": what staff call it"),
            (put("name", datetime.date(2026, 1, 2)), where + "C3: error: name: the spreadsheet made a date of it"),
            (put("valid_from", "01/02/2026"), where + "W3: error: valid_from is \"01/02/2026\"; write a date as 2026-01-31"),
            (put("hours", "always open"), where + "P3: error: hours: "),
            (put("id", "ta-son-la"), where + "B3: error: id \"ta-son-la\" is there twice, also in "),
            (put("hours", datetime.time(7, 30)), "hosts.xlsx: error: sheet hosts, " + "P3: the spreadsheet made a time of it; format the cell as text"),
            (put("meeting_point", "=A1&B1"), "hosts.xlsx: error: sheet hosts, " + "S3: a formula without its result; open the file in a spreadsheet and save it"),
            (put("phones", "+84000000001, +84000000002"), where + "T3: error: phone of \"nhatam-son-la\" must be in full and without blanks: +84 and the number. Several have semicolons between."),
            (lambda ws, col: ws.merge_cells("M3:M5"), "hosts.xlsx: error: sheet hosts, " + "M3:M5: these cells are merged; separate them and fill each"),
            (put("file", "a\nb.conf"), where + "A3: error: file must be the name of a file of the network folder"),
            (put("file", "../x.conf"), where + "A3: error: file must be the name of a file of the network folder"),
            (lambda ws, col: setattr(ws.cell(1, col["place"]), "value", "plcae"), where + "E1: error: unknown column \"plcae\" of hosts; did you mean \"place\"?"),
            (lambda ws, col: ws.delete_cols(col["place"]), where + "A1: error: there is no column \"place\""),
            (lambda ws, col: setattr(ws.cell(4, 30), "value", "x"), where + "AD4: error: stands in a column without a name"),
        ):
            with self.subTest(says):
                self.refused(edited(edit), says=says)

    def test_what_nobody_sees(self):
        """Blanks of every kind around what is typed, rows that hold nothing else, Excel's hint of the separator: no change."""
        path, wb, ws, col = self.book()
        row = self.row_of(ws, col, "ta-van-ho")
        ws.cell(1, col["name"]).value = "Name\u00a0"
        for key, value in (("id", "ta-van-ho\u00a0"), ("kind", "\u200btrusted-address "), ("valid_to", "\u00a0"), ("hours", "\ufeffalways"),
                           ("needs", "danger;\u00a0shelter ; talk;legal; child; info\u202c"), ("capacity", "4\u00a0")):
            ws.cell(row, col[key]).value = value
        ws.cell(ws.max_row + 300, 3).value = " \u00a0"
        wb.save(path)
        self.assertIn("0 added, 0 changed, 0 removed, 19 as they were", self.take(path).stdout)
        subprocess.run(["rm", "-r", self.new], check=True)
        text = self.export("hosts", "hosts.csv").read_text("utf-8-sig")
        (self.d.dir / "hosts.csv").write_text("sep=,\r\n" + text + ", ,,\r\n")
        self.take(self.d.dir / "hosts.csv")
        self.assertEqual(len(self.same_files()), 5)

    def test_a_new_file_may_be_a_slip(self):
        path, wb, ws, col = self.book()
        ws.cell(3, col["file"]).value = "host.conf"
        wb.save(path)
        self.assertIn("A3: warning: there is no file host.conf yet, so it is made; did you mean hosts.conf?", self.take(path).stderr)

    def test_the_next_step_can_be_pasted(self):
        """With the configuration that was given, and names that a shell would take apart."""
        self.new = self.d.dir / "it's new"
        said = self.take(self.export("hosts", "hosts.csv")).stdout
        command = said.splitlines()[-1].strip()
        self.assertTrue(command.startswith(f"hotlinectl -c {self.d.conf} diff "), command)
        p = subprocess.run(["sh", "-c", command], env={**os.environ, "PATH": f"{self.d.build}:{os.environ['PATH']}"}, capture_output=True, text=True)
        self.assertEqual((p.returncode, p.stdout[:15]), (0, "nothing changes"), p.stderr)

    def leftovers(self):
        return [x for x in self.d.dir.iterdir() if x.name.startswith(".")]

    def test_killed_in_the_middle(self):
        """The folder is there whole or not at all; what a killed import left goes when the next one runs."""
        path, chance = self.export("hosts", "hosts.csv"), random.Random(7)
        command = [self.d.build / "hotlinectl", "-c", self.d.conf, "import", path, "--to", self.new]
        for _ in range(50):
            p = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, 0.06))
            p.kill()
            p.wait()
            if self.new.exists():
                self.assertEqual(len(self.same_files()), 5)
                subprocess.run(["rm", "-r", self.new], check=True)
        (self.d.dir / ".hotlined-network-abcdef").mkdir()
        (self.d.dir / ".hotlined-network-abcdef/hosts.conf").write_text("half")
        for x in self.leftovers():
            os.utime(x, (0, 0))
        self.take(path)
        self.assertEqual((len(self.same_files()), self.leftovers()), (5, []))

    def test_a_file_that_may_not_grow(self):
        """As when the disk is full: it is said, and nothing stays."""
        path = self.export("hosts", "hosts.csv")
        for command in (["import", path, "--to", self.new], ["export", "hosts", "-o", self.d.dir / "h.csv"], ["export", "hosts", "-o", self.d.dir / "h.xlsx"],
                        ["coverage", "--html", self.d.dir / "c.html"]):
            before = sorted(self.d.dir.iterdir())
            p = subprocess.run([self.d.build / "hotlinectl", "-c", self.d.conf, *command], capture_output=True, text=True,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048)))
            self.assertEqual((p.returncode, "File too large" in p.stderr), (1, True), p.stderr)
            self.assertEqual(sorted(self.d.dir.iterdir()), before)

    def test_over_what_is_no_file(self):
        """A pipe is written to and stays one; a link stays a link, and what it leads to is new and private."""
        pipe, link, target = (self.d.dir / n for n in ("pipe", "link.csv", "target.csv"))
        os.mkfifo(pipe)
        for command, begins in ((["export", "hosts", "--format", "xlsx"], b"PK"), (["export", "hosts", "--format", "csv"], b"\xef\xbb\xbffile,"), (["coverage"], b"75 communes")):
            with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
                self.d.ctl(*command, "-o", str(pipe), check=command != ["coverage"])
                self.assertTrue(reader.stdout.read().startswith(begins))
            self.assertTrue(pipe.is_fifo())
        target.write_text("old")
        link.symlink_to("target.csv")
        self.d.ctl("export", "hosts", "-o", str(link))
        self.assertTrue(link.is_symlink())
        self.assertIn("ta-van-ho", target.read_text())
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o600)

    def test_a_report_that_cannot_be_said(self):
        path = self.export("hosts", "hosts.csv")
        with open("/dev/full", "w") as full:
            p = subprocess.run([self.d.build / "hotlinectl", "-c", self.d.conf, "import", path, "--to", self.new], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual((p.returncode, "stdout: No space left" in p.stderr), (1, True), p.stderr)

    def test_what_kind_of_list(self):
        """The sheet's name tells it, or the file's, or the columns; else it is asked for."""
        text = self.export("hosts", "hosts.csv").read_bytes()
        (self.d.dir / "x.csv").write_bytes(text)
        self.assertIn("hosts: 0 added", self.take(self.d.dir / "x.csv").stdout)
        subprocess.run(["rm", "-r", self.new], check=True)
        (self.d.dir / "y.csv").write_text("id,name\na,b\n")
        self.refused(self.d.dir / "y.csv", says="y.csv: A1: error: cannot tell whether these are hosts or collaborators")

    def test_where_it_may_be_written(self):
        """Never over something, never into the folder in use."""
        path = self.export("hosts", "hosts.csv")
        for to, says in ((self.network, "not empty"), (self.network / "new", "lies in the network folder"), (self.d.dir / "no/new", "cannot be reached")):
            p = self.d.ctl("import", str(path), "--to", str(to), check=False)
            self.assertEqual((p.returncode, says in p.stderr or "lies in" in p.stderr), (1, True), p.stderr)
        self.new.mkdir()
        self.take(path)
        self.assertEqual(len(self.same_files()), 5)

    def test_no_formula_leaves_and_none_comes_back(self):
        self.d.edit("network/hosts.conf", 'name = "Vi du: dia chi tin cay Van Ho"', 'name = "=HYPERLINK(\\"http://x\\")"')
        path, _, ws, col = self.book()
        cell = ws.cell(self.row_of(ws, col, "ta-van-ho"), col["name"])
        self.assertEqual((cell.data_type, cell.value, cell.number_format), ("s", '=HYPERLINK("http://x")', "@"))
        self.assertIn(",\"'=HYPERLINK(\"\"http://x\"\")\",", self.export("hosts", "hosts.csv").read_text("utf-8-sig"))
        self.take(self.d.dir / "hosts.csv")
        self.assertEqual(len(self.same_files()), 5)

    def test_a_sheet_for_people(self):
        path, wb, ws, col = self.book()
        self.assertEqual(wb.sheetnames, ["hosts", "help"])
        self.assertTrue(ws.cell(1, 1).font.bold)
        self.assertEqual((ws.freeze_panes, ws.auto_filter.ref), ("A2", "A1:X20"))
        lists = {str(v.sqref).split(":")[0]: v.formula1 for v in ws.data_validations.dataValidation}
        self.assertEqual(lists["D2"], '"trusted-address,shelter,health,police,legal,social"')
        self.assertEqual(lists["I2"], '"true,false"')
        helped = {r[0].value: [c.value for c in r[1:]] for r in wb["help"].iter_rows(min_row=2) if r[0].value}
        self.assertEqual(sorted(helped), sorted(col))
        self.assertEqual(helped["name"][0], "yes")

    def test_to_a_pipe(self):
        """CSV is the default; a workbook too, where no terminal would show it."""
        self.assertTrue(self.d.ctl("export", "hosts").stdout.startswith("\ufefffile,id,name,"))
        p = subprocess.run([self.d.build / "hotlinectl", "-c", self.d.conf, "export", "hosts", "--format", "xlsx"], capture_output=True, check=True)
        self.assertEqual(openpyxl.load_workbook(io.BytesIO(p.stdout)).sheetnames, ["hosts", "help"])
        for wrong in (["export"], ["export", "needs"], ["export", "hosts", "-o", "x.ods"], ["import", "x.csv"], ["import", "--to", "d"]):
            self.assertEqual(self.d.ctl(*wrong, check=False).returncode, 2, wrong)


if __name__ == "__main__":
    unittest.main()
