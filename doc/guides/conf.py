# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Sphinx: how the guide is built. scripts/docs.sh does it."""
# The names are Sphinx's.
# pylint: disable=invalid-name
import re
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).resolve().parent / "ext"))

project = "vio"
author = "The vio authors"
project_copyright = "2026 The vio authors"
release = version = re.search(r"version: '([\d.]+)'", (REPO / "meson.build").read_text())[1]

extensions = ["sphinx.ext.graphviz", "vio_guide"]
graphviz_output_format = "svg"
nitpicky = True
# No quotation mark or dash of a command becomes another one.
smartquotes = False
highlight_language = "none"

html_theme = "furo"
html_title = f"vio {version}"
html_copy_source = False
html_show_sphinx = False

linkcheck_timeout = 20
