"""Starts the service of peers/fastapi_service: two API processes, a relay and a worker, on a database of their own."""

from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness import children
from harness.delivery import Deployment, Process, free_port

BENCH = Path(__file__).resolve().parents[1]
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's packages.
API_PROCESSES = 2


@contextmanager
def deployment(servers):
    url = servers.fresh_database()
    settings = {"DATABASE_URL": url, "RABBITMQ_URL": servers.rabbitmq, "PYTHONPATH": BENCH,
                "PYTHONDONTWRITEBYTECODE": 1}
    module = "peers.fastapi_service"
    children.run([PYTHON, "-m", f"{module}.create_tables"], **settings)
    port = free_port()
    uvicorn = [PYTHON, "-m", "uvicorn", f"{module}.api:app", "--host", "127.0.0.1", "--port", port, "--workers",
               API_PROCESSES, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    with ExitStack() as stack:
        # Its own processes would outlive a uvicorn that is killed; it passes SIGTERM on.
        api = stack.enter_context(Process(uvicorn, port, servers.folder / "fastapi-api.log", settings, ending="TERM"))
        others = [stack.enter_context(Process([PYTHON, "-m", f"{module}.{role}"], port,
                                              servers.folder / f"fastapi-{role}.log", settings, ready=None))
                  for role in ("worker", "relay")]
        yield Deployment(url, [api], others, outbox="outbox_events")
