"""Named objects over the kernels: configuration, policies, simulator."""
