"""Scenarios, their contestants, and the rounds in which they take turns."""

import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Settings:
    rounds: int
    seconds: float


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
    """Contestants by name, ours first; each is called with the group's context and the seconds that it has."""
    name: str
    unit: str
    contestants: dict[str, Callable[[Any, float], Sample]]
    bar: Bar | None = None


@dataclass(frozen=True)
class Group:
    """Scenarios that share what `open` starts for them."""
    open: Callable[[Any], AbstractContextManager]
    scenarios: list[Scenario]
    is_default: bool = True


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
        return all(sample.errors == 0 and sample.value > 0 for taken in self.samples.values() for sample in taken)

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


def p50_at_most(ratio, peer):
    return Bar(f"p50 ≤ {ratio:g}× {peer}", lambda result: result.ratio(peer, "p50_ms") <= ratio)


def below(limit, unit):
    return Bar(f"≤ {limit:g} {unit}", lambda result: result.median(result.ours) <= limit)


def measure(scenario, context, settings):
    """Contestants take turns, so that each round compares what ran within the same half minute."""
    result = Result(scenario, {name: [] for name in scenario.contestants})
    for number in range(settings.rounds):
        for name, run in scenario.contestants.items():
            print(f"    {scenario.name}: round {number + 1}, {name}", file=sys.stderr, flush=True)
            result.samples[name].append(run(context, settings.seconds))
            time.sleep(0.5)  # What the last one left to do in the background is not the next one's.
    return result
