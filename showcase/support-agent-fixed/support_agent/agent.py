"""The agent that talks to customers."""

from agents import Agent, Runner

from support_agent.tools import check_host, find_orders, refund

support = Agent(
    name="Support",
    instructions="Help the customer.",
    tools=[find_orders, check_host, refund],
)


def answer(question: str) -> str:
    result = Runner.run_sync(support, question)
    while result.interruptions:
        state = result.to_state()
        for call in result.interruptions:
            if input(f"{call.name} {call.arguments}? [y/N] ") == "y":
                state.approve(call)
            else:
                state.reject(call)
        result = Runner.run_sync(support, state)
    return result.final_output
