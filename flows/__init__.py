"""The story: one file per desk, its rules on top and its flow below."""
