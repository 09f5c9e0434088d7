"""The names of what stands in a run directory, and the version of its formats.

Apart from `directory`, because the supervisor needs the names without the weight of pathlib.
"""

#: Version of the files in a run directory. A reader accepts this and every older one.
FORMAT_VERSION = 1

#: A supervisor touches its lock's file so often: its sign of life for other machines.
HEARTBEAT_SECONDS = 10.0
#: Silent for longer than this is worth a word: a network file system shows times a minute late.
SILENT_SECONDS = 180.0

RUN_FILE = "run.json"
CONFIG_FILE = "config.ini"
STATE_FILE = "state.json"
LABELS_FILE = "labels.json"
CANCEL_FILE = "cancel.json"
ENVIRONMENT_FILE = "environment.json"
LOCK_FILE = "supervisor.lock"
#: Locked by the program of a run and everything that it has started, as long as one of them lives.
FAMILY_FILE = "family.lock"
PROGRESS_FILE = "progress.jsonl"
PROVENANCE_FILE = "provenance.json"
DIFF_FILE = "repository.diff"
LOG_FOLDER = "logs"
OUTPUT_FOLDER = "output"
#: Copies of the files that the configuration names.
INPUT_FOLDER = "inputs"

#: What a run's program is told: where to report, who it is, where its files belong.
PROGRESS_VARIABLE = "FUSION_PROGRESS_FILE"
RUN_ID_VARIABLE = "FUSION_RUN_ID"
OUTPUT_VARIABLE = "FUSION_OUTPUT_DIR"

#: Environment entry by which a run's processes are known, whatever they do to leave their parent.
MARKER_VARIABLE = "FUSION_JUPYTER_RUN"
#: Environment entry of a supervisor. One that a run's program has started belongs to another run,
#: although it descends from this one.
SUPERVISOR_VARIABLE = "FUSION_JUPYTER_SUPERVISOR"


def marker(run_id: str, token: str) -> str:
    """The environment entry that only this run's processes carry."""
    return f"{MARKER_VARIABLE}={run_id}:{token}"
