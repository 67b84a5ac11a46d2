"""From POST to DELIVERED, three confirmed events each, on PostgreSQL and RabbitMQ on this same machine."""

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from harness import fastapi_peer
from harness.delivery import Deployment, migrated_database, service
from harness.ledger import Ledger, Tally
from harness.load import wrk_on_each
from harness.rounds import Group, Sample, Scenario, at_least
from harness.servers import Servers
from scenarios.peers import TRANSACTION, insert

CONNECTIONS = 64
NO_DURATIONS = {"PICKING_DURATION": "0", "TRANSIT_DURATION": "0"}
# For each second of load: orders may come forty times as fast as a service takes them through.
FINISH_LIMIT_A_SECOND = 40.0
FINISH_LIMIT_LEAST = 120.0
# What was delivered last is published soon.
PUBLISH_LIMIT = 10.0
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
        yield Deployment(url, roles["api"], roles["relay"] + roles["worker"])


def finish(apis, seconds, ledger):
    """Orders a second, from the first request to the last delivery."""
    started = time.monotonic()
    told = wrk_on_each([api.base + "/orders" for api in apis], CONNECTIONS, seconds, "post_order.lua")
    ledger.await_deliveries(FINISH_LIMIT_LEAST + FINISH_LIMIT_A_SECOND * seconds)
    took = time.monotonic() - started
    delivered = ledger.count_delivered()
    ledger.drain(PUBLISH_LIMIT)
    posted = Tally(told["requests"] - told["errors"], CONNECTIONS)
    return Sample(delivered / took, told["p50_ms"], told["p99_ms"],
                  told["errors"] + posted.mismatches(ledger.count_stored()) + ledger.mismatches(), told["busy"])


def postgres_ledger(servers, deployment):
    return Ledger(lambda statement: servers.sql(statement, deployment.url), deployment.outbox)


def finish_on_postgres(servers, deployment, seconds):
    return finish(deployment.apis, seconds, postgres_ledger(servers, deployment))


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
