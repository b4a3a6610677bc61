"""Rules about model output in dangerous places that need logic of their own: one module a rule."""
