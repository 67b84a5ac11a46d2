"""Twice as many orders as the service can take; and clients and consumers that take their time."""

import http.client
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass

from harness import children
from harness.delivery import ORDER, migrated_database, service
from harness.fastapi_peer import BENCH, PYTHON
from harness.ledger import Tally
from harness.load import SCRIPTS, http_sample
from harness.posts import Answer, Posts, count_accepted, files_most, percentile
from harness.rounds import Bar, Experiment, Group, Sample, Scenario, at_least, below, say, servers_alone
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
# Of one process: all connections, and what it has open besides.
FILES = CONNECTIONS_MOST + 300
FLOOD_SECONDS = 10.0
# Thousands of connections need this long to be made; what comes meanwhile is left out everywhere.
WARM_UP = 2.0
# p99 is as before where it is at most twice the usual, or this: taken of what is asked within each bucket.
USUAL_MS = 20.0
BUCKET = 0.25
RECOVERY_SECONDS_LEAST = 5.0
SLOW_CLIENTS = 200
# Of the half of them that reads; some may just be coming back.
HELD_UP_LEAST = 0.8
OFFERED, CAPACITY = "offered twice that", "capacity"
ALONE, SLOW_CLIENT = "alone", f"beside {SLOW_CLIENTS} slow clients"
SLOW_CONSUMER, QUICK_CONSUMER = "beside a slow consumer", "beside a quick consumer"
LAZY_CONSUMER = "beside a slow consumer's lazy queue"


def check_files():
    """Both the service and the load generator raise their own limit, but not beyond the hard one."""
    if files_most() < FILES:
        raise RuntimeError(f"{CONNECTIONS_MOST:,} connections need {FILES:,} open files in one process, and the hard "
                           f"limit is {files_most():,}. Raise it: as root, ulimit -Hn {FILES}; for a user, nofile in "
                           f"/etc/security/limits.conf; for a container, --ulimit nofile={FILES}")


@dataclass
class Probed:
    """What a client that looks at headers has seen."""
    accepted: int = 0
    refused: int = 0
    without_retry_after: int = 0
    failed: int = 0

    def ask(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", "/orders", json.dumps(ORDER), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            self.accepted += answer.status == 201
            self.refused += answer.status == 503
            self.without_retry_after += answer.status == 503 and not answer.getheader("Retry-After")
            self.failed += answer.status not in (201, 503)
        except (OSError, http.client.HTTPException):
            self.failed += 1
        finally:
            connection.close()


def probe(port, until):
    """Asks now and then, for h2load keeps no headers."""
    probed = Probed()
    while time.time() < until:
        time.sleep(0.05)
        probed.ask(port)
    return probed


def recovery(answers, since, until, limit_ms):
    """Seconds until what is asked within a bucket is answered within the limit again, but for 1 %; an error where that
    does not come about while it is watched."""
    moment = since
    while moment + BUCKET <= until:
        bucket = [answer for answer in answers if moment <= answer.began < moment + BUCKET]
        if bucket and percentile(bucket, 0.99) <= limit_ms:
            return Sample(moment - since)
        moment += BUCKET
    return Sample(until - since, errors=1)


class Target:
    """An api with a database of its own, and how many orders it was given."""

    def __init__(self, servers, api, url):
        self.servers, self.api, self.url = servers, api, url
        self.tally = Tally()

    def post(self, connections, seconds, rate=None):
        return Posts(self.servers.folder, self.api.base, connections, seconds, rate)

    def answers(self, posts):
        answers = posts.answers()
        self.tally.note(count_accepted(answers), posts.connections)
        return answers

    def capacity(self, connections, seconds):
        self.servers.settle()
        with self.post(connections, WARM_UP + seconds) as posts:
            since = posts.began + WARM_UP
            answers = [answer for answer in self.answers(posts) if since <= answer.ended < posts.until]
            stored = [answer for answer in answers if answer.status == 201]
            return Sample(len(stored) / seconds, percentile(stored, 0.5), percentile(stored, 0.99),
                          len(answers) - len(stored), posts.busy)

    def offer(self, capacity, share, seconds):
        """So much of the capacity, over as many connections as that takes, but no more than its part of the most."""
        rate, most = share * capacity, CONNECTIONS_MOST * share / (NORMAL + FLOOD)
        return self.post(max(1, round(min(most, rate / CONNECTION_RATE))), seconds, rate)

    def mismatches(self):
        return self.tally.mismatches(int(self.servers.sql("SELECT count(*) FROM orders", self.url)))


@dataclass
class Course:
    """What one flood showed."""
    capacity: Sample
    resident: Sample
    resident_before: Sample
    normal: Posts
    more: Posts
    steady: list[Answer]
    flooding: list[Answer]
    probed: Probed
    mismatches: int


def flood(servers, settings):
    """Normal load all the time, and for ten seconds in the middle as much more as makes it twice the capacity."""
    check_files()
    url = migrated_database(servers)
    with service("api", servers.folder, DATABASE_URL=url, RABBITMQ_URL=servers.rabbitmq) as api:
        target = Target(servers, api, url)
        before = {connections: target.capacity(connections, settings.seconds) for connections in CAPACITY_CONNECTIONS}
        connections, best = max(before.items(), key=lambda item: item[1].value)
        resident_before = Sample(api.peak_resident_mib())
        servers.settle()
        calm = WARM_UP + settings.seconds
        watched = max(settings.seconds, RECOVERY_SECONDS_LEAST)
        with target.offer(best.value, NORMAL, calm + FLOOD_SECONDS + watched) as normal:
            time.sleep(calm)
            with target.offer(best.value, FLOOD, FLOOD_SECONDS) as more:
                probed = probe(api.port, more.until)
                # The one that ends last comes first: to read what the flood left takes a processor, which is not to be
                # missing while recovery is watched.
                steady, flooding = target.answers(normal), target.answers(more)
        target.tally.note(probed.accepted, probed.failed)
        resident = Sample(api.peak_resident_mib())
        capacity = between(best, target.capacity(connections, settings.seconds))
        return flood_samples(Course(capacity, resident, resident_before, normal, more, steady, flooding, probed,
                                    target.mismatches()))


def between(one, other):
    """Their mean, and the errors of both."""
    def mean(name):
        return (getattr(one, name) + getattr(other, name)) / 2
    return Sample(mean("value"), mean("p50_ms"), mean("p99_ms"), one.errors + other.errors, mean("generator_busy"))


def flood_samples(course):
    normal, more = course.normal, course.more
    since = more.began + WARM_UP
    everything = course.steady + course.flooding
    during = [answer for answer in everything if since <= answer.ended < more.until]
    accepted = [answer for answer in during if answer.status == 201]
    refused = [answer for answer in during if answer.status == 503]
    others = sum(answer.status not in (201, 503) for answer in everything)
    took = more.until - since
    before = [answer for answer in course.steady if normal.began + WARM_UP <= answer.ended < more.began]
    limit_ms = max(2 * percentile(before, 0.99), USUAL_MS)

    def sample(value, of=(), errors=0):
        return Sample(value, *((percentile(of, share) if of else None) for share in (0.5, 0.99)), errors,
                      max(normal.busy, more.busy))

    return {
        KEPT.name: {OFFERED: sample(len(accepted) / took, accepted, others + course.mismatches),
                    CAPACITY: course.capacity},
        RATE.name: {OFFERED: sample(len(during) / took / course.capacity.value)},
        REFUSED.name: {OFFERED: sample(100 * len(refused) / max(1, len(during)), refused)},
        LOOKED_AT.name: {OFFERED: Sample(course.probed.refused,
                                         errors=course.probed.without_retry_after + course.probed.failed)},
        WAIT.name: {OFFERED: sample(percentile(accepted, 0.99), accepted)},
        REFUSAL.name: {OFFERED: sample(percentile(refused, 0.99), refused)},
        RESIDENT.name: {OFFERED: course.resident, CAPACITY: course.resident_before},
        RECOVERY.name: {OFFERED: recovery(course.steady, more.until, normal.until, limit_ms)},
    }


KEPT = Scenario("overload: orders accepted", "orders/s", [OFFERED, CAPACITY], at_least(0.9, CAPACITY))
RATE = Scenario("overload: answers, 201 or 503", "× capacity", [OFFERED])
REFUSED = Scenario("overload: refused with 503", "% of answers", [OFFERED])
LOOKED_AT = Scenario("overload: refusals looked at, each with Retry-After", "answers", [OFFERED])
WAIT = Scenario("overload: p99 of what is accepted", "ms", [OFFERED], below(1000, "ms"))
REFUSAL = Scenario("overload: p99 of a refusal", "ms", [OFFERED])
RESIDENT = Scenario("overload: resident memory of the api", "MiB", [OFFERED, CAPACITY], below(200, "MiB"))
RECOVERY = Scenario(f"overload: until p99 is as before (twice, or {USUAL_MS:g} ms), by {BUCKET:g} s", "s", [OFFERED],
                    below(1, "s"))


@contextmanager
def child(command, **variables):
    process = children.start(command, variables, stdout=subprocess.PIPE)
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
        with child([sys.executable, SCRIPTS / "slow_clients.py", api.port, SLOW_CLIENTS]) as process:
            time.sleep(WARM_UP)
            sample = http_sample(api.base + "/orders", CONNECTIONS, seconds, "post_order.lua")
            check_held_up(process, api.port)
            return sample


def check_held_up(process, port):
    readers, held_up = SLOW_CLIENTS // 2, count_held_up(port)
    say(f"{held_up} of {readers} slow readers hold up an answer")
    if process.poll() is not None or held_up < HELD_UP_LEAST * readers:
        raise RuntimeError(f"the slow clients were not there: {held_up} of {readers} readers hold up an answer")


def count_held_up(port):
    """Connections that the service on `port` keeps open, and where bytes wait that the client does not take. Each
    reader has asked for more than the kernel's buffers hold, so the service is in the middle of an answer there."""
    established = "01"
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table][1:]
    return sum(local.endswith(f":{port:04X}") and state == established and not queues.startswith("00000000:")
               for _, local, _, state, queues, *_ in rows)


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


UNHARMED = Bar(f"≥ 0.9× {ALONE}, p99 ≤ 1.5×", is_unharmed, (("p99_ms", ALONE),))
GROUP = Group(servers_alone, [
    Experiment([KEPT, RATE, REFUSED, LOOKED_AT, WAIT, REFUSAL, RESIDENT, RECOVERY], flood),
    Scenario("slow clients: POST /orders, 64 connections", "orders/s",
             {SLOW_CLIENT: lambda servers, seconds: post_alone(servers, seconds, beside=SLOW_CLIENT),
              ALONE: post_alone}, UNHARMED),
    Scenario("slow consumer: life cycle", "orders/s",
             {SLOW_CONSUMER: live_beside("slow_consumer"), LAZY_CONSUMER: live_beside("slow_consumer", "lazy"),
              QUICK_CONSUMER: live_beside("quick_consumer"), ALONE: live_alone}, at_least(0.8, QUICK_CONSUMER)),
], is_default=False)
