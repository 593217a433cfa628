"""The planted faults, each with the edges at which it must not be found."""

from crm_hygiene.demo.faults.archetypes import ArchetypeFaults
from crm_hygiene.demo.faults.commits import CommitFaults
from crm_hygiene.demo.faults.decisions import DecisionFaults
from crm_hygiene.demo.faults.handoffs import HandoffFaults
from crm_hygiene.demo.faults.history import HistoryFaults
from crm_hygiene.demo.faults.junk import JunkFaults
from crm_hygiene.demo.faults.late import LateFaults
from crm_hygiene.demo.faults.signals import SignalFaults
from crm_hygiene.demo.faults.signs import SignFaults


class Faults(SignalFaults, ArchetypeFaults, DecisionFaults, HistoryFaults):
    """All of them, planted in one CRM."""


def plant(crm):
    """Plant every fault in an empty CRM."""
    plot = Faults(crm)
    for chapter in (
        plot.jumps,
        plot.ping_pong,
        plot.late_edits,
        plot.commit_churn,
        plot.dwell,
        plot.dwell_shift,
        plot.sla_rush,
        plot.close_dates,
        plot.next_steps,
        plot.premature,
        plot.duplicates,
        plot.lead_sources,
        plot.regressions,
        plot.compliance_and_revenue,
        plot.continuity_and_value,
        plot.junk,
        plot.age_and_doubt,
        plot.history,
        plot.gone,
        plot.broken_sync,
    ):
        chapter()


def plant_late(crm):
    """Plant what stands beside the usual business, in a CRM that has it."""
    LateFaults(crm).plant()
    SignFaults(crm).plant()
    CommitFaults(crm).plant()
    HandoffFaults(crm).plant()
    JunkFaults(crm).plant()
