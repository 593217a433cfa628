"""Where the dbt project is: all files are read from there, and written there."""

import os
from pathlib import Path


def find_root() -> Path:
    """Return the folder of dbt_project.yml: as the environment says, else where this file lies."""
    if given := os.environ.get("CRM_HYGIENE_PROJECT"):
        return Path(given).resolve()
    # Installed otherwise than from a checkout, the package is run from within the project.
    for folder in (*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents):
        if (folder / "dbt_project.yml").is_file():
            return folder
    raise SystemExit(
        "There is no dbt_project.yml here; set CRM_HYGIENE_PROJECT to the project's folder."
    )


ROOT = find_root()
