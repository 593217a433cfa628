"""What the project says of its marts: texts, personal data, addresses of records."""

import functools
import re
from urllib.parse import urlsplit

import yaml

from crm_hygiene.project import ROOT

DOC_BLOCK = re.compile(r"{%\s*docs\s+(\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.DOTALL)
DOC_CALL = re.compile(r"{{\s*doc\(['\"](\w+)['\"]\)\s*}}")
# These hold ids, but HubSpot may name an address where no user has the id.
ACTOR_IDS = {
    "actor_id",
    "changed_by",
    "machine",
    "top_person_id",
    "writer_1",
    "writer_2",
    "writer_3",
}


@functools.cache
def described_marts() -> dict[str, dict]:
    """Return the marts' properties by name, columns by name and with the texts of doc blocks."""
    blocks = {}
    for file in (ROOT / "models").rglob("*.md"):
        blocks |= dict(DOC_BLOCK.findall(file.read_text("utf-8")))
    marts = {}
    for file in sorted((ROOT / "models" / "marts").rglob("_*models.yml")):
        for model in yaml.safe_load(file.read_text("utf-8")).get("models") or []:
            for described in (model, *model["columns"]):
                text = DOC_CALL.sub(lambda call: blocks[call[1]], described.get("description", ""))
                described["description"] = " ".join(text.split())
            model["columns"] = {column["name"]: column for column in model["columns"]}
            marts[model["name"]] = model
    return marts


@functools.cache
def personal_columns() -> dict[str, set[str]]:
    """Return the columns of each mart that hold personal data."""
    return {
        name: {
            column
            for column, described in mart["columns"].items()
            if described.get("config", {}).get("meta", {}).get("contains_personal_data")
        }
        for name, mart in described_marts().items()
    }


def is_url_template(template: str | None) -> bool:
    """Tell whether a template gives an address of a web page for a record."""
    if not template or "{record_id}" not in template or re.search(r"[\s\x00-\x1f\x7f]", template):
        return False
    try:
        address = urlsplit(template)
        return address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:
        return False
