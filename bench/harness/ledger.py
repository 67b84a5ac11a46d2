"""What a store holds, against what was posted to it: nothing may be lost, made up, or left on its way."""

import time
from dataclasses import dataclass

POLL = 0.1
# What an api still stores once its load has ended needs no longer to be seen.
STORED_WITHIN = 0.2
NO_ID = "00000000-0000-0000-0000-000000000000"
NEWEST = "SELECT id FROM orders ORDER BY id DESC LIMIT 1"
IS_UNFINISHED = """
SELECT CASE WHEN EXISTS (SELECT 1 FROM orders WHERE status = 'RECEIVED')
              OR EXISTS (SELECT 1 FROM orders WHERE status = 'IN_TRANSIT') THEN 1 ELSE 0 END"""
# Whole lives have three events each. Millions of orders are counted in seconds.
MISMATCHES = """
WITH lives AS (SELECT order_id, count(*) AS events FROM order_events WHERE order_id > '{after}' GROUP BY order_id)
SELECT (SELECT count(*) FROM orders WHERE id > '{after}' AND status <> 'DELIVERED')
     + (SELECT count(*) FROM lives WHERE events <> 3)
     + abs((SELECT count(*) FROM lives) - (SELECT count(*) FROM orders WHERE id > '{after}'))
     + (SELECT count(*) FROM {outbox})"""


class Ledger:
    """Of the orders that come into a store from now on. Where it has some already, ids must ascend with time, for it is
    by them that the new ones are told. `ask` runs a statement, which both PostgreSQL and SQLite understand, and answers
    the first column of the first row as text, which is empty where there is none."""

    def __init__(self, ask, outbox="outbox"):
        self._ask = ask
        self._outbox = outbox
        self._after = ask(NEWEST) or NO_ID

    def count_stored(self):
        return int(self._ask(f"SELECT count(*) FROM orders WHERE id > '{self._after}'"))

    def count_delivered(self):
        return int(self._ask(f"SELECT count(*) FROM orders WHERE id > '{self._after}' AND status = 'DELIVERED'"))

    def await_deliveries(self, limit):
        give_up = time.monotonic() + limit
        while self._has_unfinished():
            if time.monotonic() > give_up:
                raise RuntimeError(f"orders are unfinished {limit:g} s after the load ended")
            time.sleep(POLL)

    def drain(self, limit):
        """Waits, but no longer than so many seconds, until nothing is on its way."""
        time.sleep(STORED_WITHIN)
        give_up = time.monotonic() + limit
        while time.monotonic() < give_up and (self._has_unfinished() or self._has_unpublished()):
            time.sleep(POLL)

    def mismatches(self):
        """Orders that are not delivered, or without exactly three events, and events that nobody has published."""
        return int(self._ask(MISMATCHES.format(after=self._after, outbox=self._outbox)))

    def _has_unfinished(self):
        return self._ask(IS_UNFINISHED) == "1"

    def _has_unpublished(self):
        return self._ask(f"SELECT count(*) FROM {self._outbox}") != "0"


@dataclass
class Tally:
    """How many orders were answered 201, and how many more may be stored: a load generator that ends leaves at most one
    request a connection without its answer."""
    accepted: int = 0
    unanswered: int = 0

    def note(self, accepted, connections):
        self.accepted += accepted
        self.unanswered += connections

    def mismatches(self, stored):
        """How many are lost, or how many there are that nobody can have posted."""
        return max(0, self.accepted - stored, stored - self.accepted - self.unanswered)
