"""The commands of the program, one module each: `run(arguments) -> exit code`."""
