"""Child processes: none of them outlives the harness, whatever ends that."""

import os
import shutil
import subprocess
from pathlib import Path

# Debian's, for who has not let ./dev install them.
PACKAGES = {"wrk": "wrk", "h2load": "nghttp2-client", "pgbench": "postgresql-15", "psql": "postgresql-client-15"}
SHOWN = 2000


def environment(**variables):
    """What a child sees: the caller's environment without settings of a service that may run beside this."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {name: str(value) for name, value in variables.items()}


def leashed(command, ending="KILL"):
    """The kernel sends the child this signal when the thread that started it is gone. So start none from a thread that
    ends before the harness does."""
    program, *arguments = (str(part) for part in command)
    if not shutil.which(program):
        package = PACKAGES.get(program)
        raise RuntimeError(f"{program} is not installed" + (f": Debian's package {package} has it" if package else ""))
    return ["setpriv", "--pdeathsig", ending, "--", program, *arguments]


def start(command, variables, ending="KILL", **options):
    return subprocess.Popen(leashed(command, ending), env=environment(**variables), **options)


def run(command, accepted=(0,), stderr=subprocess.PIPE, **variables):
    """Waits for it and answers what it printed."""
    done = subprocess.run(leashed(command), env=environment(**variables), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)
    if done.returncode not in accepted:
        said = "\n".join(text[-SHOWN:].rstrip() for text in (done.stdout, done.stderr) if text)
        raise RuntimeError(f"{Path(command[0]).name} {command[1]} … ended with {done.returncode}:\n{said}")
    return done.stdout


def await_end(child):
    """Seconds of processor time that it used."""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{child.args[4]} ended with {child.returncode}")
    return used.ru_utime + used.ru_stime
