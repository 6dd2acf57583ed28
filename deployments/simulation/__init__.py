"""The simulation: a synthetic population and its agencies on virtual time, in the desks' own code and tables."""
