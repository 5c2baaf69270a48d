#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# Builds everything and runs the tests; installs Debian packages that are missing (as root).
# See tests/run.py --help for what can be chosen.
set -euo pipefail

cd "$(dirname "$(readlink -f "$0")")/.."
if [[ " $* " != *" -h "* && " $* " != *" --help "* ]]; then
	scripts/deps.sh build vm test clang native doc
fi
exec /usr/bin/python3 -B tests/run.py "$@" < /dev/null
