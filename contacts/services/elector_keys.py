"""By which keyed hashes an erased elector is known again on another roll: SQL, for one row or for millions.

The identity of the row; names and birth date in the same commune, for a roll that lacks the place of birth;
names, date and place of birth anywhere, for whoever moved. A transaction needs `lend_hash_key()` first.
"""

from __future__ import annotations

PURPOSE = "elector"
_BORN = "coalesce(to_char({row}.birth_date, 'YYYY-MM-DD'), {row}.birth_date_raw)"
_KEYS = (
    "{identity}::text",
    "CASE WHEN {row}.birth_date IS NOT NULL THEN {name} || '|' || {born} || '|' || {commune} END",
    "CASE WHEN {row}.birth_date IS NOT NULL"
    " THEN {name} || '|' || {born} || '|' || encode({row}.birthplace_hash, 'hex') END",
)


def bucket(row: str, *, name: str) -> str:
    """A number below 4096 that thousands of electors share: computed without the key, for every row."""
    return f"('x' || left(md5({name} || '|' || {_BORN.format(row=row)}), 3))::bit(12)::int"


def hashes(row: str, *, name: str, identity: str, commune: str) -> str:
    """An array of hexadecimal texts."""
    parts = {"row": row, "name": name, "identity": identity, "commune": commune}
    keys = [key.format(**parts, born=_BORN.format(row=row)) for key in _KEYS]
    hashed = ", ".join(f"encode(crm_keyed_hash('{PURPOSE}', {key}), 'hex')" for key in keys)
    return f"array_remove(ARRAY[{hashed}], NULL)"


OF_ELECTOR = {
    "bucket": bucket("own", name="own.name_folded"),
    "hashes": hashes("own", name="own.name_folded", identity="own.identity", commune="own.commune_id"),
}
"""Both of a row of contacts_electoralregistration AS own."""
