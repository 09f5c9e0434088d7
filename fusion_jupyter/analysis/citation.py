"""`cite`: text and facts about a run for a paper's paragraph on reproducibility."""

from __future__ import annotations

import hashlib
import html
import json
import os
import warnings
from dataclasses import dataclass
from typing import Any

from fusion_jupyter.analysis.results import read
from fusion_jupyter.analysis.run_options import configuration, first_seed
from fusion_jupyter.config import schema
from fusion_jupyter.config.locations import TRAINING
from fusion_jupyter.config.schema import embedded
from fusion_jupyter.errors import FewIterationsWarning
from fusion_jupyter.manager import provenance
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord
from fusion_jupyter.storage import atomic_io

#: Options that belong in the description of any simulation.
_DESCRIBED = (
    "network",
    "k_paths",
    "route_method",
    "allocation_method",
    "cores_per_link",
    "c_band",
    "guard_slots",
    "max_segments",
    "request_distribution",
    "num_requests",
    "holding_time",
    "max_iters",
)


@dataclass(frozen=True)
class Citation:
    """How a run was produced, as far as it is known.

    Attributes:
        text: Sentences for a paper, to print or edit.
        facts: The same as data; None for unknown values.
    """

    text: str
    facts: dict[str, Any]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(_shown(value))}</td></tr>'
            for name, value in self.facts.items()
        )
        table = f"<details><summary>Facts</summary><table>{rows}</table></details>"
        return f"<p>{html.escape(self.text)}</p>{table}"


def cite(record: RunRecord) -> Citation:
    """Collect what a reader needs to repeat a run.

    Args:
        record: The run. Facts missing from its directory, because an older release or another
            machine created it, are None and omitted from the text.
    """
    facts = _facts(record)
    sentences = [
        _program(facts),
        _experiment(facts),
        _options(facts),
        _code(facts),
        _surroundings(facts),
        f"Run {record.id}."
        if facts["configuration_sha256"] is None
        else f"Run {record.id}, configuration with SHA-256 {facts['configuration_sha256'][:12]}.",
    ]
    return Citation(" ".join(filter(None, sentences)), facts)


def _facts(record: RunRecord) -> dict[str, Any]:
    directory = RunDirectory(record.directory)
    found = provenance.read(directory)
    repository = found.get("repository") or {}
    iterations = _iterations(record)
    first = first_seed(record)
    return {
        "run_id": record.id,
        "name": record.name,
        "date": record.created_at.date().isoformat(),
        "package": _package(found),
        "simulator": record.simulator,
        "fusion": dict(record.fusion) if record.simulator == "fusion" else None,
        "command": _command(directory) if record.simulator == "command" else None,
        "network": record.network,
        "erlangs": list(record.erlangs),
        "iterations": iterations,
        "seeds": [first, first + iterations[1] - 1] if iterations else None,
        "options": _described(record),
        "changed_options": dict(record.options),
        "configuration_sha256": _digest(directory),
        "repository_commit": repository.get("commit"),
        "repository_dirty": repository.get("dirty"),
        "python": (found.get("python") or {}).get("version"),
        "distributions": len((found.get("distributions") or {}).get("installed") or {}) or None,
        "distributions_sha256": (found.get("distributions") or {}).get("sha256"),
        "machine": found.get("machine"),
    }


def _described(record: RunRecord) -> dict[str, str]:
    """The texts of the options that belong in a description, from where simulators read them.

    Of options with defaults that FUSION does not have, those that are set to something else.
    """
    sections = configuration(record)
    found = {}
    for name in _DESCRIBED:
        option = schema.find(name)
        if option is not None and name in sections.get(option.section, {}):
            found[name] = sections[option.section][name]
    special = {TRAINING: schema.OPTIONS[TRAINING]}
    if record.simulator == "embedded":
        special |= {at: option for at, option in schema.OPTIONS.items() if at[0] == embedded.NAME}
    for (section, name), option in special.items():
        usual = option.missing if option.default is None else option.default
        text = sections.get(section, {}).get(name, usual)
        if text != usual:
            found[name] = text
    return found


def _package(found: dict[str, Any]) -> str:
    version = (found.get("package") or {}).get("version")
    return f"fusion_jupyter {version}" if version else "fusion_jupyter"


def _iterations(record: RunRecord) -> list[int] | None:
    """The minimum and maximum number of iterations of a load; None without results."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FewIterationsWarning)
        counts = read([record])["iterations"]
    return [int(counts.min()), int(counts.max())] if len(counts) else None


def _digest(directory: RunDirectory) -> str | None:
    try:
        return hashlib.sha256(directory.read_config().encode("utf-8")).hexdigest()
    except (OSError, ValueError):
        return None


def _command(directory: RunDirectory) -> list[str] | None:
    try:
        request = atomic_io.read_json(os.fspath(directory.run_file)) or {}
    except (ValueError, OSError):
        return None
    return list(request.get("command") or ()) or None


def _program(facts: dict[str, Any]) -> str:
    if facts["simulator"] == "command":
        command = " ".join(facts["command"] or ("a program",))
        return f"Executed with {facts['package']} on {facts['date']}: {command}."
    name = (
        "its embedded simulator" if facts["simulator"] == "embedded" else _fusion(facts["fusion"])
    )
    return f"Simulated with {facts['package']} ({name}) on {facts['date']}."


def _fusion(known: dict[str, str | None] | None) -> str:
    known = known or {}
    commit = (known.get("commit") or "")[:12]
    parts = [
        f"FUSION {known['version']}" if known.get("version") else "FUSION",
        f"commit {commit}" if commit else "",
        f"Python {known['python_version']}" if known.get("python_version") else "",
        f"numpy {known['numpy_version']}" if known.get("numpy_version") else "",
    ]
    return ", ".join(filter(None, parts))


def _experiment(facts: dict[str, Any]) -> str:
    loads, iterations = facts["erlangs"], facts["iterations"]
    if not loads:
        return ""
    span = f"{loads[0]:g} Erlang" if len(loads) == 1 else f"{loads[0]:g} to {loads[-1]:g} Erlang"
    count = f"{len(loads)} load{'s' if len(loads) > 1 else ''}"
    text = f"{facts['network']}, {count} ({span})"
    if iterations is None:
        return f"{text}; no results."
    least, most = iterations
    each = f"{most}" if least == most else f"{least} to {most}"
    requests = facts["options"].get("num_requests")
    of = f" of {requests} requests" if requests else ""
    first, last = facts["seeds"]
    same = "the same traffic in every configuration"
    seeds = f"seed {first}" if most == 1 else f"seeds {first} to {last}, {same}"
    return f"{text}, {each} iteration{'s' if most > 1 else ''} of each{of} ({seeds})."


def _options(facts: dict[str, Any]) -> str:
    options = facts["options"]
    own = ("network", "num_requests", "max_iters")
    texts = [f"{name} = {value}" for name, value in options.items() if name not in own]
    texts += [
        f"{name} = {value}"
        for name, value in facts["changed_options"].items()
        if name.rpartition(".")[2]
        not in (*_DESCRIBED, *options, "erlang_start", "erlang_stop", "erlang_step")
    ]
    return f"Options: {', '.join(texts)}." if texts else ""


def _code(facts: dict[str, Any]) -> str:
    commit = facts["repository_commit"]
    if commit is None:
        return ""
    changed = " with changes that were not committed" if facts["repository_dirty"] else ""
    return f"Code of the study at commit {commit[:12]}{changed}."


def _surroundings(facts: dict[str, Any]) -> str:
    if facts["python"] is None:
        return ""
    machine = facts["machine"] or {}
    texts = [f"Python {facts['python']}"]
    if facts["distributions"]:
        digest = facts["distributions_sha256"][:12]
        texts.append(f"{facts['distributions']} distributions (SHA-256 {digest})")
    system = str(machine.get("system") or "").split(" ")[0]
    texts += filter(
        None, (f"{system} {machine.get('architecture', '')}".strip(), machine.get("processor"))
    )
    return f"{', '.join(texts)}."


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
