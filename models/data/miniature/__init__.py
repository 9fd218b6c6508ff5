"""A miniature of AIST++ made in the studio, to try the converter on."""
