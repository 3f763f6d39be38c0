"""Runs every *_e2e.py beside it and ends with "N passed, M failed"."""
import pathlib
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


class Result(unittest.TextTestResult):
    def startTest(self, test):
        self.began = time.time()
        super().startTest(test)

    def addSuccess(self, test):
        super().addSuccess(test)
        print(f"ok {time.time() - self.began:6.1f}s {test.id()}", file=sys.stderr, flush=True)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*_e2e.py"
    suite = unittest.defaultTestLoader.discover(str(HERE), pattern)
    result = unittest.TextTestRunner(stream=sys.stderr, resultclass=Result, verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 1 if failed or result.testsRun == 0 else 0


sys.exit(main())
