"""What the support agent can do."""

import sqlite3
import subprocess

import stripe
from agents import function_tool

orders = sqlite3.connect("orders.db")
SHOPS = ("north.shop.example", "south.shop.example")


@function_tool
def find_orders(customer: str) -> list[tuple[str, int]]:
    """List the orders of a customer."""
    return orders.execute("SELECT id, cents FROM orders WHERE customer = ?", (customer,)).fetchall()


@function_tool
def check_host(host: str) -> str:
    """Tell whether the customer's shop is reachable."""
    if host not in SHOPS:
        return "unknown shop"
    result = subprocess.run(["ping", "-c", "1", host], capture_output=True, text=True)
    return result.stdout


@function_tool(needs_approval=True)
def refund(payment: str, cents: int) -> str:
    """Pay money back."""
    return stripe.Refund.create(payment_intent=payment, amount=cents).id
