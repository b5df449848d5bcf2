#!/bin/sh
# Write the lock of every extra, hashed. Needs uv (pip install uv). One resolution: the others are constrained by dev.txt.
set -eu
cd "$(dirname "$0")/../.."
compile() { uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"; }
compile --universal --extra dev -o infra/locks/dev.txt pyproject.toml
for extra in local runtime tracing enhancer analyzer generator mixer qa gateway; do
  compile --universal --extra "$extra" -c infra/locks/dev.txt -o "infra/locks/$extra.txt" pyproject.toml
done
# Demucs beside the analyzer. No hashes: the same version of torch comes as several builds, and only the one for the CPU is small.
uv pip compile -q --python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-platform x86_64-manylinux_2_34 --extra separation -c infra/locks/dev.txt -o infra/locks/separation.pins pyproject.toml
# The neural worker runs on Linux alone.
compile --python-platform x86_64-manylinux_2_34 --extra neural -c infra/locks/generator.txt -o infra/locks/neural.txt pyproject.toml infra/locks/neural.in
compile --universal --no-deps -o infra/locks/nodeps.txt infra/locks/nodeps.in
compile --python-platform x86_64-manylinux_2_34 --no-deps -o infra/locks/neural-nodeps.txt infra/locks/neural-nodeps.in
