"""Two agents for tests that need a finding of high severity (on line 13), or none."""

BAD = '''\
"""Looks up customers."""

import sqlite3

from agents import function_tool

customers = sqlite3.connect("customers.db")


@function_tool
def find(name: str) -> list[str]:
    """Find a customer."""
    return customers.execute(f"SELECT mail FROM customers WHERE name = '{name}'").fetchall()
'''
UNSAFE = "f\"SELECT mail FROM customers WHERE name = '{name}'\""
GOOD = BAD.replace(UNSAFE, '"SELECT mail FROM customers WHERE name = ?", (name,)')
