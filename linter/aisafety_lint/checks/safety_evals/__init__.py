"""Rules of the family safety-evals with logic of their own."""
