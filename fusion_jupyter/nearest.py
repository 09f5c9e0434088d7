"""Suggest the known word that was probably meant, for error messages."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: object, known: Iterable[str], count: int = 3) -> list[str]:
    """The known words most similar to a word, case-insensitive.

    Args:
        word: The word as written.
        known: The known words.
        count: Maximum number of suggestions.

    Example:
        >>> nearest("nsfnett", ["USNet", "NSFNet", "geant"], 1)
        ['NSFNet']
    """
    import difflib  # only for errors: the simulator starts without it

    by_lower: dict[str, list[str]] = {}
    for each in dict.fromkeys(known):
        by_lower.setdefault(each.lower(), []).append(each)
    close = difflib.get_close_matches(str(word).lower(), by_lower, count)
    return [each for lower in close for each in by_lower[lower]][:count]


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The suggestion at the end of an error message; empty if no known word is similar.

    Example:
        >>> did_you_mean("erlng", ["erlang", "link"])
        ". Did you mean 'erlang'?"
    """
    close = nearest(word, known, 1)
    return f". Did you mean {str(close[0])!r}?" if close else ""
