"""Where training pairs come from: motion files, the studio that films rendered bodies, real data sets."""
