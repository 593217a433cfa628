"""What makes the nightly job safe: one run at a time, a candidate that no reader sees, publishing
in one step, the marts as parquet, a backup of what cannot be computed again, a log of runs."""
