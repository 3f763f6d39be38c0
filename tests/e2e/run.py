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

    passed = 0

    def addSuccess(self, test):
        self.passed += 1
        super().addSuccess(test)
        print(f"ok {time.time() - self.began:6.1f}s {test.id()}", file=sys.stderr, flush=True)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else "*_e2e.py"
    suite = unittest.defaultTestLoader.discover(str(HERE), pattern)
    result = unittest.TextTestRunner(stream=sys.stderr, resultclass=Result, verbosity=0).run(suite)
    bad = {str(t) for t, _ in result.failures + result.errors}
    failed = len(bad)
    print(f"{result.passed} passed, {failed} failed")
    return 1 if failed or result.testsRun == 0 else 0


sys.exit(main())
