"""The truth: tables, the referral's state machine, and the case as the rules see it."""
