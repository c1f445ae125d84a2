#!/usr/bin/env bash
# Install stepguard from the action's own checkout, or STEPGUARD_VERSION from PyPI.
set -euo pipefail

if [[ -z "${STEPGUARD_VERSION:-}" ]]; then
  wanted="${ACTION_PATH}[review]"
elif [[ "$STEPGUARD_VERSION" =~ ^[0-9][0-9A-Za-z.]*$ ]]; then
  wanted="stepguard[review]==${STEPGUARD_VERSION}"
else
  echo "error: the input 'version' is not a version" >&2
  exit 2
fi
python -m pip install --quiet --disable-pip-version-check "$wanted"
