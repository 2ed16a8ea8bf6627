// The C library for Python: one class, a few functions. What is friendly about it is in session.py.
#include "port.h"

#include <memory>
#include <mutex>

namespace {

// The bytes of a Python object, for as long as this lives. ArgumentError where `what` is not contiguous.
class Bytes {
  public:
    Bytes(const py::buffer &buffer, const char *what) : view_(buffer.request()) {
        if (!PyBuffer_IsContiguous(view_.view(), 'C'))
            raise("ArgumentError", std::string(what) + " are not contiguous");
    }
    const void *data() const {
        return view_.ptr;
    }
    size_t size() const {
        return static_cast<size_t>(view_.size * view_.itemsize);
    }

  private:
    py::buffer_info view_;
};

class Session {
  public:
    Session(py::object source, uint32_t threads, bool profile) {
        nnz_error error;
        nnz_program *program = nullptr;
        nnz_status status;
        if (PyObject_CheckBuffer(source.ptr())) {
            const Bytes bytes(py::reinterpret_borrow<py::buffer>(source), "the model's bytes");
            py::gil_scoped_release release;
            status = nnz_load_memory(&program, bytes.data(), bytes.size(), threads, &error);
        } else {
            const std::string path = py::bytes(py::module_::import("os").attr("fsencode")(source));
            py::gil_scoped_release release;
            status = nnz_load(&program, path.c_str(), threads, &error);
        }
        program_.reset(program);
        check(status, error);

        const nnz_model *model = nnz_program_model(program);
        nnz_info info;
        for (size_t i = 0; i < nnz_input_count(model); i++) {
            check(nnz_input_info(model, i, &info), error);
            inputs_.emplace_back("input", i, info);
        }
        for (size_t i = 0; i < nnz_output_count(model); i++) {
            check(nnz_output_info(model, i, &info), error);
            outputs_.emplace_back("output", i, info);
        }
        ticks_.resize(nnz_op_count(model));
        if (profile)
            nnz_profile(nnz_program_session(program), nnz_host_clock, ticks_.data());
    }

    py::dict run(const py::object &inputs, const py::object &out) {
        Arguments a(*this, inputs, out);
        run_once(a);
        return a.result;
    }

    // Seconds of each of `runs` runs of the C library alone.
    py::array_t<double> time(const py::object &inputs, size_t runs) {
        Arguments a(*this, inputs, py::none());
        py::array_t<double> seconds(static_cast<py::ssize_t>(runs));
        for (size_t i = 0; i < runs; i++) {
            const uint64_t begin = nnz_host_clock();
            run_once(a);
            seconds.mutable_at(i) = static_cast<double>(nnz_host_clock() - begin) * 1e-9;
            if (PyErr_CheckSignals())
                throw py::error_already_set();
        }
        return seconds;
    }

    py::list describe_inputs() const {
        return describe(inputs_);
    }
    py::list describe_outputs() const {
        return describe(outputs_);
    }

    // (name, kind, kernel) of each operator.
    py::list ops() const {
        py::list list;
        for (size_t i = 0; i < ticks_.size(); i++)
            list.append(py::make_tuple(nnz_op_name(model(), i), nnz_op_kind(model(), i),
                                       nnz_plan_kernel(nnz_program_plan(program_.get()), i)));
        return list;
    }

    // The number of runs, and the nanoseconds that each operator took in all of them.
    py::tuple profile() {
        std::vector<uint64_t> ticks;
        uint64_t runs;
        {
            py::gil_scoped_release release;
            std::lock_guard<std::mutex> lock(mutex_);
            ticks = ticks_;
            runs = runs_;
        }
        py::list list;
        for (uint64_t t : ticks)
            list.append(t);
        return py::make_tuple(runs, list);
    }

    void reset_profile() {
        py::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(mutex_);
        std::fill(ticks_.begin(), ticks_.end(), 0);
        runs_ = 0;
    }

    size_t arena_bytes() const {
        return nnz_arena_size(nnz_program_plan(program_.get()));
    }
    uint32_t threads() const {
        return nnz_program_threads(program_.get());
    }
    const char *isa() const {
        return nnz_isa_name(nnz_program_isa(program_.get()));
    }

  private:
    // The arrays of one run, kept alive.
    struct Arguments {
        std::vector<py::array> arrays;
        std::vector<const void *> inputs;
        std::vector<void *> outputs;
        py::dict result;

        Arguments(const Session &session, const py::object &in, const py::object &out) {
            if (!py::isinstance<py::dict>(in))
                raise("DTypeError", "inputs are " + text(py::type::of(in)) +
                                        ": expected a dict of arrays by name: " + names(session.inputs_));
            const auto given = py::reinterpret_borrow<py::dict>(in);
            arrays.reserve(session.inputs_.size());
            inputs.reserve(session.inputs_.size());
            outputs.reserve(session.outputs_.size());
            for (const Port &p : session.inputs_) {
                arrays.push_back(p.input(find(given, p.name, session.inputs_, "input")));
                inputs.push_back(arrays.back().data());
            }
            if (given.size() != session.inputs_.size())
                refuse_others(given, session.inputs_, "input");
            if (!out.is_none() && !py::isinstance<py::dict>(out))
                raise("DTypeError", "out is " + text(py::type::of(out)) + ": expected a dict of arrays");
            size_t used = 0;
            std::vector<py::array> written;
            written.reserve(session.outputs_.size());
            for (const Port &p : session.outputs_) {
                PyObject *value = out.is_none() ? nullptr : PyDict_GetItemWithError(out.ptr(), p.name.ptr());
                used += value != nullptr;
                written.push_back(value ? p.output(value) : py::array(p.dtype, p.shape));
                if (value) {
                    refuse_overlap(p, written.back(), arrays.data(), session.inputs_, arrays.size());
                    refuse_overlap(p, written.back(), written.data(), session.outputs_, written.size() - 1);
                }
                outputs.push_back(written.back().mutable_data());
                result[p.name] = written.back();
            }
            if (!out.is_none() && used != out.cast<py::dict>().size())
                refuse_others(out.cast<py::dict>(), session.outputs_, "output");
        }

        // A run may write an output while it still reads its inputs, and has no order among its outputs.
        static void refuse_overlap(const Port &port, const py::array &out, const py::array *others,
                                   const std::vector<Port> &ports, size_t count) {
            const auto begin = [](const py::array &a) { return static_cast<const char *>(a.data()); };
            for (size_t i = 0; i < count; i++)
                if (begin(out) < begin(others[i]) + others[i].nbytes() && begin(others[i]) < begin(out) + out.nbytes())
                    raise("ArgumentError",
                          "out: " + port.what + " shares memory with " + ports[i].what + ": give another array");
        }

        static py::handle find(const py::dict &given, const py::str &name, const std::vector<Port> &ports,
                               const char *kind) {
            PyObject *value = PyDict_GetItemWithError(given.ptr(), name.ptr());
            if (!value)
                raise("ArgumentError",
                      std::string(kind) + " '" + std::string(name) + "' is missing: the model takes " + names(ports));
            return value;
        }

        static void refuse_others(const py::dict &given, const std::vector<Port> &ports, const char *kind) {
            for (auto item : given) {
                bool known = false;
                for (const Port &p : ports)
                    known |= p.name.equal(item.first);
                if (!known)
                    raise("ArgumentError", std::string("there is no ") + kind + " " + text(py::repr(item.first)) +
                                               ": the model has " + names(ports));
            }
        }
    };

    // Other Python threads go on meanwhile; those that want this session wait.
    void run_once(const Arguments &a) {
        nnz_error error;
        nnz_status status;
        {
            py::gil_scoped_release release;
            std::lock_guard<std::mutex> lock(mutex_);
            status = nnz_run(nnz_program_session(program_.get()), a.inputs.data(), a.outputs.data(), &error);
            runs_++;
        }
        check(status, error);
    }

    static py::list describe(const std::vector<Port> &ports) {
        py::list list;
        for (const Port &p : ports)
            list.append(p.describe());
        return list;
    }

    const nnz_model *model() const {
        return nnz_program_model(program_.get());
    }

    struct Free {
        void operator()(nnz_program *p) const {
            nnz_free(p);
        }
    };
    std::unique_ptr<nnz_program, Free> program_;
    std::vector<Port> inputs_, outputs_;
    std::vector<uint64_t> ticks_;
    uint64_t runs_ = 0;
    std::mutex mutex_;
};

uint32_t crc32c(const py::buffer &data, uint32_t crc) {
    const Bytes bytes(data, "crc32c: the bytes");
    py::gil_scoped_release release;
    return nnz_crc32c(crc, bytes.data(), bytes.size());
}

// (bytes of the plan, bytes of the arena, names of kernels) of a model on a device of a level.
py::tuple footprint(const py::buffer &data, const std::string &level) {
    int isa = NNZ_ISA_SCALAR;
    while (level != nnz_isa_name(static_cast<nnz_isa>(isa)))
        if (isa++ == NNZ_ISA_HELIUM)
            raise("ArgumentError", "there is no level '" + level + "'");
    const Bytes bytes(data, "footprint: the model's bytes");
    nnz_error error;
    nnz_program *program;
    check(nnz_load_memory(&program, bytes.data(), bytes.size(), 1, &error), error);
    nnz_footprint f;
    const nnz_status status = nnz_footprint_of(nnz_program_model(program), static_cast<nnz_isa>(isa), &f, &error);
    nnz_free(program);
    check(status, error);
    py::list kernels;
    for (const char **name = f.kernels; *name; name++)
        kernels.append(*name);
    return py::make_tuple(f.plan_size, f.arena_size, kernels);
}

// The `.nnz` file in a packed one.
py::bytes unpack(const py::buffer &packed) {
    const Bytes bytes(packed, "unpack: the bytes");
    size_t file_size, scratch_size;
    nnz_error error;
    check(nnz_packed_size(bytes.data(), bytes.size(), &file_size, &scratch_size, &error), error);
    py::bytes file(nullptr, file_size);
    char *memory = PyBytes_AS_STRING(file.ptr());
    nnz_status status;
    {
        py::gil_scoped_release release;
        std::vector<uint8_t> scratch(scratch_size + NNZ_ALIGNMENT);
        void *aligned = scratch.data();
        size_t room = scratch.size();
        std::align(NNZ_ALIGNMENT, scratch_size, aligned, room);
        status = nnz_unpack(memory, file_size, bytes.data(), bytes.size(), aligned, scratch_size, &error);
    }
    check(status, error);
    return file;
}

// The levels that this CPU has, lowest first.
py::list levels() {
    py::list names;
    for (int isa = NNZ_ISA_SCALAR; std::string(nnz_isa_name(nnz_isa(isa))) != "unknown"; isa++)
        if (nnz_cpu_has(nnz_isa(isa)))
            names.append(nnz_isa_name(nnz_isa(isa)));
    return names;
}

// The level that sessions run at: the CPU's, or what NNZ_CPU says.
const char *host_isa() {
    nnz_isa isa;
    nnz_error error;
    check(nnz_host_isa(&isa, &error), error);
    return nnz_isa_name(isa);
}

} // namespace

const char run_doc[] = R"(One inference: arrays by output name, from a dict of arrays by input name.

Every input is there, in the shape and dtype of its Port; arrays of another memory layout are copied first. Arrays in
the dict `out` (C-contiguous, sharing no memory with inputs) are written in place and returned; outputs that it lacks are
new arrays. The interpreter lock is released meanwhile.

ArgumentError for a name, shape or memory layout that does not fit, DTypeError for a dtype, or for inputs that are no dict.)";

const char time_doc[] =
    R"(Seconds of each of `runs` runs in the C library, without Python around it; `inputs` as in run().)";

PYBIND11_MODULE(_nnz, m) {
    m.def("version", &nnz_version);
    m.def("cpu_isa", [] { return nnz_isa_name(nnz_cpu_isa()); });
    m.def("host_isa", &host_isa);
    m.def("levels", &levels);
    m.def("unpack", &unpack, py::arg("packed"));
    m.def("crc32c", &crc32c, py::arg("data"), py::arg("crc") = 0);

    m.def("footprint", &footprint, py::arg("model"), py::arg("isa"));

    py::class_<Session>(m, "Session")
        .def(py::init<py::object, uint32_t, bool>(), py::arg("model"), py::arg("threads"), py::arg("profile"))
        .def("run", &Session::run, py::arg("inputs"), py::arg("out") = py::none(), run_doc)
        .def("time", &Session::time, py::arg("inputs"), py::arg("runs"), time_doc)
        .def("_describe_inputs", &Session::describe_inputs)
        .def("_describe_outputs", &Session::describe_outputs)
        .def("_ops", &Session::ops)
        .def("_profile", &Session::profile)
        .def("reset_profile", &Session::reset_profile, "Sets the times and the number of runs to zero.")
        .def_property_readonly("arena_bytes", &Session::arena_bytes, "Bytes of activations and scratch.")
        .def_property_readonly("threads", &Session::threads, "How many threads a run uses.")
        .def_property_readonly("isa", &Session::isa, "The level of instructions: \"scalar\", \"avx2\", ...");
}
