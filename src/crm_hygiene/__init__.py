"""What the project does outside dbt: the nightly job, the gate, the pages, the lists, the demo."""

__version__ = "0.2.0"
