"""HTTP load, made by wrk: https://github.com/wg/wrk"""

import json
import statistics
import subprocess
from pathlib import Path

from harness import children
from harness.rounds import Sample

SCRIPTS = Path(__file__).resolve().parents[1] / "load"


def wrk(url, connections, seconds, script="get.lua", **variables):
    """Keeps `connections` busy, each with one request at a time, from one thread, for whole seconds, for it knows no
    others. `busy` says how much of that thread's time it used: well below 1, so it is not the load generator that is
    measured."""
    return wrk_on_each([url], connections, seconds, script, **variables)


def wrk_on_each(urls, connections, seconds, script="get.lua", **variables):
    """Deals the connections out, with a wrk for each URL. The percentiles are the mean of theirs."""
    running = [start(url, connections // len(urls), seconds, script, variables) for url in urls]
    told = [outcome(child) for child in running]

    def each(name):
        return [one[name] for one in told]

    return {"requests": sum(each("requests")), "seconds": max(each("seconds")), "errors": sum(each("errors")),
            "p50_ms": statistics.mean(each("p50_ms")), "p99_ms": statistics.mean(each("p99_ms")),
            "busy": max(each("busy"))}


def start(url, connections, seconds, script, variables):
    return children.start(["wrk", "--threads", "1", "--connections", connections, "--duration",
                           f"{max(1, round(seconds))}s", "--timeout", "30s", "--script", SCRIPTS / script, url],
                          variables | {"LUA_PATH": f"{SCRIPTS}/?.lua"}, stdout=subprocess.PIPE, text=True)


def outcome(child):
    with child.stdout:
        printed = child.stdout.read()
    used = children.await_end(child)
    told = json.loads(printed.splitlines()[-1])
    return told | {"busy": used / told["seconds"]}


def http_sample(url, connections, seconds, script="get.lua", **variables):
    told = wrk(url, connections, seconds, script, **variables)
    return Sample(told["requests"] / told["seconds"], told["p50_ms"], told["p99_ms"], told["errors"],
                  generator_busy=told["busy"])
