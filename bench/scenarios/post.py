"""POST /orders on PostgreSQL, against the same rows written by pgbench."""

from contextlib import contextmanager
from dataclasses import dataclass

from harness.delivery import Process, run_command, service
from harness.load import http_sample
from harness.pgbench import pgbench
from harness.rounds import Group, Scenario, at_least, p50_at_most
from harness.servers import Servers

TRANSACTION = "pgbench BEGIN…COMMIT"
STATEMENT = "pgbench one statement"
FLOOR = "floor: GET /livez"


@dataclass
class Context:
    servers: Servers
    api: Process
    url: str
    peer_url: str


@contextmanager
def open_group(servers):
    url, peer_url = servers.fresh_database(), servers.fresh_database()
    for database in (url, peer_url):
        run_command("migrate", "up", DATABASE_URL=database)
    with service("api", servers.folder, DATABASE_URL=url, RABBITMQ_URL=servers.rabbitmq) as api:
        yield Context(servers, api, url, peer_url)


def post(connections):
    def run(context, seconds):
        context.servers.settle()
        return http_sample(context.api.base + "/orders", connections, seconds, "post_order.lua")
    return run


def insert(script, clients):
    def run(context, seconds):
        context.servers.settle()
        return pgbench(context.peer_url, script, clients, seconds)
    return run


def floor(connections):
    return lambda context, seconds: http_sample(context.api.base + "/livez", connections, seconds)


def scenario(connections, bar=None):
    plural = "connection" if connections == 1 else "connections"
    return Scenario(f"POST /orders, {connections} {plural}", "orders/s",
                    {"delivery": post(connections),
                     TRANSACTION: insert("three_inserts.sql", connections),
                     STATEMENT: insert("one_statement.sql", connections),
                     FLOOR: floor(connections)}, bar)


GROUP = Group(open_group, [scenario(1, p50_at_most(0.7, TRANSACTION)), scenario(8),
                           scenario(64, at_least(5, TRANSACTION)), scenario(256)])
