"""Credentials written in text: formats, the scan for them, the judgement on what it finds, and masks that hide it."""
