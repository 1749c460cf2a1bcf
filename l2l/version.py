"""The version of l2l."""

from importlib.metadata import PackageNotFoundError, version

try:
    FULL_VERSION = version("l2l")
except PackageNotFoundError:  # a checkout on sys.path that was never installed
    FULL_VERSION = "0+unknown"

MAJOR_VERSION = ".".join(FULL_VERSION.split(".")[:2])
