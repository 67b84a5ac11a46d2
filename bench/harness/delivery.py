"""Processes of Delivery, and what they say of themselves."""

import json
import signal
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass, field

from harness.servers import BINARY, environment

START_LIMIT = 30.0
ORDER = {"customer_name": "João Silva", "address": "Rua Exemplo, 123"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run_command(*arguments, **variables):
    """Answers what it printed."""
    done = subprocess.run([BINARY, *arguments], env=environment(**variables), check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    return done.stdout


def migrated_database(servers):
    """A database of its own with our tables, empty; answers its URL."""
    url = servers.fresh_database()
    run_command("migrate", "up", DATABASE_URL=url)
    return url


class Process:
    """A child with an HTTP port; killed at the end of the block where it does not end by itself."""

    def __init__(self, command, port, log, variables, ready="/readyz"):
        self.port = port
        self.base = f"http://127.0.0.1:{port}"
        self.log = log
        self._command = command
        self._variables = variables
        self._ready = ready

    def __enter__(self):
        self.started = time.monotonic()
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen([str(part) for part in self._command], env=environment(**self._variables),
                                          stdout=log, stderr=log)
        if self._ready:
            self.await_answer(self._ready)
        return self

    def __exit__(self, *_):
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
                with urllib.request.urlopen(self.base + path, timeout=5):
                    return time.monotonic() - self.started
            except OSError:
                time.sleep(0.001)
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"{self._command} does not answer {path}; its log ends:\n" + log.read()[-2000:])

    def get(self, path):
        with urllib.request.urlopen(self.base + path, timeout=10) as answer:
            return answer.read().decode()

    def post_order(self):
        request = urllib.request.Request(self.base + "/orders", data=json.dumps(ORDER).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
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
    """Roles of one service on a database of its own."""
    url: str
    api: Process
    others: list[Process] = field(default_factory=list)


def service(role, folder, ready="/readyz", **variables):
    """`delivery ROLE` on a port of its own. Logs as in earnest: `info`, JSON, into a file. Entering waits until
    `ready` answers 200, or for nothing where that is None."""
    port = free_port()
    return Process([BINARY, role], port, folder / f"{role}-{port}.log",
                   {"APP_HOST": "127.0.0.1", "APP_PORT": port, "METRICS_PORT": port} | variables, ready)
