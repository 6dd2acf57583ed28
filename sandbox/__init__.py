"""Pretend agencies: a separate process that shares nothing with us but the wire."""
