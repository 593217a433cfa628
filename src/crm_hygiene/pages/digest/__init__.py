"""The digest: what changed in the CRM's data, to whom it is news, and nothing else.

A rule is news for the team that owns it, a record for the team of its owner; what belongs to no
team is RevOps's.

The JSON has the keys
    subject        one line with the news first
    review, team   as asked for
    as_of, since   the time told of, after since up to as_of (UTC, ISO 8601)
    is_quiet       whether there is nothing to tell
    notes          sentences: what could not be compared, what stands as it stood
    parts          [{id, title, count, items}], none without items; an item is
        {id, title, crm, object_type, team, facts, advice, n_records, records}
        with texts in facts and advice, n_records of them in all and in records those shown, each
        {record_key, record_id, name, team, owner, amount, at, when, note, url}: name of a company
        or deal, at as ISO 8601 in UTC, when the same in words; what is not known is null.
"""

from crm_hygiene.pages.digest.command import main
from crm_hygiene.pages.digest.formats import as_html, as_json, as_text, shown
from crm_hygiene.pages.digest.reviews import REVIEWS, TEAMS
from crm_hygiene.pages.digest.telling import Digest

__all__ = [
    "REVIEWS",
    "TEAMS",
    "Digest",
    "as_html",
    "as_json",
    "as_text",
    "main",
    "shown",
]
