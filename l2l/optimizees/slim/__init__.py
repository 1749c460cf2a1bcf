"""SLIM: a stochastic simulator of sea lice on salmon farms, and the optimizee that tunes its treatments."""
