"""What the pages share: where the templates are, hashes, and safe writing."""

import base64
import hashlib
import os
import tempfile
from pathlib import Path

from crm_hygiene.warehouse import WarehouseError

TEMPLATES = Path(__file__).parent / "templates"


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
