"""The optimizees: each evaluates individuals by running a model. One folder each."""
