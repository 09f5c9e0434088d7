"""A form that starts runs. Its browser half is js/src/launcher/."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets
from ipywidgets import widget_serialization

from fusion_jupyter import simulators
from fusion_jupyter.api import start
from fusion_jupyter.config.options import options
from fusion_jupyter.config.template_files import template_names
from fusion_jupyter.errors import ConfigError
from fusion_jupyter.handle import Run
from fusion_jupyter.widgets.channel import Channel, channel
from fusion_jupyter.widgets.display import Display
from fusion_jupyter.widgets.run_view import view

if TYPE_CHECKING:
    from fusion_jupyter.widgets.messages import Check, OptionInfo, Reply

STATIC = Path(__file__).parent.parent / "static"
_MOST_SHOWN = 10
_EMPTY = "<i>A form that starts simulations; it needs a running kernel.</i>"


class LaunchForm(anywidget.AnyWidget):
    """The form itself; `launcher` adds the views of the started runs below it."""

    _esm = STATIC / "launcher.js"
    _css = STATIC / "launcher.css"

    channel = traitlets.Instance(Channel, read_only=True).tag(sync=True, **widget_serialization)
    """The channel that delivers the answers, one for all widgets of this kernel."""

    form = traitlets.Dict(read_only=True).tag(sync=True)
    """Initial state of the form: names of templates and simulators, and the options."""

    started = traitlets.Instance(Run, allow_none=True, read_only=True)
    """The last started run; None before the first one."""

    def __init__(self, template: str = "minimal") -> None:
        self._channel = channel()
        self.set_trait("channel", self._channel)
        self.set_trait(
            "form",
            {
                "templates": template_names(),
                "template": template,
                "simulators": list(simulators.SIMULATORS),
                "options": _options(template),
                "key": uuid.uuid4().hex,
            },
        )
        super().__init__()
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, content: Any, __: Any) -> None:
        if not isinstance(content, dict) or content.get("kind") != "ask":
            return
        reply: Reply = {"id": str(content.get("id"))}
        try:
            reply["value"] = self._answer(content.get("operation"), content)
        except Exception as error:
            reply["error"] = str(error) or type(error).__name__
        self._channel.answer(reply)

    def _answer(self, operation: object, details: dict[str, Any]) -> Mapping[str, Any]:
        template = str(details.get("template"))
        if operation == "options":
            return {"options": _options(template)}
        overrides = {str(key): value for key, value in dict(details["overrides"]).items()}
        simulator = str(details.get("simulator"))
        checked = check(template, overrides, simulator)
        if operation == "start" and not checked["errors"]:
            name = str(details.get("name") or "").strip() or None
            try:
                run = start(template, name=name, overrides=overrides, simulator=simulator)
            except ValueError as error:
                return {**checked, "errors": getattr(error, "problems", None) or {"": str(error)}}
            self.set_trait("started", run)
        elif operation not in ("check", "start"):
            raise ValueError(f"operation is {operation!r}; allowed: options, check, start")
        return checked


def check(template: str, overrides: dict[str, object], simulator: str) -> Check:
    """The form's response to these values.

    Args:
        template: A template's name.
        overrides: Texts of the fields by option name, if they differ from the template's.
        simulator: One of `simulators.SIMULATORS`.

    Returns:
        ``errors`` (messages by option name), ``summary`` (what would be simulated, in words) and,
        without errors, ``simulator`` and ``reason``: the chosen one and why.

    Example:
        >>> check("minimal", {"max_iters": "2"}, "embedded")["summary"]
        '4 loads × 2 iterations × 1,000 requests on NSFNet'
    """
    try:
        choice = simulators.choose(template, overrides, simulator)
    except ConfigError as error:
        return {"errors": error.problems, "summary": ""}
    except ValueError as error:
        return {"errors": {"simulator": str(error)}, "summary": ""}
    made = choice.configuration
    loads = len(made.erlangs)
    words = f"{loads:,} load{'s' * (loads != 1)} × {made.max_iters:,} iterations × "
    return {
        "errors": {},
        "summary": f"{words}{made.num_requests:,} requests on {made.network}",
        "simulator": choice.simulator,
        "reason": choice.reason,
    }


class Launcher(ipywidgets.VBox):  # type: ignore[misc]
    """The form, and below it the views of the runs it has started, newest first.

    Attributes:
        runs: These runs, newest first.
    """

    def __init__(self, template: str = "minimal") -> None:
        self._form = LaunchForm(template)
        self.runs: list[Run] = []
        super().__init__([self._form])
        self.add_class("fj-launcher-box")
        self._display = Display(self._form.form["key"], self, "Launcher()")
        self._form.observe(self._show, names="started")

    def _show(self, change: Any) -> None:
        self.runs.insert(0, change.new)
        self.children = (self._form, *(view(run) for run in self.runs))
        self._display.watch(change.new)
        self._display.refresh(now=True)

    def fallback(self) -> dict[str, Any]:
        """The last known state of the newest runs as HTML and text, by MIME type."""
        shown = [view(run).fallback() for run in self.runs[:_MOST_SHOWN]]
        pages = [each["text/html"] for each in shown] or [_EMPTY]
        texts = [each["text/plain"] for each in shown]
        return {"text/html": "<hr>".join(pages), "text/plain": "\n".join(["Launcher()", *texts])}

    def __repr__(self) -> str:
        return f"Launcher({len(self.runs)} runs)"

    def _ipython_display_(self, **_: Any) -> None:
        self._display.publish()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": live, **self.fallback()}


def launcher(template: str = "minimal") -> Launcher:
    """A form to choose a template, set its options and start runs, with their views below.

    Args:
        template: The initial template.

    Raises:
        ConfigError: There is no such template.

    Example:
        >>> launcher("nsfnet_blocking")
    """
    return Launcher(template)


def _options(template: str) -> list[OptionInfo]:
    return [
        {
            "name": info.name,
            "section": info.section,
            "value": info.value,
            "kind": info.kind,
            "allowed": info.allowed,
            "description": info.description,
            "main": info.main,
            "choices": list(info.choices),
            "unit": info.unit,
            "group": info.group,
            "suggestions": list(info.suggestions),
        }
        for info in options(template).values()
    ]
