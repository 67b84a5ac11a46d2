"""The broker is away while orders come in; then it is back, and what waits is to be published."""

import subprocess
import time
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass

from harness import children
from harness.delivery import migrated_database
from harness.ledger import STORED_WITHIN, Tally
from harness.load import wrk
from harness.rounds import Experiment, Group, Sample, Scenario, at_least, below, say, servers_alone
from scenarios.life_cycle import CONNECTIONS, delivery

# Orders are picked for as long as nothing else would be measured: each event is to be published once and consumed once.
CARRIER = {"PICKING_DURATION": "10h"}
DRAIN_LIMIT = 3600.0
POLL = 0.25
AWAY, THERE, DRAINING = "broker away", "broker there", "while it drains"
SNAPSHOT, PLAIN = "under a long snapshot", "without"


@contextmanager
def long_snapshot(url):
    """Somebody's report that takes hours: no row that dies meanwhile can be removed."""
    psql = children.start(["psql", "-XqAt", url], {}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    psql.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT count(*) FROM relays;\n")
    psql.stdin.flush()
    psql.stdout.readline()
    try:
        yield
    finally:
        psql.communicate("COMMIT;\n")


class Posts:
    """POST /orders at full speed, a slice at a time."""

    def __init__(self, api):
        self.api = api
        self.tally = Tally()

    def slice(self, seconds):
        told = wrk(self.api.base + "/orders", CONNECTIONS, seconds, "post_order.lua")
        self.tally.note(told["requests"] - told["errors"], CONNECTIONS)
        return told


def as_sample(slices):
    """Rates over all slices; the worst p99 of any."""
    return Sample(sum(told["requests"] for told in slices) / sum(told["seconds"] for told in slices),
                  max(told["p50_ms"] for told in slices), max(told["p99_ms"] for told in slices),
                  sum(told["errors"] for told in slices), max(told["busy"] for told in slices))


def fill(servers, deployment, posts, settings):
    """Until so many events wait; answers the slices."""
    slices = []
    while not slices or count_pending(servers, deployment) < settings.pending:
        slices.append(posts.slice(settings.seconds))
    return slices


def count_pending(servers, deployment):
    return int(servers.sql("SELECT count(*) FROM outbox", deployment.url))


def count_orders(servers, deployment):
    """Each has one event. What comes of requests that wrk has left unanswered is among them, which wrk cannot know."""
    time.sleep(STORED_WITHIN)
    return int(servers.sql("SELECT count(*) FROM orders", deployment.url))


def published(relay):
    return relay.metric("delivery_outbox_published_total")


def handled(worker):
    return worker.metric("delivery_worker_messages_total")


def await_count(count, role, goal):
    started = time.monotonic()
    while (reached := count(role)) < goal:
        if time.monotonic() - started > DRAIN_LIMIT:
            raise RuntimeError(f"only {reached:,.0f} of {goal:,.0f} events went through in {DRAIN_LIMIT:g} s")
        time.sleep(POLL)


@dataclass
class Course:
    """What one outage showed."""
    there: Sample
    away: Sample
    draining: Sample
    drain: Sample
    first_event_s: float
    outbox_mib: float
    dead_rows: int
    resident_mib: float


def go_through_outage(servers, settings, holding):
    url = migrated_database(servers)
    with delivery(servers, url, **CARRIER) as deployment:
        posts, (relay, worker) = Posts(deployment.apis[0]), deployment.others
        there = as_sample([posts.slice(settings.seconds)])
        await_count(published, relay, count_orders(servers, deployment))
        with ExitStack() as held:
            with servers.broker_away():
                away = as_sample(fill(servers, deployment, posts, settings))
                pending, before = count_pending(servers, deployment), published(relay)
                say(f"{pending:,} events wait")
                held.enter_context(holding(url))
            back = time.monotonic()
            await_count(published, relay, before + 1)
            first = time.monotonic() - back
            draining = as_sample([posts.slice(settings.seconds)])
            await_count(published, relay, before + pending)
            drain = (published(relay) - before) / (time.monotonic() - back)
            stored = count_orders(servers, deployment)
            await_count(published, relay, stored)
            await_count(handled, worker, stored)  # Nothing is left in the queue for who comes next.
            time.sleep(1)  # The last batch is settled, and the statistics of its transaction are in.
            outbox_mib = int(servers.sql("SELECT pg_total_relation_size('outbox')", url)) / 2**20
            dead = int(servers.sql("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'outbox'", url))
        errors = count_pending(servers, deployment) + posts.tally.mismatches(count_orders(servers, deployment))
        resident = max(role.peak_resident_mib() for role in deployment.roles)
        return Course(there, away, draining, Sample(drain, errors=errors), first, outbox_mib, dead, resident)


def run(servers, settings):
    plain = go_through_outage(servers, settings, nullcontext)
    held = go_through_outage(servers, settings, long_snapshot)
    return {
        POST.name: {AWAY: plain.away, THERE: plain.there, DRAINING: plain.draining},
        DRAIN.name: {SNAPSHOT: held.drain, PLAIN: plain.drain},
        FIRST.name: {PLAIN: Sample(plain.first_event_s)},
        RESIDENT.name: {PLAIN: Sample(plain.resident_mib)},
        OUTBOX.name: {SNAPSHOT: Sample(held.outbox_mib), PLAIN: Sample(plain.outbox_mib)},
        DEAD.name: {PLAIN: Sample(plain.dead_rows)},
    }


POST = Scenario("backlog: POST /orders, 64 connections", "orders/s", [AWAY, THERE, DRAINING], at_least(0.9, THERE))
DRAIN = Scenario("backlog: drained, orders coming in at first", "events/s", [SNAPSHOT, PLAIN], at_least(0.8, PLAIN))
FIRST = Scenario("backlog: broker back to first event", "s", [PLAIN], below(5, "s"))
RESIDENT = Scenario("backlog: resident memory, largest role", "MiB", [PLAIN], below(200, "MiB"))
OUTBOX = Scenario("backlog: outbox with its indexes, drained", "MiB", [SNAPSHOT, PLAIN])
DEAD = Scenario("backlog: dead rows of the outbox, drained", "rows", [PLAIN])

GROUP = Group(servers_alone, [Experiment([POST, DRAIN, FIRST, RESIDENT, OUTBOX, DEAD], run)], is_default=False)
