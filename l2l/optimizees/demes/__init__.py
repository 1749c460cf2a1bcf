"""Populations of an insect with genotypes, on a landscape of demes: gene drives, releases, migration."""
