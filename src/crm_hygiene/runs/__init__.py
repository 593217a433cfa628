"""What runs of dbt and of the landing gate leave behind, kept in the table runs.results.

dbt leaves run_results.json and manifest.json in target/, and where it stopped before any result
only its log; the gate leaves landing_checks/results.json.
"""

from crm_hygiene.runs.result import COLUMNS, TABLE, Result
from crm_hygiene.runs.table import left_behind, places, record

__all__ = ["COLUMNS", "TABLE", "Result", "left_behind", "places", "record"]
