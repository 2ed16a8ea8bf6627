"""Makes a .nnz file from an ONNX model.

Without --sparsity the zeros that the weights have are kept and used. With it, weights are pruned first: the sparsity is
the share of zeros over the weights of all layers that are not excluded. First, last and depthwise layers are excluded
unless --include names them. With --quantize, the result computes in int8. With --weights, it computes in float and only
stores its weights in fewer bits, in layers that would harm the outputs more than in others. With --pack, the file is
made smaller for download or storage, and unpacked into memory before it runs. At the end the source and the result are
run and compared.

What a quantised model has an int8 form for computes in int8, exactly and on every CPU alike, as in TFLite. onnxruntime
computes some of it in float32 and, where a value lies between two integers, at times takes the other one. --match does
the same, more slowly."""

from __future__ import annotations

import argparse

from ..errors import ArgumentError
from .layertable import layer_table, macs, macs_line, report_lines
from .options import add_sample_arguments, add_shape_argument, converter_errors, input_keys, load, shapes
from .output import print_json, print_text
from .table import size

EXAMPLES = """examples:
  nnz convert model.onnx -o model.nnz                              keep the zeros that are there
  nnz convert model.onnx -o model.nnz --sparsity 0.8 --method wanda --calibration data.npz --samples :200
  nnz convert model.onnx -o model.nnz --sparsity 0.9 --pattern 4x1 --exclude '^head/'
  nnz convert model.onnx -o model.nnz --quantize int8 --calibration data.npz --samples :200
  nnz convert model.onnx -o model.nnz --quantize int8 --integer-ports --calibration data.npz --target cortex-m4
  nnz convert int8.onnx -o model.nnz --match onnxruntime           its outputs bit for bit, slower
  nnz convert model.onnx -o model.nnz --weights int4 --calibration data.npz    float arithmetic, 4-bit weights
  nnz convert model.onnx -o dense.nnz --zero-threshold 0 --encoding dense      what its zeros spare, beside it
  nnz convert model.onnx -o model.nnzp --pack                      smaller, but not run in place
  nnz convert model.onnx -o model.nnz --shape input=1x3x224x224
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help="an ONNX model")
    add("-o", "--output", metavar="FILE.nnz", help="what to write (default: the model's name with .nnz)")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("--sparsity", type=float, metavar="S", help="prune until this share of the weights is zero")
    amount.add_argument("--keep", action="store_true", help="prune nothing, use the zeros that are there (the default)")
    add(
        "--pattern",
        default="auto",
        help="auto, unstructured, blocks such as 4x1 or 1x4, or N:M (default auto: the fastest)",
    )
    add("--method", default="magnitude", choices=("magnitude", "wanda"), help="which weights go (default magnitude)")
    add("--global", dest="global_", action="store_true", help="one ranking for all layers, not the same share of each")
    what = "samples by input name, along the first axis: for wanda, bias correction, quantisation and verification"
    add("--calibration", metavar="FILE.npz", help=what)
    add_sample_arguments(parser)
    add_shape_argument(parser)
    add("--exclude", metavar="REGEX", help="layers not to prune, by name")
    add("--include", metavar="REGEX", help="layers to prune although they are excluded by default")
    add("--quantize", choices=("int8",), help="quantise after training, with --calibration")
    methods = ("minmax", "percentile", "mse", "entropy")
    what = "how activations get their int8 ranges (default mse, and for inputs what harms the outputs least)"
    add("--range", choices=methods, help=what)
    add("--float", dest="float_layers", metavar="REGEX", help="layers not to quantise, by name")
    add("--weights", choices=("fp16", "int8", "int4"), help="store weights in fewer bits, compute in float")
    add("--group", type=int, default=32, metavar="N", help="int4: N weights of a row share a scale: 16 to 256 (32)")
    add("--integer-ports", action="store_true", help="int8 inputs and outputs, too: the program quantises")
    what = "a quantised model computes in float32 what onnxruntime does: the same outputs, for hosts, slower than int8"
    add("--match", choices=("onnxruntime",), help=what)
    add("--zero-threshold", type=float, default=1e-6, metavar="T", help="below T x the largest of a layer is 0 (1e-6)")
    add("--target", default="host", metavar="NAME|FILE", help="the CPU to choose encodings for (default host)")
    what = "auto (default: what the target runs fastest) or dense, zeros included: the file that sparsity is judged by"
    add("--encoding", default="auto", choices=("auto", "dense"), help=what)
    add("--pack", action="store_true", help="write a packed file (default name: the model's with .nnzp)")
    add("--save-onnx", metavar="FILE.onnx", help="also write the pruned model as ONNX")
    add("--no-verify", action="store_true", help="do not compare source and result")
    add("--json", action="store_true", help="print the report as JSON")


def run(args: argparse.Namespace) -> int:
    if args.sparsity is not None and not 0 <= args.sparsity < 1:
        raise ArgumentError(f"--sparsity is {args.sparsity:g}: expected 0 to below 1")
    _check_effect(args)
    convert = load("nnz.convert").convert
    with converter_errors():
        result = convert(
            args.model,
            args.output,
            sparsity=args.sparsity,
            keep=args.keep or None,
            pattern=args.pattern,
            method=args.method,
            calibration=args.calibration,
            calibration_keys=input_keys(args.input_key),
            calibration_samples=args.samples,
            shapes=shapes(args.shape),
            exclude=args.exclude,
            include=args.include,
            global_=args.global_,
            zero_threshold=args.zero_threshold,
            quantize=args.quantize,
            range=args.range,
            float_layers=args.float_layers,
            weights=args.weights,
            group=args.group,
            integer_ports=args.integer_ports,
            match=args.match,
            target=args.target,
            encoding=args.encoding,
            save_onnx=args.save_onnx,
            verify=not args.no_verify,
            pack=args.pack,
        )
    if args.json:
        print_json(result.report)
        return 0
    written = result.path.stat().st_size
    layers = result.report["layers"]
    print_text(layer_table(layers) + "\n")
    print_text(f"{result.path}: {size(written)}, from {size(result.report['source']['bytes'])}")
    print_text("\n".join([macs_line(macs(layers)), *report_lines(result.report)]))
    return 0


def _check_effect(args: argparse.Namespace) -> None:
    """ArgumentError for an option that would change nothing because the one it belongs to is not given."""
    prunes = args.sparsity is not None or ":" in args.pattern
    pruning = {
        "--pattern": args.pattern != "auto",
        "--method": args.method != "magnitude",
        "--global": args.global_,
        "--exclude": args.exclude is not None,
        "--include": args.include is not None,
    }
    calibration = {"--samples": args.samples != slice(None), "--input-key": bool(args.input_key)}
    for given, what, options in (
        (prunes, "--sparsity", pruning),
        (args.calibration, "--calibration", calibration),
        (args.quantize, "--quantize", {"--range": args.range is not None}),
    ):
        useless = [option for option, used in options.items() if used]
        if useless and not given:
            raise ArgumentError(f"{useless[0]} does nothing without {what}: give both, or neither")
