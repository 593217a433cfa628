"""A plugin of dbt-duckdb: the key of the suppression register, in the session and nowhere else.

The environment holds it, as DBT_ENV_SECRET_CRM_HYGIENE: a name whose value dbt keeps out of its
logs. SQL reads what RFC 2104 makes of it for HMAC-SHA-256, so that no statement names the key.
"""

import hashlib
import os

from dbt.adapters.duckdb.plugins import BasePlugin

VARIABLE = "DBT_ENV_SECRET_CRM_HYGIENE"
BLOCK = 64
PADS = {"crm_hygiene_inner_pad": 0x36, "crm_hygiene_outer_pad": 0x5C}


def pads(secret: str) -> dict[str, bytes | None]:
    """Return the two pads of a key, by their names; none of an empty one."""
    if not secret:
        return dict.fromkeys(PADS)
    key = secret.encode()
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key.ljust(BLOCK, b"\0")
    return {name: bytes(byte ^ pad for byte in key) for name, pad in PADS.items()}


class Plugin(BasePlugin):
    """Hands the pads to every session, and takes back those of an earlier run."""

    def configure_cursor(self, cursor):
        """Set them for this session."""
        for name, pad in pads(os.environ.get(VARIABLE, "")).items():
            if pad is None:
                cursor.execute(f"reset variable {name}")
            else:
                cursor.execute(f"set variable {name} = cast(? as blob)", [pad])
