"""The digest as plain text, as the body of an e-mail and as JSON."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from crm_hygiene.pages.digest.reviews import REVIEWS
from crm_hygiene.pages.digest.words import instant_text
from crm_hygiene.pages.files import environment, write_page
from crm_hygiene.trace import printable, shortened


def shown(value: object) -> object:
    """Return a text without what steers a terminal, turns lines around or fills the screen."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return shortened(printable(value))
    return "" if value is None else value


def as_text(digest: dict) -> str:
    """Return a digest as plain text."""
    return page("digest.txt", digest)


def as_html(digest: dict) -> str:
    """Return a digest as the body of an e-mail."""
    return page("digest.html", digest)


def as_json(digest: dict) -> str:
    """Return a digest as JSON."""
    return json.dumps(digest, ensure_ascii=False, indent=2) + "\n"


FORMATS = {"text": (as_text, "txt"), "html": (as_html, "html"), "json": (as_json, "json")}


def page(template: str, digest: dict) -> str:
    """Return a digest in the form of a template."""
    until, since = (datetime.fromisoformat(digest[name]) for name in ("as_of", "since"))
    return (
        environment()
        .overlay(finalize=shown)
        .get_template(template)
        .render(digest, since_text=instant_text(since), as_of_text=instant_text(until))
    )


def write(out: Path, digests: list[dict], formats: Iterable[str]) -> None:
    """Write each digest in each format to a folder."""
    for digest in digests:
        team = "" if digest["team"] == "all" else f"_{digest['team']}"
        for name in formats:
            render, suffix = FORMATS[name]
            file = out / f"{REVIEWS[digest['review']].files}{team}.{suffix}"
            write_page(file, render(digest))
