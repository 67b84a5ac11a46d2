"""Scenarios, their contestants, and the rounds in which they take turns."""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
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
    """What is wanted of ours against a named peer: a ratio of values (or of p50), or an absolute limit."""
    text: str
    is_met: Callable[["Result"], bool]


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
        return [scenario for part in self.parts
                for scenario in (part.scenarios if isinstance(part, Experiment) else [part])]


def servers_alone(servers, _):
    """For a group that shares nothing."""
    return nullcontext(servers)


@dataclass
class Result:
    scenario: Scenario
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    @property
    def ours(self):
        return next(iter(self.samples))

    @property
    def peers(self):
        return list(self.samples)[1:]

    @property
    def is_sound(self):
        """What has no peer may be nought or fall: the share of requests refused, the slope of a line."""
        return all(sample.errors == 0 and (sample.value > 0 or not self.peers)
                   for taken in self.samples.values() for sample in taken)

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


def p50_at_most(ratio, peer):
    return Bar(f"p50 ≤ {ratio:g}× {peer}", lambda result: result.ratio(peer, "p50_ms") <= ratio)


def below(limit, unit):
    return Bar(f"≤ {limit:g} {unit}", lambda result: result.median(result.ours) <= limit)


def measure(part, context, settings):
    """Results of a scenario or of all those of an experiment."""
    return conduct(part, context, settings) if isinstance(part, Experiment) else [take_turns(part, context, settings)]


def conduct(experiment, context, settings):
    results = [Result(scenario, {name: [] for name in scenario.contestants}) for scenario in experiment.scenarios]
    for number in range(settings.rounds):
        say(f"{experiment.scenarios[0].name} and what belongs to it: round {number + 1}")
        samples = experiment.run(context, settings)
        for result in results:
            for name, taken in result.samples.items():
                taken.append(samples[result.scenario.name][name])
    return results


def take_turns(scenario, context, settings):
    """Each round compares what ran within the same half minute."""
    result = Result(scenario, {name: [] for name in scenario.contestants})
    for number in range(settings.rounds):
        for name, run in scenario.contestants.items():
            say(f"{scenario.name}: round {number + 1}, {name}")
            result.samples[name].append(run(context, settings.seconds))
            time.sleep(0.5)  # What the last one left to do in the background is not the next one's.
    return result


def say(text):
    print(f"    {text}", file=sys.stderr, flush=True)
