"""The known word that was probably meant, for the message of an error."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: object, known: Iterable[str], count: int = 3) -> list[str]:
    """The known words that are most like a word; upper and lower case are the same.

    Args:
        word: What was written.
        known: The words that there are.
        count: At most so many.

    Example:
        >>> nearest("nsfnett", ["USNet", "NSFNet", "geant"], 1)
        ['NSFNet']
    """
    import difflib  # for errors alone: the simulator starts without it

    by_lower: dict[str, list[str]] = {}
    for each in dict.fromkeys(known):
        by_lower.setdefault(each.lower(), []).append(each)
    close = difflib.get_close_matches(str(word).lower(), by_lower, count)
    return [each for lower in close for each in by_lower[lower]][:count]


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The question that ends an error's message; empty where no known word is like it.

    Example:
        >>> did_you_mean("erlng", ["erlang", "link"])
        ". Did you mean 'erlang'?"
    """
    close = nearest(word, known, 1)
    return f". Did you mean {str(close[0])!r}?" if close else ""
