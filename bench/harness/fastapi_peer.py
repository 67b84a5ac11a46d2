"""Starts the service of peers/fastapi_service: two API processes, a relay and a worker, on a database of their own."""

import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.delivery import Deployment, Process, free_port
from harness.servers import environment

BENCH = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages.
API_PROCESSES = 2


@contextmanager
def deployment(servers):
    url = servers.fresh_database()
    settings = {"DATABASE_URL": url, "RABBITMQ_URL": servers.rabbitmq, "PYTHONPATH": BENCH,
                "PYTHONDONTWRITEBYTECODE": 1}
    module = "peers.fastapi_service"
    subprocess.run([PYTHON, "-m", f"{module}.create_tables"], check=True, env=environment(**settings))
    port = free_port()
    uvicorn = [PYTHON, "-m", "uvicorn", f"{module}.api:app", "--host", "127.0.0.1", "--port", port, "--workers",
               API_PROCESSES, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    with ExitStack() as stack:
        api = stack.enter_context(Process(uvicorn, port, servers.folder / "fastapi-api.log", settings))
        for role in ("worker", "relay"):
            stack.enter_context(Process([PYTHON, "-m", f"{module}.{role}"], port,
                                        servers.folder / f"fastapi-{role}.log", settings, ready=None))
        yield Deployment(url, api)
