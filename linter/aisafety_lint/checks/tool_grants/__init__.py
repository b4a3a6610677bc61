"""Rules about too much power that need logic of their own: one module a rule."""
