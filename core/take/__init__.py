"""Takes: a recording and everything known of it, analysed once and kept."""
