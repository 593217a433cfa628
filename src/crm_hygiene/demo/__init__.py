"""A small made-up company, its two CRMs, and the truth about them."""
