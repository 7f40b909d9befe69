#!/usr/bin/env bash
# clang-tidy over every source of the product, at zero warnings. Takes minutes, so it is no ctest test.
# usage: tests/lint/tidy.sh [<build folder>]   (configured; default build)
set -euo pipefail
cd "$(dirname "$0")/../.."
find runtime npu_backend translator -name '*.cpp' | sort |
  xargs -P "$(nproc)" -n 4 clang-tidy-15 -p "${1:-build}" --quiet
