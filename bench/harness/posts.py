"""Orders posted by h2load, https://nghttp2.org, and what became of each. At a constant rate it does not slow down when
the answers do, as long as a connection is free; each has one request at a time."""

import json
import resource
import subprocess
import time
from dataclasses import dataclass

from harness import children
from harness.delivery import ORDER


@dataclass(frozen=True, slots=True)
class Answer:
    began: float  # Seconds since the epoch.
    status: int  # -1: there was none.
    ms: float

    @property
    def ended(self):
        return self.began + self.ms / 1000


class Posts:
    """Begins at once to POST orders to `base` for so many seconds: `rate` a second in all, or without rest. At the end
    of the block it is no longer at work, answers or not."""

    def __init__(self, folder, base, connections, seconds, rate=None):
        name = f"posts-{time.monotonic_ns()}"
        self.connections = connections
        self._log = folder / f"{name}.log"
        self._body = folder / f"{name}.json"
        self._body.write_text(json.dumps(ORDER), encoding="utf-8")
        pace = [f"--rps={rate / connections:.4f}"] if rate else []
        self._child = children.start(
            ["h2load", "--h1", "--threads=1", f"--clients={connections}", *pace,
             f"--duration={round(seconds * 1000)}ms",  # It knows whole numbers only.
             f"--data={self._body}", "--header=content-type: application/json", f"--log-file={self._log}",
             base + "/orders"],
            {}, stdout=subprocess.DEVNULL, preexec_fn=allow_files)
        self.began = time.time()
        self.until = self.began + seconds

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.kill()
        self._child.wait()

    def answers(self):
        """Waits for the end. Also leaves in `busy` how much of its thread's time it used."""
        self.busy = children.await_end(self._child) / (self.until - self.began)
        with open(self._log, encoding="ascii") as lines:
            fields = [line.split() for line in lines]
        self._log.unlink()
        self._body.unlink()
        return [Answer(int(began) / 1e6, int(status), int(took) / 1e3) for began, status, took in fields]


def allow_files():
    most = files_most()
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def files_most():
    """How many files, connections among them, a process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def count_accepted(answers):
    return sum(answer.status == 201 for answer in answers)


def percentile(answers, share):
    """Of their milliseconds; nought where there are none."""
    taken = sorted(answer.ms for answer in answers)
    return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0.0
