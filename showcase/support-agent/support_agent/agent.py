"""The agent that talks to customers."""

from agents import Agent, Runner

from support_agent.tools import check_host, find_orders, refund

support = Agent(
    name="Support",
    instructions="Help the customer. Ask before you pay money back.",
    tools=[find_orders, check_host, refund],
)


def answer(question: str) -> str:
    return Runner.run_sync(support, question).final_output
