"""Particle swarm optimisation."""

from l2l.optimizers.particleswarm.optimizer import ParticleSwarmOptimizer, ParticleSwarmParameters

__all__ = ["ParticleSwarmOptimizer", "ParticleSwarmParameters"]
