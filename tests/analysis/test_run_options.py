"""What tells runs apart."""

from pathlib import Path

from fusion_jupyter.analysis.run_options import varying_options
from fusion_jupyter.manager.directory import RunDirectory
from fusion_jupyter.manager.record import RunRecord, RunStatus


def test_each_configuration_is_read_once_whatever_the_number_of_options(tmp_path, monkeypatch):
    records = []
    for number in range(4):
        folder = tmp_path / f"{number:012x}"
        folder.mkdir()
        lines = "".join(f"option_{index} = {index}\n" for index in range(10))
        (folder / "config.ini").write_text(f"[general_settings]\n{lines}")
        options = {f"option_{index}": -1 for index in range(10)} if number == 0 else {}
        records.append(
            RunRecord(
                id=folder.name,
                directory=folder,
                status=RunStatus.COMPLETED,
                name="",
                options=options,
            )
        )
    read: list[Path] = []
    original = RunDirectory.read_config
    monkeypatch.setattr(
        RunDirectory, "read_config", lambda self: read.append(self.path) or original(self)
    )
    found = varying_options(records)
    assert found["option_3"] == [-1, 3, 3, 3]
    assert len(found) == 10
    assert sorted(read) == [record.directory for record in records[1:]]
