"""The files named by a configuration: finding and reading them.

A run directory has its own copies in ``inputs/``, which the simulator reads: a run stays the same
if the user changes a file later, or opens the run's folder on another machine.
"""

from __future__ import annotations

import os
import re

from fusion_jupyter.config import modulation, path_lists, topologies
from fusion_jupyter.config.schema.general import FUSION_FORMATS
from fusion_jupyter.storage.files import open_regular
from fusion_jupyter.storage.layout import INPUT_FOLDER, RUN_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fusion_jupyter.config.modulation import Table
    from fusion_jupyter.config.path_lists import PathLists
    from fusion_jupyter.config.topologies import Network

_CORE_NODES = "core_nodes"


class TopologyInput:
    """A network, and its files if it is not one of the package's.

    Attributes:
        label: Its name in the configuration and the output.
        network: Its nodes and links.
        files: Texts of its files by name, in FUSION's format.
        built_in: Whether it is one of the package's networks, of which the embedded simulator needs
            no copy.
    """

    __slots__ = ("built_in", "files", "label", "network")

    def __init__(
        self, label: str, network: Network, files: Mapping[str, str], *, built_in: bool = False
    ) -> None:
        self.label = label
        self.network = network
        self.files = files
        self.built_in = built_in


class FormatsInput:
    """A modulation table and its file.

    Attributes:
        name: The file's name.
        text: The file's content.
        table: The table.
        built_in: Whether it is a known table of FUSION's own file, of which no copy is needed.
    """

    __slots__ = ("built_in", "name", "table", "text")

    def __init__(self, name: str, text: str, table: Table, *, built_in: bool = False) -> None:
        self.name = name
        self.text = text
        self.table = table
        self.built_in = built_in


class PathsInput:
    """Candidate paths and their file.

    Attributes:
        name: The file's name.
        text: The file's content.
        lists: The paths of each node pair.
    """

    __slots__ = ("lists", "name", "text")

    def __init__(self, name: str, text: str, lists: PathLists) -> None:
        self.name = name
        self.text = text
        self.lists = lists


class Inputs:
    """Finds the files named by a configuration.

    Args:
        folder: The base of relative paths.
        project: FUSION's project folder, which is searched first for relative paths, as in FUSION;
            None if unknown.
        in_memory: Texts of files that are not on disk, by their name in the folder of inputs.
        chosen: Values set by the user now. In a run directory only these may name files outside its
            folder of inputs.
        copies: There is a folder of inputs although it is no run directory.
    """

    def __init__(
        self,
        folder: str,
        *,
        project: str | None = None,
        in_memory: Mapping[str, str] | None = None,
        chosen: Iterable[str] = (),
        copies: bool = False,
    ) -> None:
        self._folder = folder
        self._chosen = frozenset(chosen)
        self._copies_there = copies
        self._of_run = bool(folder) and os.path.lexists(os.path.join(folder, RUN_FILE))
        self._project = project
        self._in_memory = in_memory or {}

    def topology(self, value: str) -> TopologyInput:
        """The network given by an option's value.

        Args:
            value: A network's name, or the path of a topology file.

        Raises:
            ValueError: There is no such network, its file cannot be read, or it is not a network.
        """
        found = self._copies(value)
        if value in topologies.NETWORK_NAMES:
            known = topologies.read_network(value)
            files = found or self._files_of_project(value)
            if files is None:
                return TopologyInput(value, known, network_files(value, known), built_in=True)
            network = _parse(value, files)
            return TopologyInput(value, network, files, built_in=network == known)
        if found is not None:
            return TopologyInput(value, _parse(value, found), found)
        path = self._find(value)
        if path is None:
            raise ValueError("there is no such network and no such file")
        label = os.path.splitext(os.path.basename(path))[0]
        return topology_input(label, read_topology(path), coordinates_text(path))

    def _copies(self, label: str) -> dict[str, str] | None:
        """The files of a network in a run's own folder of copies."""
        names = (topology_file(label), core_nodes_file(label), coordinates_file(label))
        texts = {name: text for name in names if (text := self._copied(name)) is not None}
        return texts if names[0] in texts else None

    def _files_of_project(self, label: str) -> dict[str, str] | None:
        """FUSION's files of a network that it knows by name."""
        name = topologies.FUSION_FILES.get(label)
        if self._project is None or name is None:
            return None
        path = os.path.join(self._project, "data", "raw", name)
        if not os.path.isfile(path):
            return None
        files = {topology_file(label): _read(path, topologies.MOST_BYTES)}
        cores = path.removesuffix(".txt") + "_core_nodes.txt"
        if os.path.isfile(cores):
            files[core_nodes_file(label)] = _read(cores, topologies.MOST_BYTES)
        return files

    def formats(self, value: str, table: str) -> FormatsInput:
        """The modulation table in the file named by an option's value.

        Args:
            value: The file's path.
            table: The table's name.

        Raises:
            LookupError: The file has no such table.
            ValueError: The file cannot be read, or the table is invalid.
        """
        if value in ("", "None"):
            raise ValueError("FUSION then looks for a file that it does not include")
        name = os.path.basename(value)
        text = self._held(value)
        if text is None:
            path = self._find(value)
            if path is not None:
                text = _read(path, modulation.MOST_BYTES)
            elif value != FUSION_FORMATS:
                raise ValueError("there is no such file")
            elif table not in modulation.BUILT_IN:
                raise LookupError(f"the tables are {', '.join(modulation.BUILT_IN)}")
            else:
                # Without a FUSION installation: the known copies of its tables.
                text, found = modulation.built_in(table)
                return FormatsInput(name, text, found, built_in=True)
        found = modulation.parse_formats(text, table)
        built_in = value == FUSION_FORMATS and modulation.is_built_in(table, found)
        return FormatsInput(_file_name(name), text, found, built_in=built_in)

    def paths(self, value: str, network: Network, terminals: Iterable[str]) -> PathsInput:
        """The candidate paths in the file named by an option's value.

        Args:
            value: The file's path.
            network: The network.
            terminals: The nodes that send and receive.

        Raises:
            ValueError: The file cannot be read, or its paths are not of this network.
        """
        text = self._held(value)
        if text is None:
            path = self._find(value)
            if path is None:
                raise ValueError("there is no such file")
            text = _read(path, path_lists.MOST_BYTES)
        lists = path_lists.parse_path_lists(text, network, terminals)
        return PathsInput(_file_name(os.path.basename(value)), text, lists)

    def _held(self, value: str) -> str | None:
        """The text of a file that is named by its path in the folder of inputs and held here."""
        name = os.path.basename(value)
        return self._in_memory.get(name) if value == f"{INPUT_FOLDER}/{name}" else None

    def _copied(self, name: str) -> str | None:
        """The text of a file in a run's own folder of copies."""
        if name in self._in_memory:
            return self._in_memory[name]
        path = os.path.join(self._folder, INPUT_FOLDER, name)
        if not (self._of_run or self._copies_there) or not os.path.lexists(path):
            return None
        # A run's program may have put a link there to another user's file.
        return _read(path, topologies.MOST_BYTES, below=self._folder)

    def _find(self, value: str) -> str | None:
        if self._of_run and value not in self._chosen:
            # All files that a run's configuration names were copied. Whoever made the run may have
            # written another path into it, to have a private file of ours read.
            if os.path.dirname(value) != INPUT_FOLDER:
                return None
            path = os.path.join(self._folder, value)
            return path if os.path.lexists(path) else None
        value = os.path.expanduser(value)
        folders = [self._folder] if self._project is None else [self._project, self._folder]
        for folder in folders:
            path = os.path.join(folder, value)
            if os.path.isfile(path):
                return path
        return None


def network_of_run(directory: str, name: str) -> Network:
    """The network on which a run was simulated.

    Args:
        directory: The run directory.
        name: The network's name in the run's record.

    Raises:
        ValueError: It is neither one of the package's networks nor in the run's folder of inputs.
    """
    if os.path.basename(name) != name:
        raise ValueError(f"{name!r} is not the name of a network")
    return Inputs(directory, copies=True).topology(name).network


def coordinates_of_run(directory: str, name: str) -> str | None:
    """The text of the file with the coordinates of a run's own network, if there is one.

    Args:
        directory: The run directory.
        name: The network's name in the run's record.
    """
    file = coordinates_file(name)
    path = os.path.join(directory, INPUT_FOLDER, file)
    if os.path.basename(file) != file or not os.path.lexists(path):
        return None
    try:
        return _read(path, topologies.MOST_BYTES, below=directory)
    except ValueError:
        return None


def network_label(name: str) -> str:
    """The label of an own network of this name, with which its files can be named."""
    label = _file_name(name).strip("._-")[:80] or "network"
    # It may differ from the package's network of that name.
    return f"{label}-own" if label in topologies.NETWORK_NAMES else label


def topology_input(label: str, network: Network, coordinates: str | None = None) -> TopologyInput:
    """A user's network with the files to copy.

    Args:
        label: Its name; characters not allowed in file names are replaced.
        network: The network.
        coordinates: Text of the file with its nodes' coordinates.
    """
    label = network_label(label)
    files = network_files(label, network)
    if coordinates is not None:
        files[coordinates_file(label)] = coordinates
    return TopologyInput(label, network, files)


def network_files(label: str, network: Network) -> dict[str, str]:
    """The files of a network in FUSION's format: name to text."""
    files = {topology_file(label): topologies.format_network(network)}
    if network.core_nodes:
        files[core_nodes_file(label)] = "".join(f"{node}\n" for node in network.core_nodes)
    return files


def _file_name(text: str) -> str:
    """Make a text usable as a file name and as a value that FUSION can read."""
    return re.sub(r"[^\w.+-]+", "_", text)


def topology_file(label: str) -> str:
    """The name of the copy of a topology file in the folder of inputs."""
    return f"{label}.txt"


def core_nodes_file(label: str) -> str:
    """The name of the file with the network's core nodes in the folder of inputs."""
    return f"{label}_{_CORE_NODES}.txt"


def coordinates_file(label: str) -> str:
    """The name of the file with the nodes' coordinates in the folder of inputs."""
    return f"{label}_coordinates.csv"


def coordinates_text(path: str) -> str | None:
    """The coordinates of a topology file's nodes: its own, or those of a file beside it."""
    folder, name = os.path.split(path)
    label, ending = os.path.splitext(name)
    if ending.lower() in (".graphml", ".gml"):
        from fusion_jupyter.config import coordinates, topology_formats

        return coordinates.to_text(coordinates.graph_coordinates(topology_formats.read_graph(path)))
    beside = os.path.join(folder, coordinates_file(label))
    return _read(beside, topologies.MOST_BYTES) if os.path.isfile(beside) else None


def read_topology(path: str) -> Network:
    """Read a topology file of any known format, by its extension.

    Raises:
        ValueError: It cannot be read, or does not contain a network.
    """
    ending = os.path.splitext(path)[1].lower()
    if ending in (".graphml", ".gml", ".json", ".csv"):
        # Imports networkx or csv, which the simulator avoids by reading a plain-text copy.
        from fusion_jupyter.config import topology_formats

        return topology_formats.read(path)
    # FUSION keeps a network's core nodes in a separate file beside the links.
    cores = os.path.join(
        os.path.dirname(path), core_nodes_file(os.path.splitext(os.path.basename(path))[0])
    )
    return topologies.parse_network(
        _with_cores(
            _read(path, topologies.MOST_BYTES),
            _read(cores, topologies.MOST_BYTES) if os.path.isfile(cores) else None,
        )
    )


def _parse(label: str, files: Mapping[str, str]) -> Network:
    text, cores = files[topology_file(label)], files.get(core_nodes_file(label))
    return topologies.parse_network(_with_cores(text, cores))


def _with_cores(text: str, cores: str | None) -> str:
    if cores is None:
        return text
    return "\t".join(["core:", *cores.split("\n")]).rstrip() + "\n" + text


def _read(path: str, most: int, *, below: str | None = None) -> str:
    try:
        # A file named by the user may be a link; links in a run directory are not followed.
        found = os.open(path, os.O_RDONLY) if below is None else open_regular(path, below=below)
        with os.fdopen(found, encoding="utf-8-sig") as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                raise ValueError(f"{path} is too large: {size:,} bytes")
            return file.read()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
