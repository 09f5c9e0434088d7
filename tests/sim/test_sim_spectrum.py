"""First fit on bit masks against first fit on lists of slots."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from fusion_jupyter.sim.lightpath import Lightpath, Path, run_shifts
from fusion_jupyter.sim.spectrum import first_fit, release


def lightpath(links: tuple[int, ...], width: int, cores: int, total: int) -> Lightpath:
    """Return a lightpath of a network with ``total`` links."""
    on_cores = tuple(tuple(core * total + link for link in links) for core in range(cores))
    return Lightpath(Path(0, links, 1.0, on_cores, 0), "25", "QPSK", width)


def naive_first_fit(free: list[list[bool]], wanted: Lightpath, band: int) -> tuple[int, int] | None:
    """Return the core and the first slot, found by looking at every slot."""
    for core, links in enumerate(wanted.lanes):
        for start in range(band - wanted.width + 1):
            if all(
                free[link][slot] for link in links for slot in range(start, start + wanted.width)
            ):
                return core, start
    return None


def as_mask(slots: list[bool]) -> int:
    return sum(1 << slot for slot, is_free in enumerate(slots) if is_free)


def compare(free: list[list[bool]], wanted: Lightpath, band: int) -> list[int]:
    """Allocate both ways; return the masks afterwards."""
    masks = [as_mask(slots) for slots in free]
    before = list(masks)
    expected = naive_first_fit(free, wanted, band)
    found = first_fit(masks, (wanted,))
    if expected is None:
        assert found is None
        assert masks == before
        return masks
    core, start = expected
    assert found is not None
    assert found[:2] == (wanted, core)
    assert found[2] == ((1 << wanted.width) - 1) << start
    for link, mask in enumerate(masks):
        taken = found[2] if link in wanted.lanes[core] else 0
        assert mask == before[link] & ~taken
    released = list(masks)
    release(released, wanted.lanes[core], found[2])
    assert released == before
    return masks


def test_all_masks_of_a_small_band_and_all_widths() -> None:
    band = 10
    for mask in range(1 << band):
        free = [[bool(mask >> slot & 1) for slot in range(band)]]
        for width in range(1, band + 2):
            compare(free, lightpath((0,), width, 1, 1), band)


def test_twenty_thousand_random_networks() -> None:
    source = random.Random(1)
    for _ in range(20_000):
        band, cores, total = source.randint(1, 48), source.randint(1, 3), source.randint(1, 4)
        density = source.random()
        free = [[source.random() < density for _ in range(band)] for _ in range(cores * total)]
        links = tuple(source.sample(range(total), source.randint(1, total)))
        compare(free, lightpath(links, source.randint(1, 20), cores, total), band)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_history_of_allocations_and_releases(data: st.DataObject) -> None:
    band = data.draw(st.integers(1, 80))
    cores, total = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 5))
    free = [[True] * band for _ in range(cores * total)]
    held: list[tuple[tuple[int, ...], int]] = []
    for _ in range(data.draw(st.integers(1, 30))):
        if held and data.draw(st.booleans()):
            links, taken = held.pop(data.draw(st.integers(0, len(held) - 1)))
            for link in links:
                for slot in range(band):
                    free[link][slot] |= bool(taken >> slot & 1)
            continue
        size = data.draw(st.integers(1, total))
        links = tuple(data.draw(st.permutations(range(total)))[:size])
        wanted = lightpath(links, data.draw(st.integers(1, 17)), cores, total)
        before = [as_mask(slots) for slots in free]
        after = compare(free, wanted, band)
        changed = [link for link in range(len(free)) if after[link] != before[link]]
        if changed:
            held.append((tuple(changed), before[changed[0]] ^ after[changed[0]]))
        free = [[bool(mask >> slot & 1) for slot in range(band)] for mask in after]


def test_run_shifts_leave_exactly_the_starts_of_runs() -> None:
    for width in range(1, 40):
        free = (1 << width) - 1
        for shift in run_shifts(width):
            free &= free >> shift
        assert free == 1, width
        too_short = (1 << (width - 1)) - 1
        for shift in run_shifts(width):
            too_short &= too_short >> shift
        assert too_short == 0, width
