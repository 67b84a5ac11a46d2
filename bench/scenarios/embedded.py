"""`delivery run` with nothing configured: SQLite and the in-process bus."""

import shutil
import sqlite3
from contextlib import closing, contextmanager

from harness.delivery import service
from harness.ledger import Ledger
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
    shutil.rmtree(folder)


def post(context, seconds):
    """The carrier takes an hour, so that only POST is measured, and the RECEIVED events published beside it."""
    with embedded(context.servers, PICKING_DURATION="1h") as run:
        return http_sample(run.base + "/orders", CONNECTIONS, seconds, "post_order.lua")


def life_cycle(context, seconds):
    with embedded(context.servers, **NO_DURATIONS) as run:
        return finish([run], seconds, Ledger(lambda statement: ask(run.database, statement)))


def ask(database, statement):
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        row = connection.execute(statement).fetchone()
        return str(row[0]) if row else ""


GROUP = Group(open_peer, [
    Scenario("embedded: POST /orders, 64 connections", "orders/s",
             {"delivery": post, TRANSACTION: insert(CONNECTIONS)}),
    Scenario("embedded: life cycle", "orders/s", {"delivery": life_cycle, TRANSACTION: insert(CONNECTIONS)},
             at_least(1.6, TRANSACTION)),
])
