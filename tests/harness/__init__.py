# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
"""Programs, guests and frames for the tests in Python."""
