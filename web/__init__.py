"""The doors: webhooks in, the API of the staff, and how well the house is."""
