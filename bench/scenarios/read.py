"""Reads on PostgreSQL, against a prepared single-row select by pgbench."""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import children
from harness.delivery import Process, migrated_database, service
from harness.load import http_sample
from harness.pgbench import SCRIPTS, pgbench
from harness.rounds import Group, Scenario, at_least
from scenarios.peers import FLOOR, floor

ORDERS = 210_000
ORDERS_A_TRANSACTION = 500_000
# How many different ones are asked for by id, at random: all there are, as pgbench does, or of a larger store so many
# that are spread over all of it.
IDS = ORDERS
PAGE = 20
DEEP_PAGE = 10_000
SELECT = "pgbench prepared select"


@dataclass
class Context:
    api: Process
    url: str
    ids: Path
    deep_cursor: str


def run_script(url, script, **variables):
    """A file of sql/, in psql."""
    defined = [part for name, value in variables.items() for part in ("-v", f"{name}={value}")]
    children.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", *defined, "-f", SCRIPTS / script, url])


def load_orders(servers, url, orders):
    """Finished ones, in as many transactions as it takes to keep each short."""
    for first in range(1, orders + 1, ORDERS_A_TRANSACTION):
        last = min(orders, first + ORDERS_A_TRANSACTION - 1)
        run_script(url, "make_orders.sql", first=first, last=last, orders=orders)
    servers.sql("VACUUM ANALYZE orders, order_events", url)


def write_ids(servers, url, path, table):
    """The ids in a table, a line each; answers how many."""
    ids = servers.sql(f"SELECT id FROM {table}", url)
    path.write_text(ids + "\n", encoding="ascii")
    return ids.count("\n") + 1


def cursor_of_page(api, number, size):
    """Walks there in steps of a hundred orders, for a cursor only comes with the page before."""
    cursor, query = None, ""
    for _ in range((number - 1) * size // 100):
        page = json.loads(api.get("/orders?limit=100" + query))
        cursor = page["next_cursor"]
        query = f"&cursor={cursor}"
    return cursor


@contextmanager
def open_group(servers, _):
    url = migrated_database(servers)
    load_orders(servers, url, ORDERS)
    run_script(url, "number_orders.sql")
    ids = servers.folder / "ids"
    write_ids(servers, url, ids, "numbered_orders")
    with service("api", servers.folder, DATABASE_URL=url, RABBITMQ_URL=servers.rabbitmq) as api:
        yield Context(api, url, ids, cursor_of_page(api, DEEP_PAGE, PAGE))


def by_id(path, connections):
    return lambda context, seconds: http_sample(context.api.base, connections, seconds, "get_orders.lua",
                                                ORDER_IDS=context.ids, ORDER_PATH=path)


def select(clients):
    return lambda context, seconds: pgbench(context.url, "select_order.sql", clients, seconds, orders=IDS)


def first_page(context, seconds):
    return http_sample(f"{context.api.base}/orders?limit={PAGE}", 64, seconds)


def deep_page(context, seconds):
    return http_sample(f"{context.api.base}/orders?limit={PAGE}&cursor={context.deep_cursor}", 64, seconds)


GROUP = Group(open_group, [
    Scenario("GET /orders/{id}, 64 connections", "requests/s",
             {"delivery": by_id("/orders/%s", 64), SELECT: select(64), FLOOR: floor(64)}, at_least(1, SELECT)),
    Scenario("GET /orders/{id}, 1 connection", "requests/s", {"delivery": by_id("/orders/%s", 1), SELECT: select(1)}),
    Scenario("GET /orders/{id}/events, 64 connections", "requests/s",
             {"delivery": by_id("/orders/%s/events", 64), SELECT: select(64)}),
    Scenario(f"GET /orders, page {DEEP_PAGE:,}, 64 connections", "requests/s",
             {"page 10,000": deep_page, "page 1": first_page}, at_least(0.8, "page 1")),
])
