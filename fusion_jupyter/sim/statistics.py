"""Statistics of an iteration and a load, with FUSION's names and definitions.

Five definitions differ intentionally:

Bit-rate blocking
    is blocked Gb/s over offered Gb/s. FUSION also counts a request's bandwidth as blocked when a
    first attempt at slicing it was rolled back, although a later one carried it. With its default
    mix of bandwidths at 150 Erlang it reports 0.052 where 0.0044 was blocked.
``block_reasons_dict``
    gives the shares of requests blocked for distance (no candidate path had a format that reaches)
    and for congestion. FUSION overwrites the reason of every blocked request with "distance".
Means and intervals
    are given under ``is_training = True`` too, which only switches off the early stop. FUSION then
    leaves them null.
Path lengths by band and format
    (in ``mods_used_dict``) are in km under congestion- and crosstalk-aware routing too. FUSION has
    the score there by which it ordered the paths, as ``weights_dict`` has here as well.
Route times
    are 0.0: a route is looked up, not searched for. FUSION's are measured and rounded to 0.01 s,
    which is 0.0 for most, but often 0.01 for the longest.
"""

from __future__ import annotations

import math
from collections import defaultdict
from operator import mul
from typing import TYPE_CHECKING, Any

from fusion_jupyter.sim.precision import PrecisionRule
from fusion_jupyter.sim.summary import Moments, Summary
from fusion_jupyter.sim.tally import Scale, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.outcome import Outcome

#: Quantile of the normal distribution for a two-sided 90 % confidence interval.
Z_90 = 1.645
#: A load stops early once its interval's full width is at most this share of the mean, in %.
STOP_PERCENT = 5.0
#: All bands together.
OVERALL = "overall"

_NONE = {"mean": None, "std": None, "min": None, "max": None}


class Interval:
    """Mean of a blocking probability over iterations, and its confidence interval.

    The half width of the 90 % interval over n iterations is 1.645 * s / sqrt(n) with the sample
    standard deviation s.

    Attributes:
        values: The value of each iteration.
        mean: Their mean.
        variance: Their sample variance; 0 for a single value.
        half_width: Half width of the interval; 0 while it is not defined.
        percent: Full width in per cent of the mean; 0 while it is not defined.
    """

    def __init__(self) -> None:
        self.values: list[float] = []
        self.mean = 0.0
        self.variance = 0.0
        self.half_width = 0.0
        self.percent = 0.0
        self._moments = Moments()

    def add(self, value: float) -> None:
        """Add an iteration's value."""
        self.values.append(value)
        self._moments.add(value)
        self.mean = self._moments.mean()
        if self.defined:
            self.variance = self._moments.variance()
            self.half_width = Z_90 * (math.sqrt(self.variance) / math.sqrt(len(self.values)))
            if self.mean > 0:
                self.percent = (2 * self.half_width) / self.mean * 100

    @property
    def defined(self) -> bool:
        """Whether there are enough iterations for an interval."""
        return len(self.values) > 1

    @property
    def narrow(self) -> bool:
        """Whether the interval is narrow enough to stop."""
        return self.defined and self.mean > 0 and self.percent <= STOP_PERCENT


class LoadStatistics:
    """Statistics of one traffic load, iteration by iteration.

    Args:
        config: The configuration.

    Attributes:
        blocking: Request blocking over the iterations.
        bit_rate_blocking: Bit-rate blocking over the iterations.
    """

    def __init__(self, config: SimConfig) -> None:
        self.blocking = Interval()
        self.bit_rate_blocking = Interval()
        self._config = config
        self._links = config.topology.links
        precision = config.extended.precision
        self._rule = PrecisionRule(precision, config.num_requests) if precision else None
        self._outcome: Outcome | None = None
        self._scale = Scale([1.0 if config.unit_lengths else link.length for link in self._links])

    def add(self, outcome: Outcome) -> None:
        """Add an iteration."""
        config = self._config
        gbps = [int(name) for name in config.formats]
        requests = outcome.offered or config.quotas.values()
        blocked = sum(map(mul, gbps, outcome.blocked)) + outcome.unserved
        offered = sum(map(mul, gbps, requests))
        self.blocking.add(sum(outcome.blocked) / config.num_requests)
        self.bit_rate_blocking.add(blocked / offered)
        if self._rule is not None:
            self._rule.add(self.blocking.values[-1])
        self._outcome = outcome

    @property
    def iterations(self) -> int:
        """Number of iterations added."""
        return len(self.blocking.values)

    @property
    def precise(self) -> bool:
        """Whether the load may end: by FUSION's rule, or at the requested precision."""
        if not self._config.early_stop:
            return False
        return self.blocking.narrow if self._rule is None else self._rule.reached

    @property
    def percent(self) -> float:
        """Full width of the interval that decides the end, in per cent of the mean."""
        return self.blocking.percent if self._rule is None else 200 * self._rule.relative

    def load_record(self) -> dict[str, Any]:
        """Return the load's part of the output file: everything but ``iter_stats``."""
        assert self._outcome is not None
        record: dict[str, Any] = {"link_usage": self._link_usage(self._outcome)}
        for prefix, suffix, interval in (
            ("", "", self.blocking), ("bit_rate_", "bit_rate_", self.bit_rate_blocking)
        ):  # fmt: skip
            record[f"{prefix}blocking_mean"] = interval.mean
            record[f"{prefix}blocking_variance"] = interval.variance
            record[f"ci_rate_{suffix}block"] = interval.half_width
            record[f"ci_percent_{suffix}block"] = interval.percent
        # Without grooming, a lightpath is full during its whole lifetime.
        record["lightpath_utilization"] = 100.0 if self._outcome.allocations else None
        return record

    def iteration_record(self) -> dict[str, Any]:
        """Return the latest iteration's entry in ``iter_stats``."""
        outcome = self._outcome
        assert outcome is not None
        config = self._config
        classes = list(config.formats)
        blocked = sum(outcome.blocked)
        cores = dict.fromkeys(range(config.cores_per_link), 0)
        for (_, _, lane), tally in outcome.allocations.items():
            cores[config.lanes[lane].core] += self._scale.count(tally)
        hops, _, lengths = self._scale.moments(outcome.carried)
        ranks = outcome.ranks + [0] * config.k_paths
        carried = config.num_requests - blocked
        per_request = outcome.transponders / carried if carried else 0.0
        congested = blocked - outcome.unreachable
        return {
            "snapshots_dict": {},
            "cores_dict": cores,
            **self._modulations(outcome),
            "block_bw_dict": dict(zip(classes, outcome.blocked, strict=True)),
            **self._offered(classes, outcome),
            "link_usage_dict": self._link_usage(outcome),
            "demand_realization_ratio": {key: [] for key in ("overall", *classes)},
            "frag_dict": {},
            "lp_bw_utilization_dict": self._utilization(outcome),
            "sim_lp_utilization_list": [100.0] if outcome.allocations else [],
            "block_reasons_dict": {
                "distance": outcome.unreachable / blocked if blocked else 0,
                "congestion": congested / blocked if blocked else 0,
                "xt_threshold": 0.0 if blocked else 0,
            },
            "sim_block_list": self.blocking.values,
            "sim_br_block_list": self.bit_rate_blocking.values,
            **_spread("trans", _moments(per_request)),
            **_spread("hops", hops),
            **_spread("lengths", lengths),
            **_spread("route_times", _moments(*([0.0] if carried else []))),
            **_spread("xt", Moments()),
            **_spread("snr", Moments()),
            "bands_list": [],
            "start_slot_list": [first for first, _ in outcome.slots],
            "end_slot_list": [last for _, last in outcome.slots],
            "modulation_list": [],
            "bandwidth_list": [],
            "path_index_list": ranks[: config.k_paths],
            "protection_switchovers": 0,
            "protection_failures": 0,
            "failure_induced_blocks": 0,
            "switchover_times": [],
        }

    @staticmethod
    def _offered(classes: list[str], outcome: Outcome) -> dict[str, Any]:
        """Return the requests of each class, if they are drawn and not fixed beforehand."""
        if outcome.offered is None:
            return {}
        return {"offered_bw_dict": dict(zip(classes, outcome.offered, strict=True))}

    def _link_usage(self, outcome: Outcome) -> dict[str, Any]:
        """Return the use of each link in both directions, equal if they share spectrum."""
        if outcome.usage is None or outcome.throughput is None:
            return {}
        record = {}
        shares: Sequence[float | None] = outcome.slot_time or [None] * len(outcome.usage)
        uses = list(zip(outcome.usage, outcome.throughput, shares, strict=True))
        for number, link in enumerate(self._links):
            for ends, (count, throughput, share) in (
                (f"{link.source}-{link.target}", uses[number]),
                (f"{link.target}-{link.source}", uses[number - len(self._links)]),
            ):
                record[ends] = {
                    "usage_count": count,
                    "throughput": throughput,
                    "link_num": link.number,
                    "slot_time": share,  # an extension: the share of its slots and time in use
                }
        return record

    def _modulations(self, outcome: Outcome) -> dict[str, Any]:
        """Return ``weights_dict`` and ``mods_used_dict``: path lengths and counts by modulation."""
        by_class: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
        # By format and band; the band is "overall" for all of them.
        by_band: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
        for (bandwidth, modulation, lane), tally in outcome.allocations.items():
            by_class[bandwidth, modulation].add(tally)
            for band in (self._config.lanes[lane].band, OVERALL):
                by_band[modulation, band].add(tally)
        used: defaultdict[tuple[str, str], int] = defaultdict(int)
        weights: defaultdict[tuple[str, str], Moments] = defaultdict(Moments)
        for key, tally in by_class.items():
            used[key] = self._scale.count(tally)
            _, _, weights[key] = self._scale.moments(tally)
        if outcome.weights is not None:
            weights.clear()
            for (bandwidth, modulation, weight), count in outcome.weights.items():
                weights[bandwidth, modulation].add(weight, count)
        weights_dict: dict[str, Any] = {}
        mods_used: dict[str, Any] = {}
        for bandwidth, formats in self._config.formats.items():
            weights_dict[bandwidth] = {
                modulation: _record(weights[bandwidth, modulation].summary())
                for modulation in formats
            }
            mods_used[bandwidth] = {
                modulation: used[bandwidth, modulation] for modulation in formats
            }
            for name in formats:
                if name not in mods_used:
                    mods_used[name] = self._of_format(name, by_band)
        return {"weights_dict": weights_dict, "mods_used_dict": mods_used}

    def _of_format(self, name: str, by_band: dict[tuple[str, str], Tally]) -> dict[str, Any]:
        """Return the entry of a modulation format in ``mods_used_dict``."""
        bands = [OVERALL, *self._config.bands]
        moments = {band: self._scale.moments(by_band.get((name, band), Tally())) for band in bands}
        return {
            "length": {band: _record(moments[band][1].summary(), 2) for band in bands},
            "hop": {band: _record(moments[band][0].summary(), 2) for band in bands},
            "snr": {band: [] for band in bands},
            "xt_cost": {band: [] for band in bands},
            **{band: moments[band][0].count for band in self._config.bands},
        }

    def _utilization(self, outcome: Outcome) -> dict[str, Any]:
        """Return the load of lightpaths by bandwidth, band and core: 100 % without grooming."""
        full = {"mean": 100.0, "std": 0.0, "min": 100.0, "max": 100.0}
        config = self._config
        used = {
            (bandwidth, config.lanes[lane].band, config.lanes[lane].core)
            for bandwidth, _, lane in outcome.allocations
        }
        record: dict[str, Any] = {
            bandwidth: {
                band: {
                    core: full if (bandwidth, band, core) in used else _NONE
                    for core in range(config.cores_per_link)
                }
                for band in config.bands
            }
            for bandwidth in config.formats
        }
        record["overall"] = full if used else _NONE
        return record


def _record(summary: Summary | None, digits: int | None = None) -> dict[str, float | None]:
    """Return a summary for the output, rounded to ``digits`` if given."""
    if summary is None:
        return dict(_NONE)
    if digits is None:
        return summary._asdict()
    return {name: round(value, digits) for name, value in summary._asdict().items()}


def _moments(*values: float) -> Moments:
    moments = Moments()
    for value in values:
        moments.add(value)
    return moments


def _spread(name: str, moments: Moments) -> dict[str, float | None]:
    """Return mean, minimum and maximum under FUSION's names."""
    record = _record(moments.summary(), digits=2)
    return {f"{name}_{key}": record[key] for key in ("mean", "min", "max")}
