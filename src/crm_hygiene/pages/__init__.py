"""The pages in reports/, made from the marts of the last build."""
