"""A plugin of dbt-duckdb: the memory and cores that DuckDB may take, and where it spills."""

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

# What DuckDB takes of the machine's memory (or of its container's) where nobody says how much.
OWN_SHARE = 80


def memory_limit(given: str) -> str:
    """Return a limit as DuckDB reads it: a percentage is one of the machine's memory."""
    if not given.endswith("%"):
        return given
    # Asked of a new database: this one's limit may have been set before, in this process.
    with duckdb.connect() as asked:
        found = asked.execute("select current_setting('memory_limit')").fetchone()[0]
    size, unit = found.split()
    return f"{float(size) * float(given[:-1]) / OWN_SHARE:.2f} {unit}"


class Plugin(BasePlugin):
    """Sets them when a database is opened; of what is left empty DuckDB's own default holds."""

    def initialize(self, plugin_config):
        """Take what the profile says: `memory_limit` (4GB or 60%), `temp_directory`, `threads`."""
        self.settings = {name: str(value) for name, value in plugin_config.items() if value != ""}

    def configure_connection(self, conn):
        """Set what differs: once something was spilled, its folder cannot be set again."""
        for name, given in self.settings.items():
            value = memory_limit(given) if name == "memory_limit" else given
            if str(conn.execute(f"select current_setting('{name}')").fetchone()[0]) != value:
                conn.execute("set {} = '{}'".format(name, value.replace("'", "''")))
