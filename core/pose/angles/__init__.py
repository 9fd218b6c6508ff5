"""Joint angles of a pose: what they are, how far they went, how sure they are."""
