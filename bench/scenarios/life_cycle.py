"""From POST to DELIVERED, three confirmed events each, on PostgreSQL and RabbitMQ on this same machine."""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from harness import fastapi_peer
from harness.delivery import Process, run_command, service
from harness.load import whole, wrk
from harness.pgbench import pgbench
from harness.rounds import Group, Sample, Scenario, at_least
from harness.servers import Servers

CONNECTIONS = 64
NO_DURATIONS = {"PICKING_DURATION": "0", "TRANSIT_DURATION": "0"}
FINISH_LIMIT = 300.0
TRANSACTION = "pgbench BEGIN…COMMIT"
FASTAPI = "FastAPI service"


@dataclass
class Deployment:
    """Roles of one service on a database of its own."""
    url: str
    api: Process
    others: list[Process] = field(default_factory=list)


@dataclass
class Context:
    servers: Servers
    peer_url: str


@contextmanager
def delivery(servers, copies):
    """Its carrier takes no time."""
    url = servers.fresh_database()
    settings = {"DATABASE_URL": url, "RABBITMQ_URL": servers.rabbitmq, **NO_DURATIONS}
    run_command("migrate", "up", **settings)
    with ExitStack() as stack:
        roles = {role: [stack.enter_context(service(role, servers.folder, **settings)) for _ in range(copies)]
                 for role in ("api", "relay", "worker")}
        time.sleep(1)  # Relays share out their shards.
        yield Deployment(url, roles["api"][0], roles["relay"] + roles["worker"])


def finish(servers, deployment, seconds):
    """Orders a second, from the first request to the last delivery."""
    started = time.monotonic()
    told = wrk(deployment.api.base + "/orders", CONNECTIONS, whole(seconds), "post_order.lua")
    while count_unfinished(servers, deployment.url):
        if time.monotonic() - started > FINISH_LIMIT:
            raise RuntimeError(f"orders are unfinished {FINISH_LIMIT:g} s after the load began")
        time.sleep(0.1)
    took = time.monotonic() - started
    delivered = int(servers.sql("SELECT count(*) FROM orders WHERE status = 'DELIVERED'", deployment.url))
    missing = max(0, told["requests"] - delivered)
    return Sample(delivered / took, told["p50_ms"], told["p99_ms"], told["errors"] + missing, told["busy"])


def count_unfinished(servers, url):
    return servers.sql("SELECT EXISTS (SELECT FROM orders WHERE status = 'RECEIVED') "
                       "OR EXISTS (SELECT FROM orders WHERE status = 'IN_TRANSIT')", url) == "t"


def ours(copies):
    def run(context, seconds):
        with delivery(context.servers, copies) as deployment:
            context.servers.settle()
            return finish(context.servers, deployment, seconds)
    return run


def fastapi(context, seconds):
    with fastapi_peer.deployment(context.servers) as deployment:
        context.servers.settle()
        return finish(context.servers, deployment, seconds)


def insert(context, seconds):
    context.servers.settle()
    return pgbench(context.peer_url, "three_inserts.sql", CONNECTIONS, seconds)


@contextmanager
def open_group(servers):
    peer_url = servers.fresh_database()
    run_command("migrate", "up", DATABASE_URL=peer_url)
    yield Context(servers, peer_url)


GROUP = Group(open_group, [
    Scenario("life cycle, one of each role", "orders/s",
             {"delivery": ours(1), TRANSACTION: insert, FASTAPI: fastapi}, at_least(0.8, TRANSACTION)),
    Scenario("life cycle, two of each role", "orders/s",
             {"delivery": ours(2), TRANSACTION: insert}, at_least(0.8, TRANSACTION)),
])
