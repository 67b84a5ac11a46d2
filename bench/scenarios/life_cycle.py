"""From POST to DELIVERED, three confirmed events each, on PostgreSQL and RabbitMQ on this same machine."""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from harness import fastapi_peer
from harness.delivery import Deployment, migrated_database, service
from harness.load import wrk
from harness.rounds import Group, Sample, Scenario, at_least
from harness.servers import Servers
from scenarios.peers import TRANSACTION, insert

CONNECTIONS = 64
NO_DURATIONS = {"PICKING_DURATION": "0", "TRANSIT_DURATION": "0"}
FINISH_LIMIT = 300.0
FASTAPI = "FastAPI service"


@dataclass
class Context:
    servers: Servers
    peer_url: str


@contextmanager
def delivery(servers, url, copies=1, **variables):
    """Its carrier takes no time, unless told otherwise."""
    settings = {"DATABASE_URL": url, "RABBITMQ_URL": servers.rabbitmq, **NO_DURATIONS} | variables
    with ExitStack() as stack:
        roles = {role: [stack.enter_context(service(role, servers.folder, **settings)) for _ in range(copies)]
                 for role in ("api", "relay", "worker")}
        time.sleep(1)  # Relays share out their shards.
        yield Deployment(url, roles["api"][0], roles["relay"] + roles["worker"])


def finish(api, seconds, is_unfinished, count_delivered):
    """Orders a second, from the first request to the last delivery; the functions ask the store."""
    delivered_before = count_delivered()
    started = time.monotonic()
    told = wrk(api.base + "/orders", CONNECTIONS, seconds, "post_order.lua")
    while is_unfinished():
        if time.monotonic() - started > FINISH_LIMIT:
            raise RuntimeError(f"orders are unfinished {FINISH_LIMIT:g} s after the load began")
        time.sleep(0.1)
    took = time.monotonic() - started
    delivered = count_delivered() - delivered_before
    missing = max(0, told["requests"] - delivered)
    return Sample(delivered / took, told["p50_ms"], told["p99_ms"], told["errors"] + missing, told["busy"])


def finish_on_postgres(servers, deployment, seconds):
    def ask(statement):
        return servers.sql(statement, deployment.url)
    return finish(deployment.api, seconds,
                  lambda: ask("SELECT EXISTS (SELECT FROM orders WHERE status = 'RECEIVED') "
                              "OR EXISTS (SELECT FROM orders WHERE status = 'IN_TRANSIT')") == "t",
                  lambda: int(ask("SELECT count(*) FROM orders WHERE status = 'DELIVERED'")))


def ours(copies):
    def run(context, seconds):
        with delivery(context.servers, migrated_database(context.servers), copies) as deployment:
            context.servers.settle()
            return finish_on_postgres(context.servers, deployment, seconds)
    return run


def fastapi(context, seconds):
    with fastapi_peer.deployment(context.servers) as deployment:
        context.servers.settle()
        return finish_on_postgres(context.servers, deployment, seconds)


@contextmanager
def open_group(servers, _):
    yield Context(servers, migrated_database(servers))


GROUP = Group(open_group, [
    Scenario("life cycle, one of each role", "orders/s",
             {"delivery": ours(1), TRANSACTION: insert(CONNECTIONS), FASTAPI: fastapi}, at_least(0.8, TRANSACTION)),
    Scenario("life cycle, two of each role", "orders/s",
             {"delivery": ours(2), TRANSACTION: insert(CONNECTIONS)}, at_least(0.8, TRANSACTION)),
])
