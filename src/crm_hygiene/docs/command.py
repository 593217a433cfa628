"""Write the pages of docs/ from the seeds.

crm-hygiene docs            writes them
crm-hygiene docs --check    writes nothing; exits with 1 where they are stale
"""

from crm_hygiene.cli import command_parser
from crm_hygiene.docs.fields import fields_page
from crm_hygiene.docs.health import health_page
from crm_hygiene.docs.lifecycle import lifecycle_page
from crm_hygiene.docs.overview import index_page, thresholds_page
from crm_hygiene.docs.rules import rules_page
from crm_hygiene.docs.steps import signatures_page, teams_page
from crm_hygiene.project import ROOT

DOCS = ROOT / "docs"


def pages() -> dict[str, str]:
    """Return the text of each generated page."""
    return {
        "README.md": index_page(),
        "rules.md": rules_page(),
        "health.md": health_page(),
        "fields.md": fields_page(),
        "lifecycle.md": lifecycle_page(),
        "signatures.md": signatures_page(),
        "teams.md": teams_page(),
        "thresholds.md": thresholds_page(),
    }


def stale() -> list[str]:
    """Return the pages that are not what the seeds say."""
    return [
        name
        for name, text in pages().items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or only check them; return the exit code."""
    parser = command_parser("docs", __doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail where stale")
    if parser.parse_args(arguments).check:
        old = stale()
        if old:
            print(f"Stale: {', '.join(f'docs/{name}' for name in old)}; run crm-hygiene docs")
        return 1 if old else 0
    DOCS.mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
    return 0
