"""Processes of Delivery, and what they say of themselves."""

import json
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field

from harness import children
from harness.rounds import say
from harness.servers import BINARY

START_LIMIT = 30.0
ORDER = {"customer_name": "João Silva", "address": "Rua Exemplo, 123"}
# Requests go to this machine, whatever http_proxy says.
open_url = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def migrated_database(servers):
    """A database of its own with our tables, empty; answers its URL."""
    url = servers.fresh_database()
    children.run([BINARY, "migrate", "up"], DATABASE_URL=url)
    return url


def audit_summary(url):
    """How many "orders", "events" and "violations" `delivery audit` counts. It exits 1 where there are violations."""
    printed = children.run([BINARY, "audit", "--json"], accepted=(0, 1), DATABASE_URL=url)
    return json.loads(printed.splitlines()[-1])


class Process:
    """A child with an HTTP port; killed at the end of the block where it does not end by itself. Its log goes when all
    went well, for under load it is large. `ending` is the signal that it gets when the harness is gone."""

    def __init__(self, command, port, log, variables, ready="/readyz", ending="KILL"):
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.log = log
        self._command = command
        self._variables = variables
        self._ready = ready
        self._ending = ending

    def __enter__(self):
        self.started = time.monotonic()
        with open(self.log, "wb") as log:
            self.child = children.start(self._command, self._variables, self._ending, stdout=log, stderr=log)
        try:
            if self._ready:
                self.await_answer(self._ready)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, error, *_):
        has_ended = self.child.poll() is not None
        self._end()
        if has_ended:
            say(f"a process ended by itself, with {self.child.returncode}; its log is {self.log}")
        elif error is None:
            self.log.unlink()

    def _end(self):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()

    def await_answer(self, path):
        """Seconds from the start to the first 200."""
        while time.monotonic() - self.started < START_LIMIT:
            if self.child.poll() is not None:
                break
            try:
                with open_url(self.base + path, timeout=5):
                    return time.monotonic() - self.started
            except OSError:
                time.sleep(0.001)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"{self._command} does not answer {path}; its log ends:\n" + log.read()[-2000:])

    def get(self, path):
        with open_url(self.base + path, timeout=10) as answer:
            return answer.read().decode()

    def post_order(self):
        request = urllib.request.Request(self.base + "/orders", data=json.dumps(ORDER).encode(),
                                         headers={"Content-Type": "application/json"})
        with open_url(request, timeout=10) as answer:
            return json.load(answer)

    def metric(self, name, **labels):
        """The sum of a metric's series that carry these labels."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        total = 0.0
        for line in self.get("/metrics").splitlines():
            series, _, value = line.rpartition(" ")
            if series.partition("{")[0] == name and all(label in series for label in wanted):
                total += float(value)
        return total

    def resident_mib(self):
        return self._status_kib("VmRSS") / 1024

    def peak_resident_mib(self):
        return self._status_kib("VmHWM") / 1024

    def _status_kib(self, name):
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name + ":"))


@dataclass
class Deployment:
    """Roles of one service on a database of its own, and what the table is called in which its events wait."""
    url: str
    apis: list[Process]
    others: list[Process] = field(default_factory=list)
    outbox: str = "outbox"

    @property
    def roles(self):
        return self.apis + self.others


def service(role, folder, ready="/readyz", **variables):
    """`delivery ROLE` on a port of its own. Logs as in earnest: `info`, JSON, into a file. Entering waits until
    `ready` answers 200, or for nothing where that is None."""
    port = free_port()
    return Process([BINARY, role], port, folder / f"{role}-{port}.log",
                   {"APP_HOST": "127.0.0.1", "APP_PORT": port, "METRICS_PORT": port} | variables, ready)
