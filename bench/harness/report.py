"""Results as a table, as JSON and as a chart."""

import json
import platform
import subprocess

from harness import chart


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def verdict(result):
    if result.failure is not None:
        return f"FAILED: {result.failure.splitlines()[0]}"
    if not result.is_sound:
        return "UNSOUND: errors"
    if result.scenario.bar is None:
        return ""
    decided = "".join(f", {of.removesuffix('_ms')} {ratio:.2f}× {peer}"
                      for (of, peer), ratio in result.deciding_ratios.items())
    return f"{result.scenario.bar.text}: {'MISSED' if result.has_missed else 'met'}{decided}"


def as_line(result):
    if result.failure is not None:
        return f"{result.scenario.name}: {verdict(result)}"
    peers = "".join(f"  {result.ratio(peer):.2f}× {peer}" for peer in result.peers) if result.is_sound else ""
    ours = number(result.median(result.ours))
    return f"{result.scenario.name}: {ours} {result.scenario.unit}{peers}  {verdict(result)}"


def rows(result):
    """One a contestant that ran: name, value, ratio of ours to it, p50 and p99, least and most of the rounds."""
    for name in (name for name, taken in result.samples.items() if taken):
        ratio = "" if name == result.ours or not result.is_sound else f"{result.ratio(name):.2f}×"
        percentiles = [result.median(name, of) for of in ("p50_ms", "p99_ms")]
        least, most = result.spread(name)
        errors = sum(sample.errors for sample in result.samples[name])
        yield [name, number(result.median(name)), ratio,
               *("" if value is None else number(value) for value in percentiles),
               f"{number(least)}–{number(most)}", str(errors or "")]


HEADINGS = ["", "median", "ours is", "p50 ms", "p99 ms", "spread", "errors"]


def as_table(results, settings):
    lines = [f"{settings.rounds} rounds of {settings.seconds:g} s; medians of rounds; "
             "a ratio is the median of the rounds' ratios", ""]
    for result in results:
        lines.append(f"{result.scenario.name} [{result.scenario.unit}]  {verdict(result)}")
        table = [HEADINGS, *rows(result)]
        widths = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
        for row in table:
            cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]
            lines.append("    " + "  ".join(cells).rstrip())
        lines.append("")
    busiest = max((sample.generator_busy or 0 for result in results for taken in result.samples.values()
                   for sample in taken), default=0)
    if busiest:
        lines.append(f"The load generator's one thread was busy for at most {busiest:.0%} of the time.")
    return "\n".join(lines)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        models = [line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")]
    return {"processor": models[0] if models else platform.machine(), "processors": len(models),
            "kernel": platform.release(), "version": version()}


def version():
    """Empty without git, or outside of a checkout."""
    try:
        return subprocess.run(["git", "describe", "--always", "--dirty"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def as_json(results, settings):
    return {"machine": machine(), "rounds": settings.rounds, "seconds": settings.seconds, "scenarios": [
        {"name": result.scenario.name, "unit": result.scenario.unit, "is_sound": result.is_sound,
         "bar": result.scenario.bar and result.scenario.bar.text, "verdict": verdict(result),
         "contestants": {name: [vars(sample) for sample in taken] for name, taken in result.samples.items()},
         "ratios": {peer: result.ratio(peer) for peer in result.peers} if result.is_sound else {},
         "deciding_ratios": [{"of": of, "peer": peer, "ratio": ratio}
                             for (of, peer), ratio in result.deciding_ratios.items()],
         "failure": result.failure}
        for result in results]}


def write(results, settings, folder):
    (folder / "results.json").write_text(json.dumps(as_json(results, settings), indent=2, ensure_ascii=False) + "\n")
    (folder / "results.svg").write_text(chart.draw(results))
