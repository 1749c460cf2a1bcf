"""Sphinx: the documentation site, made of these pages and of the docstrings (`make docs`)."""

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

from l2l.version import FULL_VERSION

project = "l2l"
release = FULL_VERSION
author = "the authors of l2l"
project_copyright = "the authors of l2l"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
templates_path = ["_templates"]
exclude_patterns = ["_build"]  # made by `make docs`, as is generated/
default_role = "code"  # `name` in docstrings
lexers["csv"] = TextLexer()  # Pygments has none

myst_heading_anchors = 4  # links to [a heading](page.md#a-heading)

autosummary_ignore_module_all = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = "l2l"
html_theme_options = {"navigation_with_keys": True}


def skip(app, what, name, found, skipped, options):
    """Leave out fields of named tuples, which have no docstring, and what another module offers too."""
    if (getattr(found, "__doc__", None) or "").startswith("Alias for field number"):
        return True
    module = app.env.docname.removeprefix("generated/")
    return True if isinstance(found, type) and not found.__module__.startswith(module) else None


def find_anywhere(app, env, node, content):
    """A link to a class that a docstring names without its module."""
    if node.get("refdomain") != "py" or node.get("refspecific") or node.get("reftype") not in ("class", "func"):
        return None
    node["refspecific"] = True
    domain = env.get_domain("py")
    return domain.resolve_xref(env, node["refdoc"], app.builder, node["reftype"], node["reftarget"], node, content)


def setup(app):
    """Connect what stands above."""
    app.connect("missing-reference", find_anywhere)
    app.connect("autodoc-skip-member", skip)
