"""Keys: made once on a machine of one's own, refused when they are weak or malformed."""

from pathlib import Path

import pytest

from campaign_crm.platform.env import Environment, SettingError
from campaign_crm.platform.keys import new_key, read_keys

GOOD = {
    "SECRET_KEY": new_key() + new_key(),
    "LINK_KEYS": f"{new_key()},{new_key()}",
    "ENCRYPTION_KEYS": new_key(),
    "HASH_KEY": new_key(),
}


def test_a_first_start_makes_keys_that_later_starts_find_again(tmp_path: Path) -> None:
    first = read_keys(Environment({}), var_dir=tmp_path, may_make=True)
    assert read_keys(Environment({}), var_dir=tmp_path, may_make=True) == first
    assert (tmp_path / "keys.env").stat().st_mode & 0o777 == 0o600


def test_several_link_keys_are_kept_in_order() -> None:
    keys = read_keys(Environment(GOOD), var_dir=Path("/nowhere"), may_make=False)
    assert len(keys.links) == 2
    assert all(len(key) == 32 for key in [*keys.links, *keys.encryption, keys.hash])


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_key_is_named(name: str) -> None:
    values = {key: value for key, value in GOOD.items() if key != name}
    with pytest.raises(SettingError, match=name):
        read_keys(Environment(values), var_dir=Path("/nowhere"), may_make=False)


@pytest.mark.parametrize("name", ["LINK_KEYS", "ENCRYPTION_KEYS", "HASH_KEY"])
def test_a_key_that_is_not_32_bytes_is_refused_with_the_command_that_makes_one(name: str) -> None:
    with pytest.raises(SettingError, match=f"{name}.*platform.keys"):
        read_keys(Environment({**GOOD, name: "short"}), var_dir=Path("/nowhere"), may_make=False)


def test_a_key_in_a_file_is_used_while_others_are_kept_here(tmp_path: Path) -> None:
    secret = tmp_path / "hash_key"
    secret.write_text(GOOD["HASH_KEY"])
    env = Environment({"HASH_KEY_FILE": str(secret)})
    keys = read_keys(env, var_dir=tmp_path, may_make=True)
    assert keys.hash == read_keys(Environment(GOOD), var_dir=tmp_path, may_make=False).hash
