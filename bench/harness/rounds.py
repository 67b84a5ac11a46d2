"""Scenarios, their contestants, and the rounds in which they take turns."""

import statistics
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """How often and how long, and the sizes of the groups that take one."""
    rounds: int = 3
    seconds: float = 5.0
    orders: int = 10_000_000
    pending: int = 1_000_000
    minutes: float = 10.0


QUICK = Settings(rounds=1, seconds=2.0, orders=100_000, pending=20_000, minutes=0.5)


@dataclass(frozen=True)
class Sample:
    """What one contestant did in one round. Errors make a result unsound: they are never part of a rate."""
    value: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    errors: int = 0
    generator_busy: float | None = None


@dataclass(frozen=True)
class Bar:
    """What is wanted of ours against a named peer: a ratio of values, or an absolute limit. Where percentiles decide,
    `percentiles` names them, each with its peer, for the report to say their ratios as well."""
    text: str
    is_met: Callable[["Result"], bool]
    percentiles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """Contestants by name, ours first; each is called with the group's context and the seconds that it has. In an
    experiment they are names alone."""
    name: str
    unit: str
    contestants: dict[str, Callable[[Any, float], Sample]] | list[str]
    bar: Bar | None = None


@dataclass(frozen=True)
class Experiment:
    """Scenarios whose samples come from one course of events: before, during and after an outage, say. `run` is
    called with the group's context and the settings and answers samples by scenario's name and contestant."""
    scenarios: list[Scenario]
    run: Callable[[Any, Settings], dict[str, dict[str, Sample]]]


@dataclass(frozen=True)
class Group:
    """What is measured on what `open` starts for it, given the servers and the settings."""
    open: Callable[[Any, Settings], AbstractContextManager]
    parts: list[Scenario | Experiment]
    is_default: bool = True

    @property
    def scenarios(self):
        return [scenario for part in self.parts for scenario in scenarios_of(part)]


def scenarios_of(part):
    return part.scenarios if isinstance(part, Experiment) else [part]


def servers_alone(servers, _):
    """For a group that shares nothing."""
    return nullcontext(servers)


@dataclass
class Result:
    """Samples of each contestant, one a round. Where there is a failure they are not all there."""
    scenario: Scenario
    samples: dict[str, list[Sample]]
    failure: str | None = None

    @property
    def ours(self):
        return next(iter(self.samples))

    @property
    def peers(self):
        return list(self.samples)[1:]

    @property
    def is_sound(self):
        """What has no peer may be nought or fall: the share of requests refused, the slope of a line."""
        return self.failure is None and all(sample.errors == 0 and (sample.value > 0 or not self.peers)
                                            for taken in self.samples.values() for sample in taken)

    @property
    def has_missed(self):
        return self.is_sound and self.scenario.bar is not None and not self.scenario.bar.is_met(self)

    @property
    def deciding_ratios(self):
        """Of percentiles, which `ratio(peer)` does not tell: by percentile and peer."""
        bar = self.scenario.bar
        return {(of, peer): self.ratio(peer, of) for of, peer in bar.percentiles} if bar and self.is_sound else {}

    def median(self, contestant, of="value"):
        values = [getattr(sample, of) for sample in self.samples[contestant]]
        return None if None in values else statistics.median(values)

    def spread(self, contestant):
        values = [sample.value for sample in self.samples[contestant]]
        return min(values), max(values)

    def ratio(self, peer, of="value"):
        """The median of the rounds' own ratios: what slows the machine for a while slows both."""
        pairs = zip(self.samples[self.ours], self.samples[peer], strict=True)
        return statistics.median(getattr(mine, of) / getattr(other, of) for mine, other in pairs)


def at_least(ratio, peer):
    return Bar(f"≥ {ratio:g}× {peer}", lambda result: result.ratio(peer) >= ratio)


def at_most(ratio, peer):
    return Bar(f"≤ {ratio:g}× {peer}", lambda result: result.ratio(peer) <= ratio)


def p50_at_most(ratio, peer, *others):
    """Told beside the bar: the same ratio to `others`."""
    return Bar(f"p50 ≤ {ratio:g}× {peer}", lambda result: result.ratio(peer, "p50_ms") <= ratio,
               tuple(("p50_ms", name) for name in (peer, *others)))


def below(limit, unit):
    return Bar(f"≤ {limit:g} {unit}", lambda result: result.median(result.ours) <= limit)


def measure_group(group, servers, settings, note):
    """Hands each result to `note` as it comes. What fails has results too, which say why, and the others go on."""
    waiting = list(group.parts)
    try:
        with group.open(servers, settings) as context:
            while waiting:
                for result in measure(waiting.pop(0), context, settings):
                    note(result)
    except Exception as error:
        if not waiting:
            raise
        for result in failed([result for part in waiting for result in results_of(part)], error):
            note(result)


def measure(part, context, settings):
    results = results_of(part)
    play = conduct if isinstance(part, Experiment) else take_turns
    try:
        for number in range(1, settings.rounds + 1):
            play(part, results, context, settings, number)
    except Exception as error:
        return failed(results, error)
    return results


def results_of(part):
    return [Result(scenario, {name: [] for name in scenario.contestants}) for scenario in scenarios_of(part)]


def failed(results, error):
    traceback.print_exception(error)
    for result in results:
        result.failure = str(error) or repr(error)
    return results


def conduct(experiment, results, context, settings, number):
    say(f"{experiment.scenarios[0].name} and what belongs to it: round {number}")
    samples = experiment.run(context, settings)
    for result in results:
        for name, taken in result.samples.items():
            taken.append(samples[result.scenario.name][name])


def take_turns(scenario, results, context, settings, number):
    """Each round compares what ran within the same half minute."""
    for name, run in scenario.contestants.items():
        say(f"{scenario.name}: round {number}, {name}")
        results[0].samples[name].append(run(context, settings.seconds))
        time.sleep(0.5)  # What the last one left to do in the background is not the next one's.


def say(text):
    print(f"    {text}", file=sys.stderr, flush=True)
