"""A verb of the terminal, called in this process."""

import pytest

from fusion_jupyter import cli


@pytest.fixture
def verb(manager, capsys):
    """Call a verb on the manager's runs: its exit code, output and error output."""

    def call(*arguments):
        code = cli.main(["--runs-dir", str(manager.runs_dir), *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
