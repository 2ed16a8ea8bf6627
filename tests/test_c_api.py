"""The C interface as a C program sees it: declarations from nnz.h itself, the shared library, memory of the caller."""

import platform
import re
import shutil
import subprocess

import numpy as np
import pytest

import nnz
from c_library import Library, declarations
from nnz import format
from nnz.encodings import encode
from small_models import MODELS, Builder


@pytest.fixture(scope="module")
def library(shared_library) -> Library:
    return Library(shared_library)


def test_only_the_interface_is_exported(shared_library):
    if not shutil.which("nm"):
        pytest.skip("nm is not installed")
    symbols = subprocess.run(["nm", "-D", "--defined-only", shared_library], capture_output=True, text=True, check=True)
    exported = {line.split()[-1].split("@")[0] for line in symbols.stdout.splitlines()}
    declared = set(re.findall(r"\b(nnz_\w+)\(", declarations()))
    assert {name for name in exported if name.startswith("nnz_")} == declared


def test_version_and_texts(library):
    text = library.ffi.string
    assert re.fullmatch(rb"\d+\.\d+\.\d+", text(library.c.nnz_version()))
    assert text(library.c.nnz_status_text(library.c.NNZ_OK)) == b"ok"
    texts = {text(library.c.nnz_status_text(status)) for status in range(10)}
    assert len(texts) == 10 and b"unknown status" not in texts
    assert text(library.c.nnz_isa_name(library.c.NNZ_ISA_AVX512)) == b"avx512"
    assert [library.c.nnz_dtype_size(d) for d in range(9)] == [0, 4, 1, 1, 4, 8, 1, 2, 0]


def test_inputs_and_outputs(library):
    model = library.open(format.write(MODELS["feature_maps"]()))
    info = library.ffi.new("nnz_info *")
    assert library.c.nnz_input_count(model) == 1 and library.c.nnz_output_count(model) == 2
    assert library.c.nnz_input_info(model, 0, info) == library.c.NNZ_OK
    assert library.ffi.string(info.name) == b"x" and info.dtype == library.c.NNZ_FLOAT32
    assert list(info.dims)[: info.rank] == [1, 6, 6, 4] and info.bytes == 6 * 6 * 4 * 4
    assert library.c.nnz_input_info(model, 1, info) == library.c.NNZ_ERROR_ARGUMENT
    assert [library.c.nnz_find_output(model, name) for name in (b"y0", b"y1", b"y2")] == [0, 1, -1]
    assert [library.c.nnz_find_input(model, name) for name in (b"x", b"y0")] == [0, -1]
    assert library.ffi.string(library.c.nnz_op_kind(model, 0)) == b"depthwise"
    assert library.ffi.string(library.c.nnz_op_name(model, 0)) == b"depthwise_0"
    assert library.ffi.string(library.c.nnz_op_kind(model, 10_000)) == b""


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("name", MODELS)
def test_sizes_are_exact_and_kept(library, name, threads):
    """One byte less is refused; with exactly these bytes a run touches nothing around them, and is right."""
    c, ffi = library.c, library.ffi
    content = format.write(MODELS[name]())
    model, config = library.open(content), library.config(threads=threads)
    plan_size = c.nnz_plan_size(model, config)
    plan_memory, plan = library.memory(plan_size), ffi.new("nnz_plan **")
    assert c.nnz_plan_init(plan, model, config, plan_memory.pointer, plan_size - 1, library.error) == c.NNZ_ERROR_MEMORY
    status = c.nnz_plan_init(plan, model, config, plan_memory.pointer, plan_size, library.error)
    assert status == c.NNZ_OK, library.message()

    arena_size = c.nnz_arena_size(plan[0])
    arena, session = library.memory(arena_size), ffi.new("nnz_session **")
    init = (c.nnz_session_init, session, plan[0], arena.pointer)
    assert init[0](*init[1:], arena_size - 1, ffi.NULL, library.error) == c.NNZ_ERROR_MEMORY
    assert init[0](*init[1:], arena_size, ffi.NULL, library.error) == c.NNZ_OK

    reference = nnz.Session(content)
    rng = np.random.default_rng(0)
    inputs = {p.name: (rng.standard_normal(p.shape) * 3).astype(p.dtype) for p in reference.inputs}
    expected = reference.run(inputs)
    given = [library.memory(a.nbytes, a.tobytes(), shift=1) for a in inputs.values()]
    taken = [library.memory(a.nbytes, shift=3) for a in expected.values()]
    pointers = ffi.new("void *[]", [m.pointer for m in given]), ffi.new("void *[]", [m.pointer for m in taken])
    for _ in range(2):
        assert c.nnz_run(session[0], pointers[0], pointers[1], library.error) == c.NNZ_OK
        for memory, y in zip(taken, expected.values(), strict=True):
            assert bytes(ffi.buffer(memory.pointer, memory.size)) == y.tobytes()
    for memory in (plan_memory, arena, library.memory_of(model), *given, *taken):
        assert memory.guards_are_intact()


def test_inputs_and_outputs_can_stay_in_the_arena(library):
    c, ffi = library.c, library.ffi
    content = format.write(MODELS["fc_u1"]())
    model, config = library.open(content), library.config()
    plan_memory, plan = library.memory(c.nnz_plan_size(model, config)), ffi.new("nnz_plan **")
    assert c.nnz_plan_init(plan, model, config, plan_memory.pointer, plan_memory.size, library.error) == c.NNZ_OK
    arena, session = library.memory(c.nnz_arena_size(plan[0])), ffi.new("nnz_session **")
    assert c.nnz_session_init(session, plan[0], arena.pointer, arena.size, ffi.NULL, library.error) == c.NNZ_OK
    x = np.random.default_rng(0).standard_normal((2, 30)).astype(np.float32)
    y = library.memory(2 * 19 * 4)
    assert c.nnz_run(session[0], [ffi.from_buffer(x)], [y.pointer], library.error) == c.NNZ_OK
    ffi.memmove(c.nnz_input_data(session[0], 0), ffi.from_buffer(x), x.nbytes)
    assert c.nnz_run(session[0], [ffi.NULL], [ffi.NULL], library.error) == c.NNZ_OK
    inside = c.nnz_output_data(session[0], 0)
    assert bytes(ffi.buffer(inside, y.size)) == bytes(ffi.buffer(y.pointer, y.size))
    assert c.nnz_input_data(session[0], 1) == c.nnz_output_data(session[0], 1) == ffi.NULL


EXTREMES = np.array(
    [0.0, -0.0, np.nan, np.inf, -np.inf, 3.4e38, -3.4e38, 1e-45, -1e-45,
     0.5, 1.5, 2.5, -0.5, -1.5, 126.5, 127.5, -128.5], np.float32
)  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.037, 1e-45, 3.4e38])
@pytest.mark.parametrize("zero_point", [-128, -3, 0, 127, 128, 255])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
def test_quantisation_is_that_of_python(library, dtype, zero_point, scale):
    """Bit for bit; a zero point outside of the type is refused by both."""
    c, ffi = library.c, library.ffi
    info = ffi.new("nnz_info *", {"dtype": c.NNZ_INT8 if dtype == np.int8 else c.NNZ_UINT8, "scale": scale})
    info.zero_point = zero_point
    rng = np.random.default_rng(1)
    with np.errstate(over="ignore"):
        ties = (np.arange(-300, 300, dtype=np.float32) + np.float32(0.5)) * np.float32(scale)
    bits = rng.integers(0, 2**32, 4000, np.uint32).view(np.float32)
    normal = rng.standard_normal(4000).astype(np.float32) * np.float32(100) * np.float32(min(scale, 1e30))
    real = np.concatenate([EXTREMES, ties, bits, normal])
    integers = library.memory(real.size, shift=1)
    status = c.nnz_quantize(info, ffi.from_buffer("float[]", real), integers.pointer, real.size, library.error)
    if not np.iinfo(dtype).min <= zero_point <= np.iinfo(dtype).max:
        assert status == c.NNZ_ERROR_ARGUMENT and "zero point" in library.message()
        with pytest.raises(nnz.ArgumentError, match="zero point"):
            nnz.quantize(real, scale, zero_point, dtype)
        return
    assert status == c.NNZ_OK and integers.guards_are_intact()
    expected = nnz.quantize(real, scale, zero_point, dtype)
    np.testing.assert_array_equal(np.frombuffer(ffi.buffer(integers.pointer, real.size), dtype), expected)

    every = np.arange(256, dtype=np.uint8).view(dtype)
    back = library.memory(256 * 4)
    status = c.nnz_dequantize(info, ffi.from_buffer(every), ffi.cast("float *", back.pointer), 256, library.error)
    assert status == c.NNZ_OK and back.guards_are_intact()
    assert bytes(ffi.buffer(back.pointer, 1024)) == nnz.dequantize(every, scale, zero_point).tobytes()


def test_what_is_not_quantised_is_refused(library):
    c, ffi = library.c, library.ffi
    real, integers = ffi.new("float[1]", [1.0]), ffi.new("int8_t[1]")
    for dtype, scale, what in [(c.NNZ_FLOAT32, 1.0, "int8 and uint8")] + [
        (c.NNZ_INT8, scale, "scale") for scale in (0.0, -1.0, float("nan"), float("inf"))
    ]:
        info = ffi.new("nnz_info *", {"dtype": dtype, "scale": scale})
        assert c.nnz_quantize(info, real, integers, 1, library.error) == c.NNZ_ERROR_ARGUMENT
        assert what in library.message()
        assert c.nnz_dequantize(info, integers, real, 1, library.error) == c.NNZ_ERROR_ARGUMENT


def planes(width: int) -> format.Model:
    """A table over an int8 plane of 2^15 by `width` pixels, which planes4 stores four times as large."""
    dims = (1, 1, 2**15, width)
    tensors = [format.Tensor(np.int8, dims, layout="planes4") for _ in "xy"]
    tensors.append(format.Tensor(np.int8, (256,), np.arange(-128, 128).astype(np.int8)))
    ports = [format.plain_port("x", 0, dims)], [format.plain_port("y", 1, dims)]
    return format.Model(tensors, [], [format.Op("qlut", [0, 2], [1])], *ports)


def convolution(width: int) -> format.Model:
    """1 x 1 over 2^14 by `width` pixels, padding included."""
    dims, padded = (1, 1, 2**14, width - 1), (1, 1, 2**14, width)
    op = format.Op("conv", [0, None, None, None], [1], [0, *[1] * 6, 0, 0, 0, 1])
    tensors = [format.Tensor(np.float32, dims), format.Tensor(np.float32, padded)]
    ports = [format.plain_port("x", 0, dims)], [format.plain_port("y", 1, padded)]
    return format.Model(tensors, [encode(np.ones((1, 1), np.float32), "dense")], [op], *ports)


def depthwise(width: int) -> format.Model:
    model = convolution(width)
    model.matrices.clear()
    model.tensors.append(format.Tensor(np.float32, (1, 1, 1), np.ones((1, 1, 1), np.float32)))
    model.ops = [format.Op("depthwise", [0, 2, None, None, None], [1], model.ops[0].params[1:])]
    return model


TOO_LARGE = r"2147483648 bytes|padded input has 268435456 pixels|268435456 columns"


def wide(width: int) -> format.Model:
    """A matrix of one row and 2^14 times `width` columns, of which one is stored."""
    cols = width * 2**14
    kblocks = -(-cols // 256)
    count, start = np.zeros((kblocks, 1), np.uint16), np.ones(kblocks + 1, np.uint32)
    count[0], start[0] = 1, 0
    matrix = format.Matrix("u1", 1, cols, 256, np.ones((1, 1), np.float32), np.zeros(1, np.uint8), count, start, 1, 1)
    tensors = [format.Tensor(np.float32, (1, n)) for n in (cols, 1)]
    ports = [format.plain_port("x", 0, (1, cols))], [format.plain_port("y", 1, (1, 1))]
    return format.Model(tensors, [matrix], [format.Op("fc", [0, None, None], [1], [0])], *ports)


@pytest.mark.parametrize("make", [planes, convolution, depthwise, wide])
def test_sizes_have_one_limit_in_both_readers(library, make, monkeypatch):
    limit = 2**14
    largest = format.write(make(limit - 1))
    format.read(largest)
    library.open(largest)
    with pytest.raises(nnz.FormatError, match=TOO_LARGE):
        format.write(make(limit))
    with monkeypatch.context() as patch:
        patch.setattr("nnz.writer.validate", lambda model: None)
        beyond = format.write(make(limit))
    with pytest.raises(nnz.FormatError, match=TOO_LARGE):
        format.read(beyond)
    memory, model = library.memory(len(beyond), beyond), library.ffi.new("nnz_model *")
    status = library.c.nnz_open(model, memory.pointer, memory.size, library.c.nnz_registry_all(), library.error)
    assert status == library.c.NNZ_ERROR_FORMAT
    assert re.search(r"2\^31 - 1 bytes|2\^28 pixels|columns", library.message())


def test_unaligned_memory_is_an_error_of_its_own(library):
    c, ffi = library.c, library.ffi
    content = format.write(MODELS["fc_u1"]())
    unaligned = library.memory(len(content), content, shift=4)
    model = ffi.new("nnz_model *")
    status = c.nnz_open(model, unaligned.pointer, len(content), c.nnz_registry_all(), library.error)
    assert status == c.NNZ_ERROR_ALIGNMENT == library.error.status
    assert "multiple of 64" in library.message()
    model, config = library.open(content), library.config()
    memory, plan = library.memory(c.nnz_plan_size(model, config), shift=8), ffi.new("nnz_plan **")
    assert c.nnz_plan_init(plan, model, config, memory.pointer, memory.size, ffi.NULL) == c.NNZ_ERROR_ALIGNMENT
    memory = library.memory(memory.size)
    assert c.nnz_plan_init(plan, model, config, memory.pointer, memory.size, ffi.NULL) == c.NNZ_OK
    arena, session = library.memory(c.nnz_arena_size(plan[0]), shift=32), ffi.new("nnz_session **")
    status = c.nnz_session_init(session, plan[0], arena.pointer, arena.size, ffi.NULL, ffi.NULL)
    assert status == c.NNZ_ERROR_ALIGNMENT


def test_settings_out_of_range(library):
    c = library.c
    model = library.open(format.write(MODELS["fc_u1"]()))
    for threads in (0, c.NNZ_MAX_THREADS + 1):
        assert c.nnz_plan_size(model, library.config(threads=threads)) == 0
    assert c.nnz_plan_size(model, library.config(c.NNZ_ISA_HELIUM + 1)) == 0


def test_a_level_that_the_cpu_lacks_has_sizes_but_no_session(library):
    c, ffi = library.c, library.ffi
    model = library.open(format.write(MODELS["fc_u1"]()))
    foreign = next(isa for isa in range(c.NNZ_ISA_HELIUM, -1, -1) if not c.nnz_cpu_has(isa))
    config, plan, session = library.config(foreign), ffi.new("nnz_plan **"), ffi.new("nnz_session **")
    memory = library.memory(c.nnz_plan_size(model, config))
    assert c.nnz_plan_init(plan, model, config, memory.pointer, memory.size, library.error) == c.NNZ_OK
    arena = library.memory(c.nnz_arena_size(plan[0]))
    status = c.nnz_session_init(session, plan[0], arena.pointer, arena.size, ffi.NULL, library.error)
    assert status == c.NNZ_ERROR_CPU
    assert ffi.string(c.nnz_isa_name(foreign)).decode() in library.message()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="levels of x86")
def test_avx_vnni_is_in_no_level_but_its_own(library):
    """CPUs have it with AVX2 and without AVX-512, and AVX-512 without it."""
    c, ffi = library.c, library.ffi
    model = library.open(format.write(MODELS["int8_conv_q1x4"]()))

    def kernel(isa: int) -> str:
        config, plan = library.config(isa), ffi.new("nnz_plan **")
        memory = library.memory(c.nnz_plan_size(model, config))
        assert c.nnz_plan_init(plan, model, config, memory.pointer, memory.size, library.error) == c.NNZ_OK
        return ffi.string(c.nnz_plan_kernel(plan[0], kinds.index(b"qconv"))).decode()

    kinds = [ffi.string(c.nnz_op_kind(model, i)) for i in range(c.nnz_op_count(model))]
    levels = {name: getattr(c, f"NNZ_ISA_{name.upper()}") for name in ("avx2", "avxvnni", "avx512", "avx512vnni")}
    for name, isa in levels.items():
        assert kernel(isa).endswith(f"_{name}")
    assert c.nnz_cpu_has(levels["avx2"]) or not c.nnz_cpu_has(levels["avxvnni"])
    assert c.nnz_cpu_has(c.nnz_cpu_isa())


def test_open_does_not_look_at_the_checksum_and_verify_does(library):
    content = bytearray(format.write(MODELS["fc_u1"]()))
    content[12] ^= 1
    model = library.open(bytes(content))
    assert library.c.nnz_verify(model, library.error) == library.c.NNZ_ERROR_CHECKSUM
    assert "checksum" in library.message()
    content[12] ^= 1
    assert library.c.nnz_verify(library.open(bytes(content)), library.error) == library.c.NNZ_OK


def test_other_versions_are_refused(library):
    content = bytearray(format.write(MODELS["fc_u1"]()))
    content[4] = 1
    memory, model = library.memory(len(content), bytes(content)), library.ffi.new("nnz_model *")
    status = library.c.nnz_open(model, memory.pointer, memory.size, library.c.nnz_registry_all(), library.error)
    assert status == library.c.NNZ_ERROR_VERSION
    assert "1.1" in library.message()


def test_unpacking_takes_exactly_the_memory_it_says(library):
    c, ffi = library.c, library.ffi
    content = format.write(MODELS["int8_conv_q1x4"]())
    source = format.pack(content)
    packed = library.memory(len(source), source, shift=1)
    sizes = ffi.new("size_t[2]")
    given = packed.pointer, packed.size
    assert c.nnz_is_packed(*given) and not c.nnz_is_packed(content, len(content)) and not c.nnz_is_packed(source, 3)
    assert c.nnz_packed_size(*given, sizes, sizes + 1, library.error) == c.NNZ_OK
    assert sizes[0] == len(content)
    file, scratch = library.memory(sizes[0], shift=5), library.memory(sizes[1])
    for less in ((1, 0), (0, 1)):
        room = (file.pointer, file.size - less[0]), (scratch.pointer, scratch.size - less[1])
        assert c.nnz_unpack(*room[0], *given, *room[1], library.error) == c.NNZ_ERROR_MEMORY
    shifted = scratch.pointer + 4, scratch.size
    assert c.nnz_unpack(file.pointer, file.size, *given, *shifted, library.error) == c.NNZ_ERROR_ALIGNMENT
    room = (file.pointer, file.size), (scratch.pointer, scratch.size)
    assert c.nnz_unpack(*room[0], *given, *room[1], library.error) == c.NNZ_OK, library.message()
    assert bytes(ffi.buffer(file.pointer, file.size)) == content
    assert file.guards_are_intact() and scratch.guards_are_intact() and packed.guards_are_intact()
    assert c.nnz_packed_size(content, len(content), sizes, sizes + 1, library.error) == c.NNZ_ERROR_FORMAT
    assert "not a packed" in library.message()


def test_the_host_layer_loads_and_frees(library, tmp_path):
    c, ffi = library.c, library.ffi
    path = tmp_path / "m.nnz"
    path.write_bytes(format.write(MODELS["fc_u1"]()))
    program = ffi.new("nnz_program **")
    assert c.nnz_load(program, str(path).encode(), 2, library.error) == c.NNZ_OK, library.message()
    assert c.nnz_program_threads(program[0]) == 2
    assert ffi.string(c.nnz_plan_kernel(c.nnz_program_plan(program[0]), 0)).startswith(b"matvec_f32_u1_")
    ticks = ffi.new("uint64_t[]", c.nnz_op_count(c.nnz_program_model(program[0])))
    session = c.nnz_program_session(program[0])
    c.nnz_profile(session, c.nnz_host_clock, ticks)
    assert c.nnz_run(session, [ffi.new("float[60]")], [ffi.NULL], library.error) == c.NNZ_OK
    assert sum(ticks) > 0
    c.nnz_free(program[0])
    assert c.nnz_load(program, b"/no/such/file", 1, library.error) == c.NNZ_ERROR_IO
    assert program[0] == ffi.NULL and "/no/such/file" in library.message()
    c.nnz_free(ffi.NULL)


def test_a_large_file_is_read_and_a_small_one_mapped(library, tmp_path):
    """From 2 MiB on the host layer reads a file into memory of its own: what becomes of the file is nothing to it."""
    c, ffi = library.c, library.ffi
    for cols in (60, 1100):
        b = Builder(1)
        content = format.write(
            b.finish(b.op("fc", [b.input("x", (1, cols)), None, None], (1, 600), [b.matrix(600, cols, "dense", 1)]))
        )
        assert (len(content) >= 2 << 20) == (cols == 1100)
        path = tmp_path / f"{cols}.nnz"
        path.write_bytes(content)
        x, y = ffi.new("float[]", [1.0] * cols), {}
        for way, load in {
            "path": lambda p, path=path: c.nnz_load(p, str(path).encode(), 1, library.error),
            "memory": lambda p, content=content: c.nnz_load_memory(p, content, len(content), 1, library.error),
        }.items():
            program = ffi.new("nnz_program **")
            assert load(program) == c.NNZ_OK, library.message()
            if way == "path" and cols == 1100:
                path.write_bytes(bytes(len(content)))
            y[way] = ffi.new("float[600]")
            session = c.nnz_program_session(program[0])
            assert c.nnz_run(session, [x], [y[way]], library.error) == c.NNZ_OK, library.message()
            c.nnz_free(program[0])
        assert bytes(ffi.buffer(y["path"])) == bytes(ffi.buffer(y["memory"])) != bytes(2400)
