"""Orders posted by h2load, https://nghttp2.org, and what became of each. At a constant rate it does not slow down when
the answers do, as long as a connection is free; each has one request at a time."""

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass

from harness.delivery import ORDER
from harness.servers import environment


@dataclass(frozen=True, slots=True)
class Answer:
    began: float  # Seconds since the epoch.
    status: int  # -1: there was none.
    ms: float

    @property
    def ended(self):
        return self.began + self.ms / 1000


class Posts:
    """Begins at once to POST orders to `base` for so many seconds: `rate` a second in all, or without rest."""

    def __init__(self, folder, base, connections, seconds, rate=None):
        name = f"posts-{time.monotonic_ns()}"
        self._log = folder / f"{name}.log"
        body = folder / f"{name}.json"
        body.write_text(json.dumps(ORDER), encoding="utf-8")
        pace = [f"--rps={rate / connections:.4f}"] if rate else []
        self._child = subprocess.Popen(
            ["h2load", "--h1", "--threads=1", f"--clients={connections}", *pace, f"--duration={seconds:g}",
             f"--data={body}", "--header=content-type: application/json", f"--log-file={self._log}", base + "/orders"],
            env=environment(), stdout=subprocess.DEVNULL, preexec_fn=allow_files)
        self.began = time.time()
        self.until = self.began + seconds

    def answers(self):
        """Waits for the end. Also leaves in `busy` how much of its thread's time it used."""
        _, status, usage = os.wait4(self._child.pid, 0)
        self._child.returncode = os.waitstatus_to_exitcode(status)
        if self._child.returncode != 0:
            raise RuntimeError(f"h2load ended with {self._child.returncode}")
        self.busy = (usage.ru_utime + usage.ru_stime) / (self.until - self.began)
        with open(self._log, encoding="ascii") as lines:
            fields = [line.split() for line in lines]
        self._log.unlink()
        return [Answer(int(began) / 1e6, int(status), int(took) / 1e3) for began, status, took in fields]


def allow_files():
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def percentile(answers, share):
    """Of their milliseconds; nought where there are none."""
    taken = sorted(answer.ms for answer in answers)
    return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0.0
