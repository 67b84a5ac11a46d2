"""What many stored orders cost: each measurement against a database that has next to none."""

import shutil
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.delivery import Process, audit_summary, migrated_database, service
from harness.load import http_sample
from harness.pgbench import pgbench
from harness.rounds import Group, Sample, Scenario, at_least, say
from harness.servers import Servers
from scenarios import read
from scenarios.life_cycle import CONNECTIONS, delivery, finish_on_postgres

# Rows, indexes, and the WAL of writing them.
BYTES_AN_ORDER = 1600
# Reading needs something to be read: that many times less than in the loaded database.
FEWER = 100
MANY, FEW, NONE = "many stored", "few stored", "none stored"


@dataclass
class Store:
    """A database with orders, an API on it, and how to ask for them."""
    url: str
    api: Process
    ids: Path
    chosen: int
    deep_cursor: str


@dataclass
class Context:
    servers: Servers
    many: Store
    few: Store


def check_space(folder, orders):
    needed, free = orders * BYTES_AN_ORDER, shutil.disk_usage(folder).free
    if free < needed:
        raise RuntimeError(f"growth: {orders:,} orders take about {needed / 1e9:.1f} GB in {folder}, where only "
                           f"{free / 1e9:.1f} GB are free; --orders makes it smaller")


@contextmanager
def store(servers, orders):
    url, started = migrated_database(servers), time.monotonic()
    read.load_orders(servers, url, orders)
    say(f"{orders:,} orders stored in {time.monotonic() - started:.0f} s, "
        + servers.sql("SELECT pg_size_pretty(pg_database_size(current_database()))", url))
    ids = servers.folder / f"ids-{orders}"
    read.run_script(url, "choose_orders.sql", percent=min(100, 100 * read.IDS / orders))
    chosen = read.write_ids(servers, url, ids, "chosen_orders")
    with service("api", servers.folder, DATABASE_URL=url, RABBITMQ_URL=servers.rabbitmq) as api:
        page = min(read.DEEP_PAGE, orders // (2 * read.PAGE))
        yield Store(url, api, ids, chosen, read.cursor_of_page(api, page, read.PAGE))


@contextmanager
def open_group(servers, settings):
    check_space(servers.folder, settings.orders)
    with ExitStack() as stack:
        few = stack.enter_context(store(servers, max(1000, settings.orders // FEWER)))
        yield Context(servers, stack.enter_context(store(servers, settings.orders)), few)


def on_both(run):
    """The same of both databases; `run` is called as a contestant with a Store for its context."""
    return {MANY: lambda context, seconds: run(context.many, seconds),
            FEW: lambda context, seconds: run(context.few, seconds)}


def select(stored, seconds):
    """What PostgreSQL itself takes for the rows that GET reads."""
    return pgbench(stored.url, "select_chosen.sql", CONNECTIONS, seconds, chosen=stored.chosen)


def audit(stored, _):
    """Rows of orders and histories a second, the command's start included."""
    started = time.monotonic()
    told = audit_summary(stored.url)
    took = time.monotonic() - started
    return Sample((told["orders"] + told["events"]) / took, errors=told["violations"])


def life_cycle(url):
    def run(context, seconds):
        with delivery(context.servers, url(context)) as deployment:
            context.servers.settle()
            return finish_on_postgres(context.servers, deployment, seconds)
    return run


def post(url):
    def run(context, seconds):
        with service("api", context.servers.folder, DATABASE_URL=url(context),
                     RABBITMQ_URL=context.servers.rabbitmq) as api:
            context.servers.settle()
            return http_sample(api.base + "/orders", CONNECTIONS, seconds, "post_order.lua")
    return run


def written(run):
    """The same into the loaded database and into an empty one."""
    return {MANY: run(lambda context: context.many.url), NONE: run(lambda context: migrated_database(context.servers))}


# POST comes last: it leaves events that nobody publishes, and the audit would complain of them.
GROUP = Group(open_group, [
    Scenario("growth: GET /orders/{id}, 64 connections", "requests/s", on_both(read.by_id("/orders/%s", CONNECTIONS)),
             at_least(0.8, FEW)),
    Scenario("growth: pgbench select of an order by its id, 64 clients", "requests/s", on_both(select)),
    Scenario("growth: GET /orders, page 1, 64 connections", "requests/s", on_both(read.first_page), at_least(0.8, FEW)),
    Scenario(f"growth: GET /orders, page {read.DEEP_PAGE:,}, 64 connections", "requests/s", on_both(read.deep_page),
             at_least(0.8, FEW)),
    Scenario("growth: delivery audit", "rows/s", on_both(audit), at_least(0.8, FEW)),
    Scenario("growth: life cycle, one of each role", "orders/s", written(life_cycle), at_least(0.8, NONE)),
    Scenario("growth: POST /orders, 64 connections", "orders/s", written(post), at_least(0.8, NONE)),
], is_default=False)
