"""Reports: the outcome of a run and the formats it is written in. A report never decides, it only shows."""
