"""Which runs a page may read through the server: those that nobody else can have put links into."""

from __future__ import annotations

import grp
import os
import pwd

import pytest

from fusion_jupyter.widgets.http_access import is_private


@pytest.fixture
def run_dir(tmp_path):
    folder = tmp_path / "runs" / "0123456789ab"
    (folder / "logs").mkdir(parents=True)
    (folder / "output").mkdir()
    for each in (folder.parent, folder, folder / "logs", folder / "output"):
        each.chmod(0o755)
    return folder


def test_a_folder_that_only_the_user_can_write_to_is_private(run_dir):
    assert is_private(run_dir)
    (run_dir / "output").rmdir()
    assert is_private(run_dir), "there is no output yet"


@pytest.mark.parametrize("name", ["", "logs", "output", ".."])
def test_one_that_everybody_can_write_to_is_not(run_dir, name):
    (run_dir / name).chmod(0o777)
    assert not is_private(run_dir)


def test_a_folder_of_runs_where_entries_belong_to_their_owners_is_as_good(run_dir):
    run_dir.parent.chmod(0o1777)
    assert is_private(run_dir)


@pytest.mark.parametrize("name", ["logs", "output"])
def test_a_link_in_the_place_of_a_folder_is_reported(run_dir, name, tmp_path):
    (run_dir / name).rmdir()
    (run_dir / name).symlink_to(tmp_path)
    assert not is_private(run_dir)


def test_a_run_directory_that_is_a_link_or_gone_is_not_private(run_dir):
    link = run_dir.with_name("fedcba987654")
    link.symlink_to(run_dir)
    assert not is_private(link)
    assert not is_private(run_dir.with_name("000000000000"))


def test_the_user_s_own_group_does_not_count_as_others(run_dir, monkeypatch):
    user = pwd.getpwuid(os.geteuid()).pw_name
    entry = grp.getgrgid(run_dir.stat().st_gid)
    run_dir.chmod(0o775)
    alone = entry.gr_name == user and set(entry.gr_mem) <= {user}
    assert is_private(run_dir) == alone


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_user_s_run_is_not_private(run_dir):
    os.chown(run_dir, 12345, -1)
    assert not is_private(run_dir)
    os.chown(run_dir, 0, -1)
    os.chown(run_dir.parent, 12345, -1)
    assert not is_private(run_dir), "who owns the folder around it can replace it"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_group_that_others_are_in_can_put_links_there(run_dir):
    os.chown(run_dir, -1, 54321)
    run_dir.chmod(0o775)
    assert not is_private(run_dir)
