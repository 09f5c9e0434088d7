"""What ``docs/statistics_coverage.md`` says around its tables."""

from __future__ import annotations

from collections.abc import Iterable


def table(heads: Iterable[str], rows: list[list[str]]) -> list[str]:
    """A table in Markdown."""
    names = list(heads)
    lines = [names, ["---:"] * len(names), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


TEXT = """\
# How often confidence intervals hold the truth

Made by `python -m tests.benchmarks coverage`.

A confidence interval of 95 % promises that 95 of 100 such intervals hold the true blocking
probability. Whether that is so can be counted where the truth is known: one link with {slots}
slots, on which every request takes one slot, is an Erlang loss system, and Erlang's formula gives
its blocking exactly. The embedded simulator simulated {iterations:,} iterations of {requests:,}
requests at each load. They were put into groups of n iterations, and the groups whose interval
holds the formula's value were counted. A share in the tables has a standard error of at most
{error:.1f} percentage points.

{verdict}

## With a warm-up of {warm_up} requests

Shares in %. "90 %": FUSION's interval, 1.645 · s / √n, which should hold 90. *t*: the textbook's
interval with Student's t at 95 %. **ours**: the interval of `fj.results` at 95 %, which is Student's
t where many requests were blocked, lopsided where few were, and a bound where none were. Bias: mean
of all iterations against the formula.

{warm}
## Without a warm-up

Every iteration starts with an empty link, on which nothing can be blocked at first. The bias is
small, but where much is blocked intervals are so narrow that they show it. The option `warm_up` of
the embedded simulator removes it.

{cold}
## After stopping early

{sequences:,} sequences of iterations with warm-up. FUSION's rule stops once the full width of its
interval is 5 % of the mean, after at most {fusion_most} iterations. Ours (option `precision`) stops
once half the width is 20 % or 10 % of the mean, after at most {most}; (†): a hundredth or more of
the sequences did not get there. Shares in %; FUSION's should be 90, ours 95. "FUSION, **ours**": our
interval where FUSION's rule stopped, which no interval can make good, because the rule stops where
the deviation happens to be small.

{stopping}
## Nothing blocked

Five iterations of {requests:,} requests in which nothing was blocked give an upper bound. Blocked
requests come in clusters, so that the rule of three (3 / requests) is not a bound. A bound may be
below the truth in 5 % of all groups.

{nothing}
## Long clusters

A link of 320 slots: {requests:,} requests are ten holding times, and requests are blocked in long
clusters. So few independent events are the hardest case. Shares in %, with warm-up.

{clusters}
## A network, bit rate and bandwidth classes

NSFNet with 64 slots and three bandwidth classes, 1,000 requests in an iteration. No formula gives
the truth; the mean of all iterations stands for it. The three loads are one curve, on which those
that block much tell how large clusters are. Shares of our intervals in %.

{network}
## Two programs

The same link simulated by a second program, which draws the order of arrivals and departures
without times; z is the difference over its standard error.

{check}"""
