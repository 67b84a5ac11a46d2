"""All that is measured, by group."""

from scenarios import embedded, footprint, latency, life_cycle, post, read


def all_groups():
    return {"post": post.GROUP, "read": read.GROUP, "life-cycle": life_cycle.GROUP, "embedded": embedded.GROUP,
            "latency": latency.GROUP, "footprint": footprint.GROUP}
