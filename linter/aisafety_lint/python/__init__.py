"""The Python front end: one file of Python becomes plain, serialisable facts."""
