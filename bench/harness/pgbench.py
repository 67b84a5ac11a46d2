"""The peer inside the database: PostgreSQL's own pgbench, with prepared statements."""

import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from harness.rounds import Sample

# pgbench's time begins before it connects, its rate after that: so it is given what connecting takes on top.
CONNECT_SECONDS = 0.03

SCRIPTS = Path(__file__).resolve().parents[1] / "sql"


def pgbench(url, script, clients, seconds, **variables):
    """Latencies come from its log, of every transaction or, with many clients, of one in ten."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(clients, 2)}",
                   f"--time={max(1, round(seconds + CONNECT_SECONDS * clients))}", f"--file={SCRIPTS / script}", "--log",
                   f"--log-prefix={folder}/log", *(f"--define={name}={value}" for name, value in variables.items())]
        if clients > 1:
            command.append("--sampling-rate=0.1")
        done = subprocess.run([*command, url], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        latencies = sorted(int(line.split()[2]) / 1000 for log in Path(folder).iterdir() for line in open(log))
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if not rate or not latencies:
        raise RuntimeError(f"pgbench came to no result:\n{done.stdout}\n{done.stderr}")
    failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
    return Sample(float(rate.group(1)),
                  statistics.median(latencies), latencies[int(len(latencies) * 0.99)],
                  int(failed.group(1)) if failed else 0)
