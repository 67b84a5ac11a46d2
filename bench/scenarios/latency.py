"""How long an order waits when nothing else is going on: to its first message, and to DELIVERED."""

import datetime
import json
import statistics
import time

from harness.rounds import Group, Sample, Scenario, below, servers_alone
from harness.delivery import migrated_database, service
from scenarios.embedded import embedded
from scenarios.life_cycle import NO_DURATIONS

ORDERS = 60
# Odd steps, so that no timer of the service can fall into step with the orders.
PAUSES = (0.061, 0.083, 0.107)
ANSWER_LIMIT = 10.0


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def published(log):
    """When the relay had its broker's confirmation, by order and status, from its log at `debug`."""
    times = {}
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            if '"event published"' in line and line.endswith("\n"):
                told = json.loads(line)
                times[told["order_id"], told["order_status"]] = moment(told["timestamp"])
    return times


def latency(api, log, status):
    """Milliseconds from an order's created_at to the confirmation of its `status` event."""
    created = {}
    for number in range(ORDERS):
        order = api.post_order()
        created[order["id"]] = moment(order["created_at"])
        time.sleep(PAUSES[number % len(PAUSES)])
    give_up = time.monotonic() + ANSWER_LIMIT
    times = published(log)
    while not all((order, status) in times for order in created):
        if time.monotonic() > give_up:
            raise RuntimeError(f"{ANSWER_LIMIT:g} s later, not every order is published as {status}")
        time.sleep(0.1)
        times = published(log)
    waited = sorted((times[order, status] - since) * 1000 for order, since in created.items())
    return Sample(statistics.median(waited), statistics.median(waited), waited[int(len(waited) * 0.99)])


def of_embedded(status):
    def run(servers, _):
        with embedded(servers, LOG_LEVEL="debug", **NO_DURATIONS) as process:
            return latency(process, process.log, status)
    return run


def of_run_on_servers(status):
    def run(servers, _):
        settings = on_servers(servers)
        with service("run", servers.folder, LOG_LEVEL="debug", **settings) as process:
            time.sleep(1)
            return latency(process, process.log, status)
    return run


def of_separate(status):
    def run(servers, _):
        settings = on_servers(servers)
        with (service("api", servers.folder, **settings) as api,
              service("relay", servers.folder, LOG_LEVEL="debug", **settings) as relay,
              service("worker", servers.folder, **settings)):
            time.sleep(1)
            return latency(api, relay.log, status)
    return run


def on_servers(servers):
    return {"DATABASE_URL": migrated_database(servers), "RABBITMQ_URL": servers.rabbitmq, **NO_DURATIONS}


def scenario(text, run, status, bar=None):
    return Scenario(f"idle: {text}", "ms (median)", {"delivery": run(status)}, bar)


GROUP = Group(servers_alone, [
    scenario("posted to published, embedded", of_embedded, "RECEIVED", below(5, "ms")),
    scenario("posted to published, run on servers", of_run_on_servers, "RECEIVED", below(5, "ms")),
    scenario("posted to published, separate processes", of_separate, "RECEIVED", below(20, "ms")),
    scenario("posted to delivered, embedded", of_embedded, "DELIVERED"),
    scenario("posted to delivered, separate processes", of_separate, "DELIVERED"),
])
