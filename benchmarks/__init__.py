"""The benchmarks: the reference work, done by Ieum through its own doors and by its peers, side by side."""
