"""Twice as many orders as the service can take; and clients and consumers that take their time."""

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager

from harness.delivery import ORDER, migrated_database, service
from harness.fastapi_peer import BENCH, PYTHON
from harness.load import SCRIPTS, http_sample
from harness.posts import Posts, percentile
from harness.rounds import Bar, Experiment, Group, Sample, Scenario, at_least, below, servers_alone
from harness.servers import environment
from scenarios.life_cycle import CONNECTIONS, delivery, finish_on_postgres

# Where the capacity is looked for, each with connections that never rest. It comes from the same load generator as the
# flood, which shares the processors with what it measures, and is measured before the flood and after it.
CAPACITY_CONNECTIONS = (64, 256, 1024)
# Of the capacity: what comes all the time, and what comes on top for a while.
NORMAL, FLOOD = 0.25, 1.75
# Each connection has one request at a time and asks three times a second: where the service answers within a third of a
# second, on average, all that is offered comes. "answers" says what came.
CONNECTION_RATE = 3.0
# In all, for the service turns away what is beyond 10,000.
CONNECTIONS_MOST = 9500
FLOOD_SECONDS = 10.0
# Thousands of connections need this long to be made.
WARM_UP = 2.0
BUCKET = 0.25
SLOW_CLIENTS = 200
OFFERED, CAPACITY = "offered twice that", "capacity"
ALONE, SLOW_CLIENT = "alone", f"beside {SLOW_CLIENTS} slow clients"
SLOW_CONSUMER, QUICK_CONSUMER = "beside a slow consumer", "beside a quick consumer"
LAZY_CONSUMER = "beside a slow consumer's lazy queue"


def probe(port, until):
    """Asks now and then, to see the headers: how many 503 came without Retry-After."""
    without = 0
    while time.time() < until:
        time.sleep(0.05)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", "/orders", json.dumps(ORDER), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            without += answer.status == 503 and not answer.getheader("Retry-After")
        finally:
            connection.close()
    return without


def recovery(answers, since, limit_ms):
    """Seconds until what is asked within a quarter of a second is answered within the limit again, but for 1 %."""
    moment, end = since, max(answer.began for answer in answers)
    while moment < end:
        bucket = [answer for answer in answers if moment <= answer.began < moment + BUCKET]
        if bucket and percentile(bucket, 0.99) <= limit_ms:
            break
        moment += BUCKET
    return moment - since


def measure_capacity(servers, api, connections, seconds):
    servers.settle()
    posts = Posts(servers.folder, api.base, connections, seconds)
    answers = [answer for answer in posts.answers() if answer.ended < posts.until]
    stored = [answer for answer in answers if answer.status == 201]
    return Sample(len(stored) / seconds, percentile(stored, 0.5), percentile(stored, 0.99), len(answers) - len(stored),
                  posts.busy)


def offer(servers, api, capacity, share, seconds):
    """So much of the capacity, over as many connections as that takes, but no more than its part of the most."""
    rate, most = share * capacity, CONNECTIONS_MOST * share / (NORMAL + FLOOD)
    return Posts(servers.folder, api.base, max(1, round(min(most, rate / CONNECTION_RATE))), seconds, rate)


def flood(servers, settings):
    """Normal load all the time, and for ten seconds in the middle as much more as makes it twice the capacity."""
    variables = {"DATABASE_URL": migrated_database(servers), "RABBITMQ_URL": servers.rabbitmq}
    with service("api", servers.folder, **variables) as api:
        before = {connections: measure_capacity(servers, api, connections, settings.seconds)
                  for connections in CAPACITY_CONNECTIONS}
        connections, capacity = max(before.items(), key=lambda item: item[1].value)
        resident_before = api.peak_resident_mib()
        servers.settle()
        normal = offer(servers, api, capacity.value, NORMAL, 2 * settings.seconds + FLOOD_SECONDS)
        time.sleep(settings.seconds)
        more = offer(servers, api, capacity.value, FLOOD, FLOOD_SECONDS)
        without_retry_after = probe(api.port, more.until)
        # The one that ends last comes first: to read what the flood left takes a processor, which is not to be missing
        # while recovery is watched.
        steady, flooding = normal.answers(), more.answers()
        resident = api.peak_resident_mib()
        after = measure_capacity(servers, api, connections, settings.seconds)
        return flood_samples(between(capacity, after), resident, resident_before, without_retry_after,
                             (steady, flooding), (more.began, more.until), max(normal.busy, more.busy))


def between(one, other):
    """Their mean, and the errors of both."""
    def mean(name):
        return (getattr(one, name) + getattr(other, name)) / 2
    return Sample(mean("value"), mean("p50_ms"), mean("p99_ms"), one.errors + other.errors, mean("generator_busy"))


def flood_samples(capacity, resident, resident_before, without_retry_after, answers, window, busy):
    steady, flooding = answers
    began, until = window
    during = [answer for answer in steady + flooding if began + WARM_UP <= answer.ended < until]
    accepted = [answer for answer in during if answer.status == 201]
    refused = [answer for answer in during if answer.status == 503]
    others = sum(answer.status not in (201, 503) for answer in steady + flooding)
    took = until - began - WARM_UP
    usual = percentile([answer for answer in steady if answer.ended < began], 0.99)
    limit = max(2 * usual, 20.0)

    def sample(value, of=(), errors=0):
        return Sample(value, *((percentile(of, share) if of else None) for share in (0.5, 0.99)), errors, busy)

    return {
        KEPT.name: {OFFERED: sample(len(accepted) / took, accepted, others), CAPACITY: capacity},
        RATE.name: {OFFERED: sample(len(during) / took / capacity.value)},
        REFUSED.name: {OFFERED: sample(100 * len(refused) / max(1, len(during)), refused, without_retry_after)},
        WAIT.name: {OFFERED: sample(percentile(accepted, 0.99), accepted)},
        REFUSAL.name: {OFFERED: sample(percentile(refused, 0.99), refused)},
        RESIDENT.name: {OFFERED: Sample(resident), CAPACITY: Sample(resident_before)},
        RECOVERY.name: {OFFERED: sample(recovery(steady, until, limit))},
    }


KEPT = Scenario("overload: orders accepted", "orders/s", [OFFERED, CAPACITY], at_least(0.9, CAPACITY))
RATE = Scenario("overload: answers, 201 or 503", "× capacity", [OFFERED])
REFUSED = Scenario("overload: refused with 503 and Retry-After", "% of answers", [OFFERED])
WAIT = Scenario("overload: p99 of what is accepted", "ms", [OFFERED], below(1000, "ms"))
REFUSAL = Scenario("overload: p99 of a refusal", "ms", [OFFERED])
RESIDENT = Scenario("overload: resident memory of the api", "MiB", [OFFERED, CAPACITY], below(200, "MiB"))
RECOVERY = Scenario("overload: until p99 is as before", "s", [OFFERED], below(1, "s"))


@contextmanager
def child(command, **variables):
    process = subprocess.Popen([str(part) for part in command], env=environment(**variables), stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def post_alone(servers, seconds, beside=None):
    variables = {"DATABASE_URL": migrated_database(servers), "RABBITMQ_URL": servers.rabbitmq}
    with service("api", servers.folder, **variables) as api:
        for _ in range(100):
            api.post_order()  # What the slow clients will read.
        servers.settle()
        if not beside:
            return http_sample(api.base + "/orders", CONNECTIONS, seconds, "post_order.lua")
        with child([sys.executable, SCRIPTS / "slow_clients.py", api.port, SLOW_CLIENTS]):
            time.sleep(WARM_UP)
            return http_sample(api.base + "/orders", CONNECTIONS, seconds, "post_order.lua")


def live_alone(servers, seconds):
    with delivery(servers, migrated_database(servers)) as deployment:
        servers.settle()
        return finish_on_postgres(servers, deployment, seconds)


def live_beside(consumer, *arguments):
    """A consumer on the exchange costs a queue more, whether it is quick or slow."""
    def run(servers, seconds):
        with (delivery(servers, migrated_database(servers)) as deployment,
              child([PYTHON, "-m", f"peers.{consumer}", *arguments], RABBITMQ_URL=servers.rabbitmq, PYTHONPATH=BENCH,
                    PYTHONDONTWRITEBYTECODE=1) as process):
            if not process.stdout.readline():
                raise RuntimeError(f"the {consumer} did not start")
            servers.settle()
            return finish_on_postgres(servers, deployment, seconds)
    return run


def is_unharmed(result):
    return result.ratio(ALONE) >= 0.9 and result.ratio(ALONE, "p99_ms") <= 1.5


UNHARMED = Bar(f"≥ 0.9× {ALONE}, p99 ≤ 1.5×", is_unharmed)
GROUP = Group(servers_alone, [
    Experiment([KEPT, RATE, REFUSED, WAIT, REFUSAL, RESIDENT, RECOVERY], flood),
    Scenario("slow clients: POST /orders, 64 connections", "orders/s",
             {SLOW_CLIENT: lambda servers, seconds: post_alone(servers, seconds, beside=SLOW_CLIENT),
              ALONE: post_alone}, UNHARMED),
    Scenario("slow consumer: life cycle", "orders/s",
             {SLOW_CONSUMER: live_beside("slow_consumer"), LAZY_CONSUMER: live_beside("slow_consumer", "lazy"),
              QUICK_CONSUMER: live_beside("quick_consumer"), ALONE: live_alone}, at_least(0.8, QUICK_CONSUMER)),
], is_default=False)
