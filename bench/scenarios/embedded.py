"""`delivery run` with nothing configured: SQLite and the in-process bus."""

import shutil
import sqlite3
import time
from contextlib import contextmanager

from harness.delivery import service
from harness.load import http_sample, whole, wrk
from harness.rounds import Group, Sample, Scenario, at_least
from scenarios.life_cycle import CONNECTIONS, FINISH_LIMIT, NO_DURATIONS, TRANSACTION, insert
from scenarios.life_cycle import open_group as open_peer


@contextmanager
def embedded(servers, **variables):
    folder = servers.folder / "embedded"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with service("run", folder, DATABASE_URL=f"sqlite:{folder}/delivery.db", **variables) as run:
        run.database = folder / "delivery.db"
        yield run


def post(context, seconds):
    """The carrier takes an hour, so that only POST is measured, and the RECEIVED events published beside it."""
    with embedded(context.servers, PICKING_DURATION="1h") as run:
        return http_sample(run.base + "/orders", CONNECTIONS, seconds, "post_order.lua")


def life_cycle(context, seconds):
    with embedded(context.servers, **NO_DURATIONS) as run:
        started = time.monotonic()
        told = wrk(run.base + "/orders", CONNECTIONS, whole(seconds), "post_order.lua")
        while count(run, "status <> 'DELIVERED'"):
            if time.monotonic() - started > FINISH_LIMIT:
                raise RuntimeError(f"orders are unfinished {FINISH_LIMIT:g} s after the load began")
            time.sleep(0.1)
        took = time.monotonic() - started
        delivered = count(run, "status = 'DELIVERED'")
        missing = max(0, told["requests"] - delivered)
        return Sample(delivered / took, told["p50_ms"], told["p99_ms"], told["errors"] + missing, told["busy"])


def count(run, condition):
    with sqlite3.connect(f"file:{run.database}?mode=ro", uri=True) as database:
        return database.execute(f"SELECT count(*) FROM orders WHERE {condition}").fetchone()[0]


GROUP = Group(open_peer, [
    Scenario("embedded: POST /orders, 64 connections", "orders/s", {"delivery": post, TRANSACTION: insert}),
    Scenario("embedded: life cycle", "orders/s", {"delivery": life_cycle, TRANSACTION: insert},
             at_least(1.6, TRANSACTION)),
])
