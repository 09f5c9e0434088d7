"""Completion in a notebook: templates, options and their values.

IPython completes only what it finds in a signature; this module adds what belongs inside the quotes
and after the equals sign in calls of this package::

    fj.start("min            templates
    fj.start("minimal", k_   options
    fj.start(network="N      values of an option
    fj.sweep(over={"k_       options as keys
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple, get_args

from fusion_jupyter import choices

#: Functions whose first argument is a template and which accept options by keyword.
_WITH_TEMPLATE = ("start", "check", "sweep", "find_load", "options", "launcher", "save_template")
#: Others that accept options by keyword.
_WITH_OPTIONS = ("again",)
#: The meaning of a function's first argument.
_FIRST = {
    **dict.fromkeys(_WITH_TEMPLATE, "template"),
    **dict.fromkeys(("topology", "plot_topology"), "network"),
    "runs": "status",
}
#: Arguments whose value is a mapping of options.
_MAPPINGS = ("over", "overrides")
_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CALLEE = re.compile(r"([A-Za-z_][\w.]*)\s*$")
_ARGUMENT = re.compile(r"\s*(?:([A-Za-z_]\w*)\s*=(?!=)\s*)?(.*)", re.DOTALL)
_STRING = re.compile(r"([A-Za-z]{0,2})('''|\"\"\"|'|\")")


class CallSite(NamedTuple):
    """The call around the cursor, and which of its arguments is being written.

    Attributes:
        callee: Dotted name of the called function.
        position: Number of arguments before the one at the cursor.
        keyword: The argument's keyword, None if it has none.
        fragment: The part of the argument before the cursor, without an opening quote.
        quoted: Whether the cursor is inside quotes.
        mapping: Whether it is at a key of a mapping that is the argument's value.
    """

    callee: str
    position: int
    keyword: str | None
    fragment: str
    quoted: bool
    mapping: bool = False


def register() -> None:
    """Register with this process's IPython shell, if there is one; may be called repeatedly."""
    ipython: Any = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if hasattr(ipython, "get_ipython") else None
    completer = getattr(shell, "Completer", None)
    matchers = getattr(completer, "custom_matchers", None)
    if matchers is None or any(
        getattr(each, "__qualname__", "") == "_fusion_jupyter_matcher" for each in matchers
    ):
        return
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher()  # type: ignore[untyped-decorator]
    def _fusion_jupyter_matcher(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        lines[-1] = lines[-1][: context.cursor_position]
        site = find_call("\n".join(lines))
        words: list[tuple[str, str]] = []
        function = None if site is None else _ours(site.callee, shell.user_ns)
        if site is not None and function is not None:
            words = list(completions(site, function))
        return {
            "completions": [SimpleCompletion(text, type=kind) for text, kind in words],
            "matched_fragment": "" if site is None or not words else site.fragment,
            "ordered": True,
            "suppress": _others_to_suppress(site) if site is not None and words else False,
        }

    # The name by which IPython, and the test above, identify it.
    _fusion_jupyter_matcher.__qualname__ = "_fusion_jupyter_matcher"
    matchers.append(_fusion_jupyter_matcher)


def _others_to_suppress(site: CallSite) -> bool | set[str]:
    """Whether to suppress IPython's own completions.

    Inside quotes Python names are meaningless, but file names are not if a template or a network is
    expected. After an equals sign a variable may be meant, once something has been typed.
    """
    if site.quoted and (site.keyword in ("network", "template", None) and not site.mapping):
        return {"IPCompleter.magic_matcher", "IPCompleter.jedi_matcher"}
    return site.quoted or (site.keyword is not None and not site.fragment)


def completions(site: CallSite, function: Any) -> Iterator[tuple[str, str]]:
    """The possible completions in a call, as text and kind.

    Args:
        site: A call of a function of this package.
        function: The function.
    """
    for text, kind, is_text in _candidates(site, function):
        if kind == "keyword":
            shown = text if site.mapping else f"{text}="
            if site.mapping and not site.quoted:
                shown = f'"{text}"'
        else:
            shown = f'"{text}"' if is_text and not site.quoted else text
        if shown.startswith(site.fragment) or text.startswith(site.fragment):
            yield shown, kind


def _candidates(site: CallSite, function: Any) -> Iterator[tuple[str, str, bool]]:
    """Text, kind, and whether Python code needs quotes around it."""
    name = getattr(function, "__name__", "")
    with_template = name in _WITH_TEMPLATE
    first = site.keyword is None and not site.position
    if site.mapping or (site.keyword is None and not site.quoted and not (first and with_template)):
        if with_template or name in _WITH_OPTIONS:
            yield from _options(everywhere=site.mapping)
    elif first and name in _FIRST:
        yield from _values(_FIRST[name])
    elif site.keyword is not None:
        yield from _words(function, site.keyword) or _values(site.keyword)


def _options(*, everywhere: bool) -> Iterator[tuple[str, str, bool]]:
    from fusion_jupyter.config import schema

    for option in sorted(schema.OPTIONS.values(), key=lambda option: option.importance):
        name = schema.short_name(option)
        if everywhere or name == option.name:
            yield name, "keyword", True


def _words(function: Any, keyword: str) -> list[tuple[str, str, bool]]:
    """The words that an argument allows, by its type."""
    parameter = inspect.signature(function).parameters.get(keyword)
    name = str(parameter.annotation).partition(" | ")[0] if parameter is not None else ""
    return [(word, "value", True) for word in get_args(getattr(choices, name, None))]


def _values(keyword: str) -> Iterator[tuple[str, str, bool]]:
    """The values of an option, or of an argument that many functions have."""
    from fusion_jupyter.config import schema
    from fusion_jupyter.config.template_files import template_names
    from fusion_jupyter.manager.record import RunStatus

    if keyword == "template":
        for name in template_names():
            yield name, "template", True
    if keyword == "status":
        for status in RunStatus:
            yield status.value, "value", True
    option = schema.find(keyword)
    if option is not None:
        for word in (*option.kind.choices, *option.kind.suggestions):
            plain = word in ("True", "False", "None") or word.isdecimal()
            yield word, "value", not plain


def _ours(callee: str, namespace: dict[str, Any]) -> Any:
    """The function or method of this package with this dotted name, else None; executes nothing."""
    first, *rest = callee.split(".")
    found = namespace.get(first)
    for name in rest:
        if not isinstance(found, ModuleType):
            # A handle, such as a run: its class knows its methods.
            found = getattr(type(found), name, None) if _is_own(type(found).__module__) else None
        else:
            # This package imports its names on access; those of other modules exist already.
            own = _is_own(found.__name__)
            found = getattr(found, name, None) if own else vars(found).get(name)
    return found if callable(found) and _is_own(getattr(found, "__module__", None)) else None


def _is_own(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == __package__


def find_call(text: str) -> CallSite | None:
    """Find the site of the cursor at the end of a possibly incomplete text.

    Args:
        text: Python code up to the cursor.

    Returns:
        The site in the innermost open call, or in a mapping that is its argument; None if there is
        no such call, or inside a comment.

    Example:
        >>> find_call('fj.start("minimal", k_')[:4]
        ('fj.start', 1, None, 'k_')
    """
    # Each open bracket: its site, and where the argument at the cursor begins.
    open_brackets: list[list[int]] = []
    commas: list[int] = []
    at, quoted_from = 0, None
    while at < len(text):
        string = _STRING.match(text, at)
        if string is not None and not (at and (text[at - 1].isalnum() or text[at - 1] == "_")):
            at = _end_of_string(text, string)
            if at < 0:
                quoted_from = string.end()
                break
            continue
        char = text[at]
        if char == "#":
            at = text.find("\n", at)
            if at < 0:
                return None
        elif char in _OPENERS:
            open_brackets.append([at, at + 1])
            commas.append(0)
        elif char in _OPENERS.values() and open_brackets:
            open_brackets.pop()
            commas.pop()
        elif char == "," and open_brackets:
            open_brackets[-1][1] = at + 1
            commas[-1] += 1
        at += 1
    if not open_brackets:
        return None
    return _call_site(text, open_brackets, commas, quoted_from)


def _end_of_string(text: str, string: re.Match[str]) -> int:
    """The position after a string's closing quote; -1 if the string is open."""
    quote, raw = string[2], "r" in string[1].lower()
    at = string.end()
    while at < len(text):
        if text[at] == "\\" and not raw:
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        elif text[at] == "\n" and len(quote) == 1:
            return at  # never closed
        else:
            at += 1
    return -1


def _call_site(
    text: str, open_brackets: list[list[int]], commas: list[int], quoted_from: int | None
) -> CallSite | None:
    bracket, begin = open_brackets[-1]
    mapping = text[bracket] == "{"
    if mapping:
        # A key of a mapping: the call is the bracket around it.
        if len(open_brackets) < 2 or _is_value(text[begin : quoted_from or len(text)]):
            return None
        bracket, begin = open_brackets[-2]
    if text[bracket] != "(":
        return None
    callee = _CALLEE.search(text, 0, bracket)
    argument = _ARGUMENT.fullmatch(text[begin:])
    if callee is None or argument is None:
        return None
    keyword = argument[1]
    position = commas[-2 if mapping else -1]
    if mapping and keyword not in (*_MAPPINGS, *([None] if position else [])):
        return None
    if quoted_from is not None:
        fragment = text[quoted_from:]
    else:
        fragment = text[open_brackets[-1][1] :].lstrip() if mapping else argument[2]
    return CallSite(callee[1], position, keyword, fragment, quoted_from is not None, mapping)


def _is_value(text: str) -> bool:
    """Whether the cursor is past the key of a mapping's entry."""
    return ":" in re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
