"""What the pages share: their templates, hashes, and safe writing."""

import base64
import functools
import hashlib
import os
import tempfile
from pathlib import Path

import jinja2

from crm_hygiene.pages.words import minute
from crm_hygiene.warehouse import WarehouseError

TEMPLATES = Path(__file__).parent / "templates"


@functools.cache
def environment() -> jinja2.Environment:
    """Return the environment of every template; what one page wants otherwise is its overlay's."""
    shared = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    shared.filters["minute"] = minute
    return shared


def hash_source(text: str) -> str:
    """Return how a content-security policy names an inline script or style."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def write_page(path: Path, text: str) -> None:
    """Write a file whole, or leave what is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}_", dir=path.parent)
        written = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            written.chmod(0o644)
            written.replace(path)
        finally:
            written.unlink(missing_ok=True)
    except OSError as error:
        raise WarehouseError(f"{path} cannot be written to: {error.strerror}.") from None
