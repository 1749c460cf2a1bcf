"""The optimizers: each proposes individuals and learns from their fitness. One folder each."""
