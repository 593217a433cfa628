"""The pages of docs/, written from the seeds."""

from crm_hygiene.docs.command import main, stale
from crm_hygiene.docs.health import sla_models
from crm_hygiene.docs.lifecycle import DECISIONS, OUTCOMES, TOPICS, VERDICTS
from crm_hygiene.docs.rules import exposure_path, model_path
from crm_hygiene.docs.steps import STEPS
from crm_hygiene.docs.words import seed

__all__ = [
    "DECISIONS",
    "OUTCOMES",
    "STEPS",
    "TOPICS",
    "VERDICTS",
    "exposure_path",
    "main",
    "model_path",
    "seed",
    "sla_models",
    "stale",
]
