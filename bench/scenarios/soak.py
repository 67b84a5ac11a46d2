"""Half of what the life cycle can do, for a long time: nothing may grow but what is stored."""

import statistics
import time

from harness.delivery import migrated_database
from harness.ledger import Tally
from harness.posts import Posts, count_accepted, percentile
from harness.rounds import Experiment, Group, Sample, Scenario, at_least, at_most, say, servers_alone
from scenarios.life_cycle import CONNECTIONS, delivery, finish_on_postgres, postgres_ledger

SHARE = 0.5
SLICES_LEAST = 6
SLICE_SECONDS = 60.0
DRAIN_LIMIT = 300.0
ROLES = ["api", "relay", "worker"]
# In the first third, buffers and the outbox reach their size.
LAST, MIDDLE = "last third", "middle third"

STATISTICS = """
SELECT concat_ws(' ', pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), pg_total_relation_size('outbox'),
    (SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'outbox'),
    (SELECT count(*) FROM orders WHERE status = 'DELIVERED'))"""


def observe(servers, deployment):
    wal, outbox, dead, delivered = map(int, servers.sql(STATISTICS, deployment.url).split())
    return {"at": time.monotonic(), "wal": wal, "outbox_mib": outbox / 2**20, "dead": dead, "delivered": delivered,
            **{name: role.resident_mib() for name, role in zip(ROLES, deployment.roles, strict=True)}}


def run_slice(servers, deployment, rate, seconds, tally):
    """A stretch of load, and what is to be seen at its end."""
    before = observe(servers, deployment)
    load = Posts(servers.folder, deployment.apis[0].base, CONNECTIONS, seconds, rate)
    answers = load.answers()
    tally.note(count_accepted(answers), CONNECTIONS)
    seen = observe(servers, deployment)
    delivered = seen["delivered"] - before["delivered"]
    took = seen["at"] - before["at"]
    return seen | {"rate": delivered / took, "wal_per_order": (seen["wal"] - before["wal"]) / max(1, delivered),
                   "p50_ms": percentile(answers, 0.5), "p99_ms": percentile(answers, 0.99),
                   "errors": sum(answer.status != 201 for answer in answers), "busy": load.busy}


def run(servers, settings):
    count = max(SLICES_LEAST, round(settings.minutes * 60 / SLICE_SECONDS))
    seconds = settings.minutes * 60 / count
    with delivery(servers, migrated_database(servers)) as deployment:
        rate = SHARE * finish_on_postgres(servers, deployment, settings.seconds).value
        say(f"{settings.minutes:g} minutes at {rate:,.0f} orders/s")
        ledger, tally = postgres_ledger(servers, deployment), Tally()
        slices = [run_slice(servers, deployment, rate, seconds, tally) for _ in range(count)]
        ledger.drain(DRAIN_LIMIT)
        slices[-1]["errors"] += ledger.mismatches() + tally.mismatches(ledger.count_stored())
    return {scenario.name: read(slices) for scenario, read in READINGS}


def thirds(value, of=lambda part: {}):
    def read(slices):
        third = len(slices) // 3
        return {name: Sample(max(1e-9, statistics.mean(value(seen) for seen in part)), **of(part))
                for name, part in ((LAST, slices[-third:]), (MIDDLE, slices[third:-third]))}
    return read


def of_answers(part):
    return {"p50_ms": statistics.median(seen["p50_ms"] for seen in part),
            "p99_ms": statistics.median(seen["p99_ms"] for seen in part),
            "errors": sum(seen["errors"] for seen in part), "generator_busy": max(seen["busy"] for seen in part)}


def slope(name):
    """An hour, by least squares over the last two thirds."""
    def read(slices):
        part = slices[len(slices) // 3:]
        line = statistics.linear_regression([seen["at"] / 3600 for seen in part], [seen[name] for seen in part])
        return {"slope": Sample(line.slope)}
    return read


def by_name(name):
    return thirds(lambda seen: seen[name])


READINGS = [
    (Scenario("soak: orders delivered", "orders/s", [LAST, MIDDLE], at_least(0.9, MIDDLE)),
     thirds(lambda seen: seen["rate"], of_answers)),
    (Scenario("soak: WAL an order", "bytes", [LAST, MIDDLE], at_most(1.2, MIDDLE)), by_name("wal_per_order")),
    (Scenario("soak: outbox with its indexes", "MiB", [LAST, MIDDLE], at_most(1.5, MIDDLE)), by_name("outbox_mib")),
    (Scenario("soak: dead rows of the outbox", "rows", [LAST, MIDDLE]), by_name("dead")),
    *((Scenario(f"soak: resident memory, {role}", "MiB", [LAST, MIDDLE], at_most(1.1, MIDDLE)), by_name(role))
      for role in ROLES),
    *((Scenario(f"soak: growth of resident memory, {role}", "MiB an hour", ["slope"]), slope(role)) for role in ROLES),
]

GROUP = Group(servers_alone, [Experiment([scenario for scenario, _ in READINGS], run)], is_default=False)
