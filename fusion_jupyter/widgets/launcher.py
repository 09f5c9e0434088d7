"""A form that starts runs. Its browser half is js/src/launcher/."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets
import traitlets
from ipywidgets import widget_serialization

from fusion_jupyter import formatting, simulators
from fusion_jupyter.api import start
from fusion_jupyter.config import schema
from fusion_jupyter.config.options import OptionInfo as InfoOfOption
from fusion_jupyter.config.options import options
from fusion_jupyter.config.saved_templates import save_template
from fusion_jupyter.config.template_files import checked, template_names
from fusion_jupyter.errors import RunNotFoundError
from fusion_jupyter.handle import Run
from fusion_jupyter.storage import layout
from fusion_jupyter.widgets import launch_request
from fusion_jupyter.widgets.channel import Channel, channel
from fusion_jupyter.widgets.display import Display
from fusion_jupyter.widgets.launch_request import check
from fusion_jupyter.widgets.run_view import view

if TYPE_CHECKING:
    from fusion_jupyter.widgets.messages import FormState, OptionInfo, Reply

#: A template's name, the path of an INI file, or a run.
Source = str | os.PathLike[str] | Run

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

    def __init__(self, source: Source = "minimal") -> None:
        self._channel = channel()
        self.set_trait("channel", self._channel)
        label, self._paths = _begin(source)
        run = source if isinstance(source, Run) else None
        form: FormState = {
            "templates": [*self._paths, *template_names()],
            "template": label,
            "simulator": "auto" if run is None else run.record.simulator,
            "simulators": list(simulators.SIMULATORS),
            "tags": "" if run is None else ", ".join(run.record.tags),
            "options": _options(self._template(label)),
            "key": uuid.uuid4().hex,
        }
        self.set_trait("form", form)
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

    def _template(self, label: str) -> str | Path:
        """The template of a choice in the form: its name, or the path of a run's configuration."""
        return self._paths.get(label, label)

    def _answer(self, operation: object, details: dict[str, Any]) -> Mapping[str, Any]:
        template = self._template(str(details.get("template")))
        if operation == "options":
            return {"options": _options(template)}
        if operation == "ini":
            values, errors = launch_request.from_ini(template, str(details.get("text")))
            return {"values": values, "errors": errors}
        overrides = {str(key): value for key, value in dict(details["overrides"]).items()}
        if operation == "save":
            name = str(details.get("as"))
            save_template(template, name, replace=details.get("replace") is True, **overrides)
            return {"name": name, "templates": [*self._paths, *template_names()]}
        if operation not in ("check", "start"):
            allowed = "options, ini, save, check, start"
            raise ValueError(f"operation is {operation!r}; allowed: {allowed}")
        name, tags = str(details.get("name") or ""), str(details.get("tags") or "")
        simulator: Any = str(details.get("simulator"))  # checked before anything is started
        checked = check(template, overrides, simulator, name=name, tags=tags)
        if operation == "start" and not checked["errors"]:
            try:
                run = start(
                    template,
                    name=name.strip() or None,
                    overrides=overrides,
                    simulator=simulator,
                    tags=launch_request.words(tags),
                )
            except ValueError as error:
                return {**checked, "errors": getattr(error, "problems", None) or {"": str(error)}}
            self.set_trait("started", run)
        return checked


class Launcher(ipywidgets.VBox):  # type: ignore[misc]
    """The form, and below it the views of the runs it has started, newest first.

    Attributes:
        runs: These runs, newest first.
    """

    def __init__(self, source: Source = "minimal") -> None:
        self._form = LaunchForm(source)
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
        return f"Launcher({formatting.counted(len(self.runs), 'run')})"

    def _ipython_display_(self, **_: Any) -> None:
        self._display.publish()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        live = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"application/vnd.jupyter.widget-view+json": live, **self.fallback()}


def launcher(source: Source = "minimal") -> Launcher:
    """A form to set a run's options and start it, with the views of the started runs below.

    It has every option, with its unit, default and meaning; it checks while one types, shows the
    INI file and the line of Python that say the same, and saves templates of your own.

    Args:
        source: What to begin with: a template's name, the path of an INI file, or an earlier `Run`,
            whose configuration, simulator and tags are taken over.

    Raises:
        ConfigError: There is no such template, or the file cannot be read.
        ValueError: The run is a command: it has no options.
        RunNotFoundError: The run's folder is gone.

    Example:
        >>> launcher("nsfnet_blocking")
    """
    return Launcher(source)


def _begin(source: Source) -> tuple[str, dict[str, Path]]:
    """The form's name for its source, and the configuration file of that name, if it is one."""
    if isinstance(source, Run):
        if source.record.simulator == "command":
            raise ValueError(f"run {source.id} is a command, which has no options")
        path = source.directory / layout.CONFIG_FILE
        if not path.is_file():
            raise RunNotFoundError(f"There is no configuration in {source.directory}")
        return f"run {source.id}", {f"run {source.id}": path}
    source = checked(source)
    if str(source) in template_names():
        return str(source), {}
    return str(source), {str(source): Path(source)}


def _options(template: str | Path) -> list[OptionInfo]:
    return [
        {
            "name": info.name,
            "section": info.section,
            "value": info.value,
            "kind": info.kind,
            "allowed": info.allowed,
            "description": info.description,
            "main": info.main,
            "importance": info.importance,
            "default": _default(info),
            "choices": list(info.choices),
            "unit": info.unit,
            "group": info.group,
            "suggestions": list(info.suggestions),
        }
        for info in options(template).values()
    ]


def _default(info: InfoOfOption) -> str:
    return schema.OPTIONS[info.section, info.name.rpartition(".")[2]].default or ""
