"""Distributions that the cross-entropy method fits to its best individuals and samples the next from."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from l2l.errors import L2LError
from l2l.optimizers.checks import at_least, probability, whole


class Distribution(ABC):
    """A distribution over float64[dim].

    Attributes
    ----------
    min_points : int
        How many points a fit needs.
    """

    min_points = 1

    def __init__(self) -> None:
        self.random_state: Any = None

    def init_random_state(self, random_state: np.random.RandomState) -> None:
        """Give it the stream to draw from; once only.

        Raises
        ------
        AssertionError
            If it has one already.
        """
        if self.random_state is not None:
            raise AssertionError("the random state of this distribution is set already")
        self.random_state = random_state

    @abstractmethod
    def fit(self, data: np.ndarray, smooth_update: float = 0) -> dict[str, Any]:
        """Fit to the rows of ``data``, float64[n, dim].

        Parameters
        ----------
        data : float64[n, dim]
        smooth_update : float
            In [0, 1): new parameters are ``smooth_update * old + (1 - smooth_update) * fitted``.

        Returns
        -------
        dict
            The new parameters, as :meth:`get_params`.
        """

    @abstractmethod
    def sample(self, n_individuals: int) -> np.ndarray:
        """Draw points, float64[n_individuals, dim]."""

    @abstractmethod
    def get_params(self) -> dict[str, Any]:
        """The parameters, as plain lists and numbers."""


class Gaussian(Distribution):
    """The multivariate normal distribution, with mean and full covariance."""

    def __init__(self) -> None:
        super().__init__()
        self.mean: Any = None
        self.cov: Any = None

    def fit(self, data: np.ndarray, smooth_update: float = 0) -> dict[str, Any]:
        data = np.atleast_2d(np.asarray(data, dtype=float))
        mean = data.mean(axis=0)
        # one point has no spread of its own
        cov = np.cov(data, rowvar=False) if len(data) > 1 else np.zeros((data.shape[1],) * 2)
        self.mean = _smoothed(self.mean, mean, smooth_update)
        self.cov = _smoothed(self.cov, np.reshape(cov, (data.shape[1],) * 2), smooth_update)
        return self.get_params()

    def sample(self, n_individuals: int) -> np.ndarray:
        return self.random_state.multivariate_normal(self.mean, self.cov, size=n_individuals)

    def get_params(self) -> dict[str, Any]:
        return {"mean": self.mean.tolist(), "cov": self.cov.tolist()}


class _Noise:
    """Extra variance in every coordinate, which decays with every fit and keeps a search from freezing.

    ``|N(0, magnitude * coordinate_scale)|`` is added to the diagonal of a covariance.
    """

    def __init__(self, magnitude: float, coordinate_scale: Any, decay: float) -> None:
        at_least("noise_magnitude", magnitude, 0)
        probability("noise_decay", decay)
        self.magnitude = magnitude
        self.scale = 1.0 if coordinate_scale is None else np.asarray(coordinate_scale, dtype=float)
        self.decay = decay

    def added(self, cov: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        """The covariance with noise, float64[dim, dim]."""
        dim = len(cov)
        if np.shape(self.scale) not in ((), (dim,)):
            raise ValueError(f"coordinate_scale must have shape ({dim},), got {np.shape(self.scale)}")
        return cov + np.diag(np.abs(random_state.normal(0.0, self.magnitude * self.scale, size=dim)))

    def weaken(self) -> None:
        self.magnitude *= self.decay


class NoisyGaussian(Gaussian):
    """A :class:`Gaussian` that is sampled with extra, decaying variance.

    Parameters
    ----------
    noise_magnitude : float
        At the first fit.
    coordinate_scale : float64[dim], optional
        Multiplies the magnitude in each coordinate; 1 by default.
    noise_decay : float
        Factor of the magnitude from fit to fit, in [0, 1].
    """

    def __init__(self, noise_magnitude: float = 1.0, coordinate_scale: Any = None, noise_decay: float = 0.95) -> None:
        super().__init__()
        self.noise = _Noise(noise_magnitude, coordinate_scale, noise_decay)
        self.noisy_cov: Any = None

    def fit(self, data: np.ndarray, smooth_update: float = 0) -> dict[str, Any]:
        super().fit(data, smooth_update)
        self.noisy_cov = self.noise.added(self.cov, self.random_state)
        self.noise.weaken()
        return self.get_params()

    def sample(self, n_individuals: int) -> np.ndarray:
        return self.random_state.multivariate_normal(self.mean, self.noisy_cov, size=n_individuals)

    def get_params(self) -> dict[str, Any]:
        return {**super().get_params(), "noise_magnitude": float(self.noise.magnitude)}


class BayesianGaussianMixture(Distribution):
    """Scikit-learn's variational mixture of Gaussians, with a Dirichlet prior of the weights.

    For smoothing, each fitted component is matched with the nearest former one.

    Parameters
    ----------
    n_components : int
    **kwargs
        Handed on to ``sklearn.mixture.BayesianGaussianMixture``.
    """

    def __init__(self, n_components: int = 2, **kwargs: Any) -> None:
        super().__init__()
        whole("n_components", n_components, 1)
        self.n_components = n_components
        self.min_points = max(2, n_components)
        self.options = {"weight_concentration_prior_type": "dirichlet_distribution", **kwargs}
        _mixture_class()  # a missing package is reported here, not in mid-run
        self.weights: Any = None  # (n_components,)
        self.means: Any = None  # (n_components, dim)
        self.covs: Any = None  # (n_components, dim, dim)

    def fit(self, data: np.ndarray, smooth_update: float = 0) -> dict[str, Any]:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn

        mixture = _mixture_class()(
            n_components=self.n_components,
            covariance_type="full",
            random_state=self.random_state,
            **self.options,
        )
        with threadpool_limits(1):  # for a few points threads only wait for each other, ten times as long
            mixture.fit(data)
        order = self._nearest_former(mixture.means_)
        self.weights = _smoothed(self.weights, mixture.weights_[order], smooth_update)
        self.means = _smoothed(self.means, mixture.means_[order], smooth_update)
        self.covs = _smoothed(self.covs, mixture.covariances_[order], smooth_update)
        self.weights /= self.weights.sum()
        return self.get_params()

    def _nearest_former(self, means: np.ndarray) -> np.ndarray:
        """For each former component the index of the new one that continues it."""
        if self.means is None:
            return np.arange(len(means))
        from scipy.optimize import linear_sum_assignment

        distance = np.linalg.norm(self.means[:, None] - means[None, :], axis=2)
        return linear_sum_assignment(distance)[1]

    def sample(self, n_individuals: int) -> np.ndarray:
        counts = self.random_state.multinomial(n_individuals, self.weights)
        points = [
            self.random_state.multivariate_normal(mean, cov, size=n)
            for n, mean, cov in zip(counts, self.means, self._sampled_covs(), strict=True)
        ]
        return self.random_state.permutation(np.concatenate(points))

    def _sampled_covs(self) -> np.ndarray:
        return self.covs

    def get_params(self) -> dict[str, Any]:
        return {"weights": self.weights.tolist(), "means": self.means.tolist(), "covs": self.covs.tolist()}


class NoisyBayesianGaussianMixture(BayesianGaussianMixture):
    """A :class:`BayesianGaussianMixture` whose components are sampled with extra, decaying variance.

    Parameters
    ----------
    n_components : int
    noise_magnitude, coordinate_scale, noise_decay
        As for :class:`NoisyGaussian`.
    **kwargs
        Handed on to ``sklearn.mixture.BayesianGaussianMixture``.
    """

    def __init__(
        self,
        n_components: int = 2,
        noise_magnitude: float = 1.0,
        coordinate_scale: Any = None,
        noise_decay: float = 0.95,
        **kwargs: Any,
    ) -> None:
        super().__init__(n_components, **kwargs)
        self.noise = _Noise(noise_magnitude, coordinate_scale, noise_decay)
        self.noisy_covs: Any = None

    def fit(self, data: np.ndarray, smooth_update: float = 0) -> dict[str, Any]:
        super().fit(data, smooth_update)
        self.noisy_covs = np.array([self.noise.added(cov, self.random_state) for cov in self.covs])
        self.noise.weaken()
        return self.get_params()

    def _sampled_covs(self) -> np.ndarray:
        return self.noisy_covs

    def get_params(self) -> dict[str, Any]:
        return {**super().get_params(), "noise_magnitude": float(self.noise.magnitude)}


def _smoothed(old: Any, new: np.ndarray, smooth_update: float) -> np.ndarray:
    return new if old is None else smooth_update * old + (1 - smooth_update) * new


def _mixture_class() -> Any:
    try:
        from sklearn.mixture import BayesianGaussianMixture as Mixture
    except ImportError as error:
        raise L2LError("mixtures of Gaussians need scikit-learn: pip install scikit-learn") from error
    return Mixture
