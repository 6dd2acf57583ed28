"""Where it runs: the private PostgreSQL, the Prefect server, and the ieum command."""
