"""Manifests: configuration files that grant an agent power, read as documents in which every value knows its place."""
