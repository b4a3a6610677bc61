"""What is raised where a fix cannot be written."""


class Refusal(Exception):  # noqa: N818 - no error: the code is of a form that the edit does not fit
    """The code is not of the form that an edit is for; the message says why, to be read after `because`."""
