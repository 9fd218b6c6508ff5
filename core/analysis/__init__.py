"""What a motion says to a person: measures over time, repetitions, statistics."""
