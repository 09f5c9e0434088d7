"""Progress of a program that does not report it but prints a bar or counts its steps.

Recognises the bars of tqdm, rich and Keras, lines such as ``step 3/10`` and lines such as
``37 % done``. A wrong guess is worse than none: a bar is unmistakable and accepted at once, a count
or a percentage only when it has grown. A counter that reaches its end repeatedly is part of
something larger, so the guess is withdrawn permanently.

Imported by the reader of a run's log, see `log_progress`, so it imports only light standard-library
modules.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class Mark(NamedTuple):
        """The progress shown by a line.

        Attributes:
            series: Identical for lines that continue one another.
            done: What is done, of `total`.
            total: The total.
            sure: How often it must have grown to be accepted.
            outer: Number and total of the stage named by the line, as in ``Epoch 2/3``.
        """

        series: str
        done: float
        total: float
        sure: int = 0
        outer: tuple[float, float] | None = None

else:
    from collections import namedtuple

    Mark = namedtuple("Mark", "series done total sure outer", defaults=(0, None))

#: Number of lines without a mark after which none is expected any more.
_PATIENCE_LINES = 100_000
_LONGEST_LINE = 1000
_WORDS = (
    "batch|chunk|configuration|episode|epoch|experiment|file|fold|frame|generation|image|instance|"
    "item|iter|iteration|job|load|part|point|realization|repetition|replication|round|run|sample|"
    "scenario|seed|simulation|stage|step|task|trial|update"
)
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x07\x0b-\x1f]")
#: Prefix of a logger: time and level, then its name.
_PREFIX = re.compile(
    r"\A(?:[\[(]?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,+:Z]*[\])]?[\s:|-]*)?"
    r"(?:[\[(]?\d\d:\d\d:\d\d[.,\d]*[\])]?[\s:|-]*)?"
    r"(?:[\[(]?(?:DEBUG|INFO|NOTICE|WARNING)[\])]?[\s:|-]*)?"
)
_NAME = re.compile(r"\A[A-Za-z_][\w.]*(?::| -) ")
_NUMBER = r"\d{1,9}(?:\.\d{1,6})?"
_TQDM = re.compile(
    rf"(?P<label>[^|%]{{0,200}}?)(?P<percent>\d{{1,3}})%\|[^|]{{0,300}}\| *"
    rf"(?P<done>{_NUMBER})[kMGTP]?i?B?/(?P<total>{_NUMBER})[kMGTP]?i?B? \[[\d:?]+<[\d:?]+"
)
_RICH = re.compile(
    r"(?P<label>[^%━╸╺]{0,200}?)[━╸╺]{5,200} +(?P<percent>\d{1,3})% (?:[\d:]{4,}|-:--:--)"
)
_KERAS = re.compile(
    r"\s*(?P<done>\d{1,9})/(?P<total>\d{1,9}) "
    r"(?:\[[=>.]{10,60}\]|[━]{5,60}) *(?:- )?(?:ETA: )?[\d:.]+[a-zµ]{0,2}\b"
)
_COUNT = re.compile(
    rf"(?:[\[(#]\s*)?(?:[A-Za-z]{{2,20}}ing\s+)?(?P<word>{_WORDS})s?\s*[:=#]?\s*"
    rf"[\[(]?\s*(?P<done>\d{{1,9}})\s*(?:/|of|out of)\s*(?P<total>\d{{1,9}})(?![\d./:-]*[\d/])",
    re.IGNORECASE,
)
_COUNT_OF = re.compile(
    rf"(?P<done>\d{{1,9}})\s*(?:/|of|out of)\s*(?P<total>\d{{1,9}})\s+(?P<word>{_WORDS})s?"
    r"(?:\s*\(\s*\d{1,3}(?:\.\d+)?\s*%\s*\))?(?:\s+(?:are\s+)?(?:done|complete|completed|finished|"
    r"processed))?[\s.:…]*",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\[\s*(?P<done>\d{1,9})\s*/\s*(?P<total>\d{1,9})\s*\]\s")
#: Words that mark a count of failures, unless a number follows (a metric).
_BAD_NEWS = re.compile(
    r"\b(?:fail\w*|error\w*|retr(?:y|ies|ied|ying)|attempt\w*|skip\w*|missing|lost|warning\w*|"
    r"abort\w*|unreachable|blocked|killed|timed?\s?out|cancel\w*)\b(?!\s*[:=]?\s*[\d.])",
    re.IGNORECASE,
)
_DONE = r"(?:done|complete|completed|finished|processed)"
_PERCENT = re.compile(
    rf"(?:(?:overall\s+|total\s+)?progress|{_DONE})?\W{{0,4}}(?P<percent>\d{{1,3}}(?:\.\d{{1,6}})?)"
    rf"\s?%\W{{0,4}}(?:of\s+\w{{1,20}}\s+)?{_DONE}?\W{{0,4}}",
    re.IGNORECASE,
)
#: As cmake prints it, and pytest.
_PERCENT_FIRST = re.compile(r"\[\s*(?P<percent>\d{1,3})%\]\s\S")
_PERCENT_LAST = re.compile(r"\S.{0,300}\s\[\s*(?P<percent>\d{1,3})%\]")


def find_mark(line: str) -> Mark | None:
    """The progress shown by a log line; None if it shows none.

    Example:
        >>> find_mark("step 3/10, loss 0.2")[:3]
        ('step of 10', 3.0, 10.0)
        >>> find_mark("3/10 tests failed")
    """
    if "%" not in line and "/" not in line and " of " not in line:
        return None
    text = _ESCAPE.sub("", line[:_LONGEST_LINE].rsplit("\x08", 1)[-1]).strip()
    return _bar(text) or _count(text) or _percent(text)


def _bar(text: str) -> Mark | None:
    found = _TQDM.match(text) or _RICH.match(text)
    if found is not None:
        label = found["label"].strip(" :-")
        stage = _COUNT.search(label)
        outer = None if stage is None else (float(stage["done"]), float(stage["total"]))
        name = re.sub(r"\d+", "", label)
        whole = "100"
        if found.re is _TQDM:
            whole = found["total"]
        percent = float(found["percent"])
        return Mark(f"{name} bar of {whole}", percent, 100.0, 0, outer) if percent <= 100 else None
    found = _KERAS.match(text)
    return None if found is None else _checked("keras bar", found["done"], found["total"], 0)


def _count(text: str) -> Mark | None:
    if _BAD_NEWS.search(text):
        return None
    rest = _NAME.sub("", _PREFIX.sub("", text, count=1), count=1) if text else ""
    found = _COUNT.match(rest) or _COUNT_OF.fullmatch(rest)
    if found is not None:
        return _checked(found["word"].lower(), found["done"], found["total"], 1)
    found = _BRACKETS.match(rest)
    return None if found is None else _checked("brackets", found["done"], found["total"], 2)


def _percent(text: str) -> Mark | None:
    rest = _PREFIX.sub("", text, count=1)
    kinds = {
        "percent": _PERCENT.fullmatch(rest),
        "percent first": _PERCENT_FIRST.match(rest),
        "percent last": _PERCENT_LAST.fullmatch(rest),
    }
    for kind, found in kinds.items():
        if found is not None and float(found["percent"]) <= 100:
            return Mark(kind, float(found["percent"]), 100.0, 2)
    return None


def _checked(name: str, done: str, total: str, sure: int) -> Mark | None:
    number, of = float(done), float(total)
    return Mark(f"{name} of {total}", number, of, sure) if of > 0 and number <= of else None


class _Series:
    """Marks that continue one another."""

    def __init__(self, mark: Mark) -> None:
        self.last = mark
        self.grown = 0

    def consume(self, mark: Mark) -> bool:
        """Consume the next mark; False if the series has started again."""
        if mark.outer == self.last.outer and mark.done < self.last.done:
            return False
        self.grown += mark.done > self.last.done or mark.outer != self.last.outer
        self.last = mark
        return True

    @property
    def is_sure(self) -> bool:
        return self.grown >= self.last.sure

    @property
    def is_complete(self) -> bool:
        outer = self.last.outer
        return self.last.done >= self.last.total and (outer is None or outer[0] >= outer[1])

    @property
    def fraction(self) -> float:
        own = self.last.done / self.last.total
        if self.last.outer is None:
            return own
        number, total = self.last.outer
        return max(0.0, min(1.0, (number - 1 + own) / total)) if total else own


class Guess:
    """Reads a log line by line and infers the program's progress, if possible."""

    def __init__(self) -> None:
        self._all: dict[str, _Series] = {}
        self._followed: _Series | None = None
        self._header: _Series | None = None
        self._lines = 0
        self._has_told = False
        self._begins = False
        self.is_over = False

    def read(self, line: str) -> dict[str, object] | None:
        """Consume a line.

        Returns:
            An event for ``progress.jsonl``; None if the line changes nothing.
        """
        if self.is_over:
            return None
        mark = find_mark(line)
        if mark is None:
            self._lines += 1
            self.is_over = not self._all and self._lines > _PATIENCE_LINES
            return None
        series = self._all.get(mark.series)
        if series is None:
            series = self._all[mark.series] = _Series(mark)
            self.is_over = len(self._all) > 1000  # anything but one program's progress
        elif not series.consume(mark):
            return self._begun_again(series, mark)
        return self._told(series)

    def _begun_again(self, series: _Series, mark: Mark) -> dict[str, object] | None:
        header = self._header
        if header is not None and series is not header:
            series.last = mark
            return self._told(series)
        if series not in (self._followed, header):
            series.last, series.grown = mark, 0
            return None
        # Part of something larger that is unknown.
        self.is_over = True
        return {"type": "start"} if self._has_told else None

    def _told(self, series: _Series) -> dict[str, object] | None:
        followed = self._followed
        if series is followed:
            return self._event(series.fraction, series) if self._header is None else None
        if self._header is not None:
            if series is not self._header and series.last.sure == 0:
                number, total = self._header.last.done, self._header.last.total
                return self._event((number - 1 + series.fraction) / total, self._header)
            return None
        if followed is not None and not followed.is_complete:
            return None  # nested in the followed one
        first = next(iter(self._all.values()))
        is_header = first.last.sure and first.last.done == 1 and first.grown == 0
        if followed is None and first is not series and series.last.sure == 0 and is_header:
            self._header = first  # "Epoch 1/3", and then the bar of this epoch
            return self._told(series)
        if not series.is_sure:
            return None
        self._begins = followed is not None
        self._followed = series
        return self._event(series.fraction, series)

    def _event(self, fraction: float, series: _Series) -> dict[str, object]:
        event: dict[str, object] = {"fraction": round(max(0.0, min(1.0, fraction)), 6)}
        if self._begins:  # another bar than before
            event = {"type": "start", **event}
        self._begins = False
        self._has_told = True
        return event
