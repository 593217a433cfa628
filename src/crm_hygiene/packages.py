"""Get the dbt packages: from the package hub or, where that is out of reach, the stand-in.

A folder that was put into dbt_packages by hand, or by `dbt deps`, is left alone.
"""

import hashlib
import shutil
import subprocess
import sys

from crm_hygiene.cli import command_parser
from crm_hygiene.project import ROOT

STANDIN = ROOT / "standin" / "dbt_utils"
INSTALLED = ROOT / "dbt_packages" / "dbt_utils"
# Lies in each folder that this made: its origin (hub, standin) and a hash of what made it.
MARK = INSTALLED / ".made_from"
HUB_SECONDS = 5
DEPS_SECONDS = 120


def main(arguments: list[str] | None = None) -> int:
    """Bring dbt_packages up to date with packages.yml and the stand-in; return the exit code."""
    command_parser("packages", __doc__).parse_args(arguments)
    wanted = fingerprint()
    origin, made_from = MARK.read_text().split() if MARK.is_file() else ("hand", wanted)
    if INSTALLED.is_dir() and made_from == wanted:
        return 0
    trouble = install_from_hub()
    if not trouble:
        origin = "hub"
    elif origin == "hub" and INSTALLED.is_dir():
        print(f"dbt_utils: {trouble}; keeping the installed one", flush=True)
    else:
        origin = "standin"
        shutil.rmtree(INSTALLED, ignore_errors=True)
        shutil.copytree(STANDIN, INSTALLED)
        print(f"dbt_utils: {trouble}; using the stand-in of standin/dbt_utils", flush=True)
    MARK.write_text(f"{origin} {wanted}")
    return 0


def fingerprint() -> str:
    """Return a hash of all that the installed packages are made from."""
    digest = hashlib.sha256((ROOT / "packages.yml").read_bytes())
    for path in sorted(path for path in STANDIN.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(STANDIN)).encode() + path.read_bytes())
    return digest.hexdigest()


def install_from_hub() -> str:
    """Run `dbt deps` where the hub answers; return why not, or an empty string."""
    # Imported here: dbt is slow to load, and most runs have nothing to get.
    import requests
    from dbt.clients.registry import DEFAULT_REGISTRY_BASE_URL

    # dbt itself tries an unreachable hub for up to a minute and a half.
    try:
        url = f"{DEFAULT_REGISTRY_BASE_URL.rstrip('/')}/api/v1/dbt-labs/dbt_utils.json"
        requests.get(url, timeout=HUB_SECONDS).raise_for_status()
    except requests.RequestException:
        return "the package hub cannot be reached"
    dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet", "deps"]
    try:
        subprocess.run(dbt, cwd=ROOT, check=True, capture_output=True, timeout=DEPS_SECONDS)
    except subprocess.SubprocessError:
        return "dbt deps failed"
    return "" if INSTALLED.is_dir() else "dbt deps did not bring it"
