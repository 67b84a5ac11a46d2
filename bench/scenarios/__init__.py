"""All that is measured, by group."""

from scenarios import backlog, embedded, footprint, growth, latency, life_cycle, overload, post, read, soak


def all_groups():
    return {"post": post.GROUP, "read": read.GROUP, "life-cycle": life_cycle.GROUP, "embedded": embedded.GROUP,
            "latency": latency.GROUP, "footprint": footprint.GROUP,
            "growth": growth.GROUP, "backlog": backlog.GROUP, "overload": overload.GROUP,
            "soak": soak.GROUP}
