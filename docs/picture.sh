#!/usr/bin/env bash
# Take the README's picture anew from the demo's own report (needs Debian's chromium).
set -euo pipefail
cd "$(dirname "$0")/.."
chromium --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
  --screenshot=docs/report.png --window-size=1120,1010 \
  "file://$PWD/${1:-workspace}/reports/mortgage/ethics_review.html"
