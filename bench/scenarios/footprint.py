"""Start-up time and resident memory."""

import time

from harness.delivery import migrated_database
from harness.load import wrk
from harness.rounds import Group, Sample, Scenario, below, servers_alone
from scenarios.embedded import embedded
from scenarios.life_cycle import CONNECTIONS, delivery


def start_up(servers, _):
    """From nothing, its database not there yet, to the first answer."""
    with embedded(servers, ready=None) as process:
        return Sample(process.await_answer("/livez") * 1000)


def idle_embedded(servers, _):
    with embedded(servers) as process:
        time.sleep(2)
        return Sample(process.resident_mib())


def idle_roles(servers, _):
    with delivery(servers, migrated_database(servers)) as deployment:
        time.sleep(2)
        return Sample(max(role.resident_mib() for role in deployment.roles))


def loaded_roles(servers, seconds):
    """The largest that any role was at any moment of a life-cycle run at full speed."""
    with delivery(servers, migrated_database(servers)) as deployment:
        told = wrk(deployment.apis[0].base + "/orders", CONNECTIONS, seconds, "post_order.lua")
        return Sample(max(role.peak_resident_mib() for role in deployment.roles), errors=told["errors"])


GROUP = Group(servers_alone, [
    Scenario("start to first answer, embedded", "ms", {"delivery": start_up}, below(100, "ms")),
    Scenario("resident memory, embedded, idle", "MiB", {"delivery": idle_embedded}, below(50, "MiB")),
    Scenario("resident memory, largest role, idle", "MiB", {"delivery": idle_roles}, below(50, "MiB")),
    Scenario("resident memory, largest role under load", "MiB", {"delivery": loaded_roles}, below(200, "MiB")),
])
