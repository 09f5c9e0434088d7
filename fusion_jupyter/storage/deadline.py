"""When a run ends at the latest: the ``deadline`` in ``run.json``, from the budget of its sweep.

Imported by the supervisor, so it imports only light standard-library modules.
"""

from __future__ import annotations

import time

#: Why a run ended at its deadline; likewise one that waited until then.
LATE = "The time budget of its sweep was used up"
BEFORE_ITS_START = f"{LATE} before it started"


def has_passed(deadline: object) -> bool:
    """Whether a deadline, in seconds since 1970, has passed; anything else is none.

    Example:
        >>> has_passed(0.0), has_passed(None)
        (True, False)
    """
    return isinstance(deadline, int | float) and time.time() >= deadline
