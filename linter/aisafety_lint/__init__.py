"""aisafety-lint finds what makes an LLM agent unsafe around the model, before deployment."""

__version__ = "0.1.0"
