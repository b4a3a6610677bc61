"""The linked program: names resolved across files, types, calls, tools, agents, gates and capabilities."""
