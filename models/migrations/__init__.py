"""Migrations of the one database, in order; `models.database.migrate` runs them."""
