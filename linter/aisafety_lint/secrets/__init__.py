"""Credentials written in text: formats, the scan for them, the judgement on what is found, and the masks that hide it."""
