"""`fusion-jupyter slurm-check` tells whether this cluster can be used, before an afternoon is lost."""

import os

from fusion_jupyter.cli import main


def test_a_cluster_that_can_be_used_is_reported(cluster, tmp_path, capsys):
    assert main(["--runs-dir", str(tmp_path / "runs"), "slurm-check"]) == 0
    said = capsys.readouterr().out
    assert "ok   commands are there: slurm" in said
    assert "ok   partitions: debug" in said
    assert "note accounting does not answer" in said or "no sacct" in said
    assert "its file was here after" in said
    assert said.endswith("Runs can execute here.\n")
    assert list((tmp_path / "runs").iterdir()) == []


def test_missing_commands_and_a_silent_controller_are_reported(
    cluster, tmp_path, capsys, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        assert main(["--runs-dir", str(tmp_path / "runs"), "slurm-check"]) == 1
    assert "not on PATH: sbatch, squeue, scancel" in capsys.readouterr().out
    wrong = tmp_path / "slurm.conf"
    wrong.write_text(
        cluster.configuration.read_text().replace("SlurmctldPort=", "SlurmctldPort=1 #")
    )
    monkeypatch.setitem(os.environ, "SLURM_CONF", str(wrong))
    assert main(["--runs-dir", str(tmp_path / "runs"), "slurm-check", "--no-job"]) == 1
    assert "Runs cannot execute here." in capsys.readouterr().out
