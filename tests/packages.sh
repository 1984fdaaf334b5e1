#!/usr/bin/env bash
# Install Debian packages that are missing: those named, or else those the tests need.
set -euo pipefail
have() {
  case "$1" in
    python3-venv) python3.11 -c 'import ensurepip' 2>/dev/null || python3 -c 'import ensurepip' 2>/dev/null ;;
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
    chromium) command -v chromium >/dev/null ;;
    default-jre-headless) command -v java >/dev/null ;;
    *) dpkg -s "$1" >/dev/null 2>&1 ;;
  esac
}
[ $# -gt 0 ] || set -- postgresql default-jre-headless chromium
missing=()
for package in "$@"; do have "$package" || missing+=("$package"); done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi
echo "Installing ${missing[*]} …"
if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive \
       apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null; then
  echo "Please install these Debian packages and try again: ${missing[*]}" >&2
  exit 1
fi
