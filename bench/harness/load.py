"""HTTP load, made by wrk: https://github.com/wg/wrk"""

import json
import resource
import subprocess
from pathlib import Path

from harness.rounds import Sample
from harness.servers import environment

SCRIPTS = Path(__file__).resolve().parents[1] / "load"


def wrk(url, connections, seconds, script="get.lua", **variables):
    """Keeps `connections` busy, each with one request at a time, from one thread, for whole seconds, for it knows no
    others. `busy` says how much of that thread's time it used: well below 1, so it is not the load generator that is
    measured."""
    before = cpu_seconds_of_children()
    done = subprocess.run(["wrk", "--threads", "1", "--connections", str(connections), "--duration",
                           f"{max(1, round(seconds))}s", "--timeout", "30s", "--script", SCRIPTS / script, url],
                          env=environment(LUA_PATH=f"{SCRIPTS}/?.lua", **variables),
                          check=True, stdout=subprocess.PIPE, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told | {"busy": (cpu_seconds_of_children() - before) / told["seconds"]}


def cpu_seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def http_sample(url, connections, seconds, script="get.lua", **variables):
    told = wrk(url, connections, seconds, script, **variables)
    return Sample(told["requests"] / told["seconds"], told["p50_ms"], told["p99_ms"], told["errors"],
                  generator_busy=told["busy"])
