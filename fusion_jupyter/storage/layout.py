"""The file names of a run directory, and the version of its formats.

Separate from `directory`, because the supervisor needs the names without importing pathlib.
"""

#: Version of the files in a run directory. A reader accepts this and every older one.
FORMAT_VERSION = 1

#: Seconds between touches of a supervisor's lock file: its heartbeat for other machines.
HEARTBEAT_SECONDS = 10.0
#: Seconds without a heartbeat before it is reported: network file systems show times a minute late.
SILENT_SECONDS = 180.0

RUN_FILE = "run.json"
CONFIG_FILE = "config.ini"
STATE_FILE = "state.json"
LABELS_FILE = "labels.json"
#: Locked while a process reads and changes the labels; only there if they were changed.
LABELS_LOCK = "labels.lock"
CANCEL_FILE = "cancel.json"
ENVIRONMENT_FILE = "environment.json"
LOCK_FILE = "supervisor.lock"
#: Locked by a run's program and everything it has started, as long as one of them is alive.
FAMILY_FILE = "family.lock"
#: Marker file: the run was imported from a bundle, so its results were computed elsewhere.
IMPORTED_FILE = "imported.json"
#: Marker file: somebody asked for the same run again and shares it, so it is not only its maker's.
#: A time budget that it was started with still ends it.
SHARED_FILE = "shared.json"
PROGRESS_FILE = "progress.jsonl"
PROVENANCE_FILE = "provenance.json"
DIFF_FILE = "repository.diff"
LOG_FOLDER = "logs"
OUTPUT_FOLDER = "output"
#: Copies of the files named by the configuration.
INPUT_FOLDER = "inputs"

#: Environment of a run's program: where to report, its run id, where its files belong.
PROGRESS_VARIABLE = "FUSION_PROGRESS_FILE"
RUN_ID_VARIABLE = "FUSION_RUN_ID"
OUTPUT_VARIABLE = "FUSION_OUTPUT_DIR"

#: Environment entry that identifies a run's processes, even if they leave their parent.
MARKER_VARIABLE = "FUSION_JUPYTER_RUN"
#: Environment entry of a supervisor. A supervisor started by a run's program belongs to another
#: run, although it descends from this one.
SUPERVISOR_VARIABLE = "FUSION_JUPYTER_SUPERVISOR"
#: Characters of a run's random token.
TOKEN_LENGTH = 32


def marker(run_id: str, token: str) -> str:
    """The environment entry that only this run's processes have."""
    return f"{MARKER_VARIABLE}={run_id}:{token}"


def supervisor_mark(run_id: str) -> str:
    """The environment entry of a supervisor.

    It is as long as its run's marker, which takes its place in a fork that becomes the program.
    """
    return f"{SUPERVISOR_VARIABLE}={run_id}:".ljust(len(marker(run_id, "0" * TOKEN_LENGTH)), "-")
