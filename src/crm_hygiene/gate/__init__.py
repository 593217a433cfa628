"""The landing gate: validates the landed CRM tables with Great Expectations before dbt reads them.

`crm-hygiene gate` checks what the project would read, writes a page with the results, and exits
with 1 where a critical expectation failed. The expectations stand in expectations/. What is landed,
and how it is read, the gate asks dbt, so that it judges what the models read. Covers DuckDB and
PostgreSQL; says so and lets any other target pass.
"""
