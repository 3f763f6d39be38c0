"""A short form of the crash loop: see crash.py."""
import random
import unittest

import crash


class Crash(unittest.TestCase):
    def test_nothing_acknowledged_is_lost_by_kill(self):
        crash.many_rounds(8, random.Random(7))
