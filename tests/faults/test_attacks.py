"""The attacks of attacks.py, one by one; README.md beside this file tells what each has found."""

import attacks
import pytest


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", attacks.ATTACKS)
def test_no_outcome_is_wrong_and_no_process_is_left(name, tmp_path, capsys):
    result = attacks.ATTACKS[name](tmp_path)
    if result.startswith("not tried"):
        pytest.skip(result)
    with capsys.disabled():
        print(f"\n  {name}: {result}")
