"""A private PostgreSQL and RabbitMQ for the measurement, started by the project's own scripts."""

import os
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

from harness import children

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / "build/release/delivery"

# Durable, as in earnest. What is set keeps checkpoints, which would hit one contestant and spare the other, out of
# the few seconds that each has; one is made before each turn instead.
POSTGRES_SETTINGS = {"max_wal_size": "8GB", "checkpoint_timeout": "1h", "max_connections": "400"}


class Servers:
    """Both servers, from the first time they are asked for until the end, in `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self._urls = None
        self._databases = 0

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_):
        if self._urls:
            self._script("down")

    def _script(self, command, *more):
        # Its stderr is passed on as it is, for the servers that it leaves behind hold it open.
        printed = children.run([ROOT / "scripts/services.sh", command, "--dir", self.folder / "servers", *more],
                               stderr=None)
        return dict(line.removeprefix("export ").split("=", 1) for line in printed.splitlines())

    def _up(self):
        if not self._urls:
            self._urls = self._script("up", "--watch", str(os.getpid()))
            for name, value in POSTGRES_SETTINGS.items():
                self.sql(f"ALTER SYSTEM SET {name} = '{value}'")
            self._script("stop-postgres")
            self._script("start-postgres")
        return self._urls

    @property
    def postgres(self):
        return self._up()["DATABASE_URL"]

    @property
    def rabbitmq(self):
        return self._up()["RABBITMQ_URL"]

    @contextmanager
    def broker_away(self):
        """At the end of the block it takes connections again."""
        self._script("stop-rabbitmq")
        try:
            yield
        finally:
            self._script("start-rabbitmq")

    def fresh_database(self):
        """An empty database of its own; answers its URL."""
        self._databases += 1
        name = f"bench_{self._databases}"
        self.sql(f"CREATE DATABASE {name}")
        return urllib.parse.urlunsplit(urllib.parse.urlsplit(self.postgres)._replace(path=f"/{name}"))

    def sql(self, statement, url=None):
        """Runs it and answers the first column of the first row as text."""
        return children.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url or self.postgres]).strip()

    def settle(self, url=None):
        """Before a turn: dirty pages are written, so that nobody pays for another's."""
        self.sql("CHECKPOINT", url)
        time.sleep(0.2)
