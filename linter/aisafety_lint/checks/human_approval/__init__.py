"""Rules about consequential calls without a person that need logic of their own: one module a rule."""
