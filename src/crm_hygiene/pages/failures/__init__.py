"""The failure review: what failed in the last runs, why, what is at risk, what to try first."""

from crm_hygiene.pages.failures.causes import LOST_COLUMN, Cause, causes_of
from crm_hygiene.pages.failures.command import build, main
from crm_hygiene.pages.failures.formats import as_html, as_text
from crm_hygiene.pages.failures.reviewing import Review, review

__all__ = [
    "LOST_COLUMN",
    "Cause",
    "Review",
    "as_html",
    "as_text",
    "build",
    "causes_of",
    "main",
    "review",
]
