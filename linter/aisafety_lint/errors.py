"""The one error that is the user's to mend; every other exception is a bug in the linter."""


class UserError(Exception):
    """The job cannot be done as asked: exit code 2, one clear message, and a hint about the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
