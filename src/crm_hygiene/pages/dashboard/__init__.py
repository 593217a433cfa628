"""The data-health dashboard: one HTML file that needs nothing else.

The page holds the marts' figures and the records behind them, the worst first, as far as each
table's cap goes; it says so where there are more. Columns with personal data are left out unless
asked for. The same marts give the same file, byte for byte.
"""

from crm_hygiene.pages.dashboard.command import build, main
from crm_hygiene.pages.dashboard.packing import fair_shares, packed
from crm_hygiene.pages.dashboard.payload import Payload
from crm_hygiene.pages.dashboard.rendering import SCRIPTS, page
from crm_hygiene.pages.dashboard.tables import TABLES

__all__ = ["SCRIPTS", "TABLES", "Payload", "build", "fair_shares", "main", "packed", "page"]
