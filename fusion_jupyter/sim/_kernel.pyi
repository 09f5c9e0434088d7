"""The compiled kernel; its source is in ``kernel/``."""

from collections.abc import Callable

SOURCE: int

class _Kernel: ...

def new(
    nodes: int,
    links: int,
    guard: int,
    save_slots: bool,
    groups: int,
    ranks: int,
    limbs: int,
    total: int,
    warm_up: int,
    own_traffic: bool,
    slots: tuple[int, ...],
    terminals: tuple[int, ...],
    node_bounds: tuple[float, ...],
    quotas: tuple[int, ...],
    class_places: tuple[int, ...],
    class_bounds: tuple[float, ...],
    gbps: tuple[float, ...],
    /,
) -> _Kernel: ...
def add_path(
    kernel: _Kernel, links: tuple[int, ...], rank: int, length: float, measures: bytes, /
) -> int: ...
def iterate(
    kernel: _Kernel,
    ways: Callable[[int, int], list[tuple[int, int, int, int]]],
    seed: int,
    gap: float,
    holding: float,
    longest: float,
    /,
) -> tuple[
    int,
    list[int],
    list[int],
    int,
    list[tuple[int, bytes, tuple[float, float], tuple[int, int]]],
    list[int],
    int,
    list[int],
    list[float],
    list[tuple[int, int]],
    list[float],
    float,
]: ...
def logarithm(x: float, /) -> float: ...
