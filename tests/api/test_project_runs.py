"""Where runs are: told once, shown on request, found from a project's subfolders."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kernels import started

import fusion_jupyter as fj
from fusion_jupyter import project, settings
from fusion_jupyter.storage.ownership import is_own_group


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home directory with a project in it; nothing is configured."""
    settings.reset()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "project" / "notebooks" / "deep"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "home"


def runs_in(folder: Path) -> Path:
    (folder / "fusion_runs").mkdir()
    return folder / "fusion_runs"


def test_without_any_runs_they_are_in_the_working_directory(home):
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"
    assert not settings.runs_dir().exists(), "looking makes nothing"


def test_a_subfolder_finds_the_runs_of_its_project(home):
    made = runs_in(home / "project")
    assert settings.runs_dir() == made
    assert fj.RunManager().runs_dir == made


def test_the_nearest_runs_win(home):
    runs_in(home / "project")
    nearer = runs_in(home / "project" / "notebooks")
    assert settings.runs_dir() == nearer
    own = runs_in(Path.cwd())
    assert settings.runs_dir() == own


def test_an_explicit_setting_wins(home, monkeypatch, tmp_path):
    runs_in(home / "project")
    monkeypatch.setenv("FUSION_JUPYTER_RUNS_DIR", str(tmp_path / "mine"))
    assert settings.runs_dir() == tmp_path / "mine"
    fj.configure(runs_dir=tmp_path / "configured")
    assert settings.runs_dir() == tmp_path / "configured"


def test_runs_of_the_home_directory_belong_to_no_project(home, monkeypatch):
    made = runs_in(home)
    runs_in(home.parent)
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"
    monkeypatch.chdir(home)
    assert settings.runs_dir() == made


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o2777])
def test_a_folder_that_others_can_write_to_ends_the_search(home, mode):
    runs_in(home / "project")
    (home / "project").chmod(mode)
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"


def test_a_runs_folder_that_others_can_write_to_is_not_taken(home):
    runs_in(home / "project").chmod(0o777)
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another group")
@pytest.mark.parametrize("what", ["project", "project/fusion_runs"])
def test_a_folder_that_a_group_can_write_to_is_taken_where_the_group_is_the_users_own(home, what):
    made = runs_in(home / "project")
    (home / what).chmod(0o770)
    assert (settings.runs_dir() == made) is is_own_group(os.getegid())
    os.chown(home / what, 0, 12345)
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"


def test_a_link_is_not_taken(home, tmp_path):
    elsewhere = runs_in(tmp_path)
    (home / "project" / "fusion_runs").symlink_to(elsewhere)
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"


def test_a_file_of_that_name_is_not_taken(home):
    (home / "project" / "fusion_runs").touch()
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user")
@pytest.mark.parametrize("what", ["project", "project/fusion_runs"])
def test_what_another_user_owns_is_not_taken(home, what):
    runs_in(home / "project")
    os.chown(home / what, 12345, 12345)
    assert settings.runs_dir() == Path.cwd() / "fusion_runs"


def test_a_file_systems_border_ends_the_search():
    # /proc is one of its own, on each Linux.
    if not Path("/proc/self").is_dir():
        pytest.skip("needs /proc")
    assert project.find_runs_dir(Path("/proc/self/task"), Path("/nobody")) is None


def test_configure_without_arguments_shows_what_is_in_force_and_why(home, monkeypatch):
    made = runs_in(home / "project")
    shown = repr(fj.configure())
    assert f"{made}" in shown
    assert "(found in a folder around the working directory)" in shown
    monkeypatch.setenv("FUSION_JUPYTER_MAX_CONCURRENT_RUNS", "3")
    rows = {name: rest for name, *rest in fj.configure(runs_dir="here", slurm={"time": 5}).rows()}
    assert rows["runs_dir"] == [str(Path.cwd() / "here"), "configured"]
    assert rows["max_concurrent_runs"] == ["3", "FUSION_JUPYTER_MAX_CONCURRENT_RUNS"]
    assert rows["slurm"] == ["time=5", "configured"]
    assert "<th scope" in fj.configure()._repr_html_()
    fj.configure(runs_dir="<b>")
    assert "<b>" not in fj.configure()._repr_html_()


def test_a_deleted_working_directory_is_shown_too(home, monkeypatch):
    gone = home / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert "the working directory was deleted" in repr(fj.configure())


START = "import fusion_jupyter as fj; fj.start(command=['/bin/true']).wait(30)"


def test_a_script_is_told_once_where_its_runs_are(home):
    def said(**environment):
        found = subprocess.run(
            [sys.executable, "-c", START],
            capture_output=True, text=True, check=True, env={**os.environ, **environment},
        )  # fmt: skip
        assert found.stdout == ""
        return found.stderr

    place = Path.cwd() / "fusion_runs"
    assert said() == f"Runs are kept in {place}; fj.configure(runs_dir=...) changes that.\n"
    assert said() == ""
    assert said(FUSION_JUPYTER_RUNS_DIR="chosen") == ""


def test_a_notebook_is_told_in_its_cell_and_a_subfolder_finds_the_runs(home):
    with started(cwd=str(home / "project")) as kernel:
        assert kernel.text(f"{START};").startswith("Runs are kept in ")
        assert kernel.text(f"{START};") == ""
        kernel.execute("import os; os.chdir('notebooks')")
        assert kernel.text("len(fj.runs())") == "2"
