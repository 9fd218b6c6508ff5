"""The report of a take: pages that one hands to an athlete or puts into a supplement, as PDF and as HTML."""
