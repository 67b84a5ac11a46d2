"""Contestants that several groups measure themselves against."""

from harness.load import http_sample
from harness.pgbench import pgbench

TRANSACTION = "pgbench BEGIN…COMMIT"
FLOOR = "floor: GET /livez"


def insert(clients, script="three_inserts.sql"):
    """pgbench on `peer_url` of the context."""
    def run(context, seconds):
        context.servers.settle()
        return pgbench(context.peer_url, script, clients, seconds)
    return run


def floor(connections):
    """What HTTP alone costs, on `api` of the context."""
    return lambda context, seconds: http_sample(context.api.base + "/livez", connections, seconds)
