#!/usr/bin/env bash
# Installs the dependencies exactly as locked. Works with whatever Node npm itself runs on: the Node that runs the
# project is one of the dependencies.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v npm >/dev/null; then
  echo "setup: npm is not installed; install Node.js (20 or newer), which brings it" >&2
  exit 1
fi
echo "setup: installing dependencies (about half a minute the first time)"
npm ci --no-audit --no-fund --loglevel=error
if ! version=$(npm run --silent node -- --version); then
  echo "setup: the packaged Node does not start; was its install script allowed?" >&2
  exit 1
fi
case "$version" in
  v24.* | v25.* | v26.*) ;;
  *) echo "setup: expected Node 24 or newer from the dependencies, found $version" >&2; exit 1 ;;
esac
touch node_modules/.installed
