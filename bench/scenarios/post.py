"""POST /orders on PostgreSQL, against the same rows written by pgbench."""

from contextlib import contextmanager
from dataclasses import dataclass

from harness.delivery import Process, migrated_database, service
from harness.load import http_sample
from harness.rounds import Group, Scenario, at_least, p50_at_most
from harness.servers import Servers
from scenarios.peers import FLOOR, TRANSACTION, floor, insert

STATEMENT = "pgbench one statement"


@dataclass
class Context:
    servers: Servers
    api: Process
    peer_url: str


@contextmanager
def open_group(servers, _):
    with service("api", servers.folder, DATABASE_URL=migrated_database(servers), RABBITMQ_URL=servers.rabbitmq) as api:
        yield Context(servers, api, migrated_database(servers))


def post(connections):
    def run(context, seconds):
        context.servers.settle()
        return http_sample(context.api.base + "/orders", connections, seconds, "post_order.lua")
    return run


def scenario(connections, bar=None):
    plural = "connection" if connections == 1 else "connections"
    return Scenario(f"POST /orders, {connections} {plural}", "orders/s",
                    {"delivery": post(connections),
                     TRANSACTION: insert(connections),
                     STATEMENT: insert(connections, "one_statement.sql"),
                     FLOOR: floor(connections)}, bar)


# A statement is the least that a single order costs whoever stores it: how far above that is ours?
GROUP = Group(open_group, [scenario(1, p50_at_most(0.7, TRANSACTION, STATEMENT)), scenario(8),
                           scenario(64, at_least(5, TRANSACTION)), scenario(256)])
