"""The hands: Prefect tasks, one verb each."""
