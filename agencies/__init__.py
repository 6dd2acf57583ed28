"""The others: how we speak to an agency, from envelope and signature to the safe sender."""
