"""How the documentation site is built: ``make docs``."""

from __future__ import annotations

import argparse
import os
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

import fusion_jupyter
from fusion_jupyter import __version__
from fusion_jupyter.cli import verbs

ROOT = Path(__file__).parent.parent

project = "fusion_jupyter"
version = release = __version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"fusion_jupyter {version}"
html_static_path: list[str] = []

# The notebooks are shown with the outputs that they were saved with; the tests execute them.
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
# Docstrings refer to names in single backquotes.
default_role = "any"
suppress_warnings = [
    "ref.any",  # a name in a docstring that has no page of its own
    "mystnb.unknown_mime_type",  # a live widget: its fallback HTML stands below it
]

#: Pages that live elsewhere in the repository.
PAGES = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    **{f"notebooks/{path.name}": path.name for path in (ROOT / "notebooks").glob("*.ipynb")},
}

#: Headings of the reference, and the rooms whose public names stand below each.
ROOMS = {
    "Runs": ("api", "handle", "run_list", "waiting", "reporting"),
    "Many runs": ("studies",),
    "Results": ("analysis",),
    "Figures": ("plots",),
    "Widgets": ("widgets",),
    "Output files and bundles": ("artifacts",),
    "Configuration": ("config", "simulators", "settings"),
    "Service layer": ("manager", "engines", "watch", "progress"),
    "Errors and warnings": ("errors",),
}


def write_reference(folder: Path) -> None:
    """Write a page that documents every public name, from its docstring."""
    room_of = {name: home.split(".")[0] for name, home in fusion_jupyter._HOME.items()}
    unknown = set(room_of.values()) - {room for rooms in ROOMS.values() for room in rooms}
    if unknown:
        raise ValueError(f"no heading for the public names of {sorted(unknown)}")
    lines = ["# Every public name", "", "`import fusion_jupyter as fj`; then `fj.start` and so on."]
    for heading, rooms in ROOMS.items():
        lines += ["", f"## {heading}", ""]
        # Functions first, then the classes that they return.
        names = sorted(
            (n for n in room_of if room_of[n] in rooms), key=lambda n: (n[0].isupper(), n)
        )
        for name in names:
            found = getattr(fusion_jupyter, name)
            is_class = isinstance(found, type)
            # What a class has from other classes here, but not the fifty names of traits.
            bases = found.__mro__[1:] if is_class else ()
            has_parts = any(
                base.__module__.startswith("fusion_jupyter.") and not issubclass(base, Exception)
                for base in bases
            )
            lines += [
                "```{eval-rst}",
                f".. auto{'class' if is_class else 'function'}:: fusion_jupyter.{name}",
                *(["   :members:"] if is_class else []),
                *(["   :inherited-members: HasTraits"] if has_parts else []),
                "```",
                "",
            ]
    (folder / "api.md").write_text("\n".join(lines), encoding="utf-8")


def write_commands(folder: Path) -> None:
    """Write a page with the help of every command of the terminal."""
    os.environ["COLUMNS"] = "96"
    parser = verbs.parser()
    (commands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    lines = ["# Every command", "", "```", parser.format_help().rstrip(), "```"]
    for name, command in commands.choices.items():
        lines += ["", f"## {name}", "", "```", command.format_help().rstrip(), "```"]
    (folder / "commands.md").write_text("\n".join(lines), encoding="utf-8")


def copy_pages() -> None:
    """Bring the repository's own pages into the site, with links that fit there."""
    folder = Path(__file__).parent / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for source, name in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = re.sub(r"\]\(docs/", "](../", text)
        text = re.sub(r"\]\(\.\./docs/", "](../", text)
        (folder / name).write_text(text, encoding="utf-8")
    write_reference(folder)
    write_commands(folder)


def link_pages(app: Sphinx, name: str, source: list[str]) -> None:
    """Links to the repository's own pages lead to their copies in the site."""
    source[0] = re.sub(r"\]\(\.\./(?:notebooks/)?(\d\w+\.ipynb)\)", r"](pages/\1)", source[0])


def setup(app: Sphinx) -> None:
    """Copy before Sphinx looks for pages."""
    copy_pages()
    app.connect("source-read", link_pages)
