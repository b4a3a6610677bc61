"""Many repositories in one run: each is a task of its own, and what is finished is never lost or done again."""
