"""The peer inside the database: PostgreSQL's own pgbench, with prepared statements."""

import re
import statistics
import tempfile
from pathlib import Path

from harness import children
from harness.rounds import Sample

# pgbench's time begins before it connects, its rate after that: so it is given what connecting takes on top. That is a
# guess for the first try; each further one knows from pgbench what it took.
CONNECT_SECONDS = 0.03
TRIES = 3
# Of the time that was wanted for transactions; whole seconds may be a third less.
LEAST_SHARE = 0.6

SCRIPTS = Path(__file__).resolve().parents[1] / "sql"


def pgbench(url, script, clients, seconds, **variables):
    """Latencies come from its log, of every transaction or, with many clients, of one in ten."""
    connecting = CONNECT_SECONDS * clients
    for _ in range(TRIES):
        whole_seconds = max(1, round(seconds + connecting))
        printed, latencies = run(url, script, clients, whole_seconds, variables)
        took = connection_seconds(printed)
        sample = as_sample(printed, latencies)
        if sample and took is not None and whole_seconds - took >= LEAST_SHARE * seconds:
            return sample
        # It may say nothing where it came to nothing.
        connecting = max(took or 0.0, 2 * connecting)
    raise RuntimeError(f"pgbench came to no result, or had too little time beside connecting:\n{printed}")


def run(url, script, clients, whole_seconds, variables):
    with tempfile.TemporaryDirectory() as folder:
        command = ["pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--jobs={min(clients, 2)}",
                   f"--time={whole_seconds}", f"--file={SCRIPTS / script}", "--log", f"--log-prefix={folder}/log",
                   *(f"--define={name}={value}" for name, value in variables.items())]
        if clients > 1:
            command.append("--sampling-rate=0.1")
        printed = children.run([*command, url])
        return printed, sorted(int(line.split()[2]) / 1000 for log in Path(folder).iterdir() for line in open(log))


def connection_seconds(printed):
    found = re.search(r"^initial connection time = ([\d.]+) ms", printed, re.MULTILINE)
    return float(found.group(1)) / 1000 if found else None


def as_sample(printed, latencies):
    rate = re.search(r"^tps = ([\d.]+)", printed, re.MULTILINE)
    if not rate or not latencies:
        return None
    failed = re.search(r"number of failed transactions: (\d+)", printed)
    return Sample(float(rate.group(1)), statistics.median(latencies), latencies[int(len(latencies) * 0.99)],
                  int(failed.group(1)) if failed else 0)
