"""``inner``: compile a kernel that only other kernels call.

Those that take the whole ``Shared`` and ``State`` have hundreds of scalar arguments once they are unpacked, and
most of their compilation would go into wrappers that nobody uses.
"""

from collections.abc import Callable

from numba import njit

inner: Callable[[Callable], Callable] = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)  # type: ignore[call-overload]
