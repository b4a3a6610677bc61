"""Which versions of its libraries a project asks for, as its requirement and lock files say."""
