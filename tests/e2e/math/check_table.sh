#!/usr/bin/env bash
# The table in a document is the one that the program prints.
#   check_table.sh <program> <document>
set -euo pipefail
diff <("$1" --table) <(sed -n '/^| Function/,/^[^|]/{ /^|/p }' "$2")
