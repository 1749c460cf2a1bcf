"""How kernels on the whole state are compiled: for Python (``entry``), or for other kernels (``inner``, ``merged``).

Those that take the whole ``Shared`` and ``State`` have hundreds of scalar arguments once they are unpacked.  Most
of their compilation would go into wrappers that nobody uses, and into handing those arguments on: what is called in
one place is merged into its caller.

They allocate nothing, so that they need no reference counts: without numba's runtime (``_nrt=False``) a call does not
count each of the arrays that it hands on, which took most of an uneventful day.  What would allocate does not compile.
"""

from collections.abc import Callable

from numba import njit

Decorator = Callable[[Callable], Callable]

entry: Decorator = njit(cache=True, nogil=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]
inner: Decorator = njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]
merged: Decorator = njit(nogil=True, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, inline="always")  # type: ignore[call-overload]
