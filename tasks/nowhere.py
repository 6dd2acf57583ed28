"""Where results are kept: nowhere."""

from typing import Final

#: Prefect's engine pickles the exception of every failed flow whatever it is told (3.8.8, flow_engine.py,
#: `write_result=True`). Below /dev/null nothing can be written: it logs one warning and goes on.
RESULTS: Final = "/dev/null/results-are-not-kept"
