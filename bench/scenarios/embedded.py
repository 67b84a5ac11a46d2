"""`delivery run` with nothing configured: SQLite and the in-process bus."""

import shutil
import sqlite3
from contextlib import contextmanager

from harness.delivery import service
from harness.load import http_sample
from harness.rounds import Group, Scenario, at_least
from scenarios.life_cycle import CONNECTIONS, NO_DURATIONS, finish
from scenarios.life_cycle import open_group as open_peer
from scenarios.peers import TRANSACTION, insert


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
        return finish(run, seconds, lambda: count(run, "status <> 'DELIVERED'") > 0,
                      lambda: count(run, "status = 'DELIVERED'"))


def count(run, condition):
    with sqlite3.connect(f"file:{run.database}?mode=ro", uri=True) as database:
        return database.execute(f"SELECT count(*) FROM orders WHERE {condition}").fetchone()[0]


GROUP = Group(open_peer, [
    Scenario("embedded: POST /orders, 64 connections", "orders/s", {"delivery": post, TRANSACTION: insert(CONNECTIONS)}),
    Scenario("embedded: life cycle", "orders/s", {"delivery": life_cycle, TRANSACTION: insert(CONNECTIONS)},
             at_least(1.6, TRANSACTION)),
])
