"""Pictures of benchmark functions."""

from typing import Any

import numpy as np


def plot(fn: Any, random_state: Any, path: str = "function.png", n_points: int = 200) -> str:
    """Draw a function over its bounds and save the picture: a curve of one variable, contours of two.

    Parameters
    ----------
    fn : FunctionGenerator
        Of one or two variables.
    random_state : RandomState or Generator
        Of the noise, where the function has some.
    path : str
        Of the picture.
    n_points : int
        In each direction.

    Returns
    -------
    str
        The path.
    """
    from l2l.matplotlib_ import plt

    if fn.dims not in (1, 2):
        raise ValueError(f"only functions of 1 or 2 variables can be drawn, got {fn.dims}")
    x = np.linspace(fn.bound[0], fn.bound[1], n_points)
    figure, axes = plt.subplots()
    if fn.dims == 1:
        axes.plot(x, [fn.cost_function([v], random_state) for v in x])
        axes.set_ylabel("f(x)")
    else:
        values = [[fn.cost_function([u, v], random_state) for u in x] for v in x]
        figure.colorbar(axes.contourf(x, x, values, levels=40), label="f(x)")
        axes.set_ylabel("$x_1$")
    axes.set_xlabel("$x_0$")
    axes.set_title(" + ".join(name for name, _ in fn.get_params()["functions"]))
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)
    return path
