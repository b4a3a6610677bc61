"""Fuzzing: one function from bytes to nothing for each thing that reads what strangers wrote.

The tests run each for a moment (`tests/test_fuzz.py`). For hours, guided by coverage, with the group `fuzz` installed:

    PYTHONPATH=tests python -m fuzz NAME --seconds 3600
"""
