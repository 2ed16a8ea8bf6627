#!/usr/bin/env bash
# The main job from nothing: installs nnz into .venv, converts the carried network, dense and pruned, compares, runs and times it.
# The files stay in build/demo.
#
#   examples/demo.sh
#
# Needs Python 3.10 or newer with venv, and a C and a C++ compiler.
set -euo pipefail
cd "$(dirname "$0")/.."

needs_compiler() { ! command -v c++ || ! python3 -c 'import ensurepip, sysconfig, os
assert os.path.exists(sysconfig.get_path("include") + "/Python.h")'; } >/dev/null 2>&1

if needs_compiler; then
    packages=(build-essential python3-dev python3-venv)
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "A C++ compiler, Python's headers or venv are missing. On Debian or Ubuntu:" >&2
        echo "    sudo apt-get install ${packages[*]}" >&2
        exit 1
    fi
    apt-get update -q && apt-get install -qy "${packages[@]}"
fi

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; "$@"; }

[ -d .venv ] || say python3 -m venv .venv
. .venv/bin/activate
printf '\nThe kernels are compiled, which takes a minute or two.\n'
say pip install -q '.[convert]'

out=build/demo
mkdir -p $out
digits=examples/digits
test=(--data $digits/digits.npz --labels labels --samples 200:)

printf '\n== The network as it was trained ==\n'
say nnz convert $digits/digits.onnx -o $out/dense.nnz
say nnz compare $digits/digits.onnx $out/dense.nnz "${test[@]}"
say nnz bench $out/dense.nnz

printf '\n== Nine of ten weights pruned ==\n'
say nnz convert $digits/digits.onnx -o $out/sparse.nnz --sparsity 0.9 --global --method wanda \
    --calibration $digits/digits.npz --samples :200
say nnz compare $digits/digits.onnx $out/sparse.nnz "${test[@]}"
say nnz bench $out/sparse.nnz

printf '\n== In a Python loop ==\n'
say python examples/run.py $out/sparse.nnz

printf '\nThe files are in %s. To go on: . .venv/bin/activate; nnz --help\n' $out
