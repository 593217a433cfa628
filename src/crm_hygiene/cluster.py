"""A PostgreSQL of our own: a cluster in a temporary folder, on a socket there, gone at the end."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "crm_hygiene"
PORT = 54321
# Nothing of it outlasts the run, so nothing waits for a disk.
SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "max_wal_size": "4GB",
    "max_locks_per_transaction": "256",
}


class ClusterError(Exception):
    """Why there is no PostgreSQL, in one sentence."""


def programs() -> Path:
    """Return the folder of PostgreSQL's own programs, the newest where there are several."""
    found = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    # Debian keeps them out of the path.
    by_version = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0),
        reverse=True,
    )
    for folder in (*by_version, *found):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise ClusterError(
        "PostgreSQL is not installed here (Debian: apt-get install postgresql; initdb and pg_ctl "
        "have to be found)."
    )


def as_whom() -> dict:
    """Return how its programs are started: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise ClusterError("PostgreSQL refuses to be run by root, and there is no user postgres.")


@contextmanager
def cluster() -> Iterator[dict[str, str]]:
    """Run a cluster with an empty database; yield the variables by which dbt's profile finds it."""
    bin_folder, whom = programs(), as_whom()
    # The path of a socket has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="crm_pg_", dir="/tmp"))
    if whom:
        shutil.chown(folder, whom["user"], whom["group"])

    def run(program: str, *arguments: str) -> None:
        with (folder / "log").open("ab") as log:
            done = subprocess.run(
                [bin_folder / program, *arguments],
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **whom,
            )  # fmt: skip
        if done.returncode:
            lines = (folder / "log").read_text(errors="replace").strip().splitlines()
            raise ClusterError(f"{program} failed: {' '.join(lines[-3:])}")

    data = str(folder / "data")
    options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
    try:
        # Texts are ordered by their characters' numbers, as every other engine does.
        run("initdb", "-D", data, "-U", NAME, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "-D", data, "-w", "-o", f"-k {folder} -p {PORT} {options}", "start")
        try:
            run("createdb", "-h", str(folder), "-p", str(PORT), "-U", NAME, NAME)
            yield {
                "POSTGRES_HOST": str(folder),
                "POSTGRES_PORT": str(PORT),
                "POSTGRES_USER": NAME,
                "POSTGRES_PASSWORD": "",
                "POSTGRES_DATABASE": NAME,
            }
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
