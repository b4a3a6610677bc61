"""Safety evaluation: which suites a repository has, what they test, whether they run and can fail, what is declared."""
