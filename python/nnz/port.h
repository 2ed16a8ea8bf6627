// What the extension module is made of: statuses as exceptions, and inputs and outputs as numpy arrays.
#ifndef NNZ_PYTHON_PORT_H
#define NNZ_PYTHON_PORT_H

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "nnz.h"

namespace py = pybind11;

namespace {

// Raises nnz.errors.NAME(message).
[[noreturn]] void raise(const char *name, const std::string &message) {
    py::object type = py::module_::import("nnz.errors").attr(name);
    // What is quoted, a path, may be no UTF-8.
    PyObject *text = PyUnicode_DecodeUTF8(message.data(), static_cast<Py_ssize_t>(message.size()), "backslashreplace");
    PyErr_SetObject(type.ptr(), py::reinterpret_steal<py::object>(text).ptr());
    throw py::error_already_set();
}

void check(nnz_status status, const nnz_error &error) {
    switch (status) {
    case NNZ_OK:
        return;
    case NNZ_ERROR_ARGUMENT:
        raise("ArgumentError", error.message);
    case NNZ_ERROR_FORMAT:
    case NNZ_ERROR_VERSION:
    case NNZ_ERROR_CHECKSUM:
        raise("FormatError", error.message);
    case NNZ_ERROR_UNSUPPORTED:
    case NNZ_ERROR_CPU:
        raise("UnsupportedError", error.message);
    case NNZ_ERROR_IO:
        raise("FileError", error.message);
    case NNZ_ERROR_MEMORY:
        raise("OutOfMemoryError", error.message);
    default:
        raise("Error", error.message);
    }
}

py::dtype numpy_dtype(nnz_dtype dtype) {
    switch (dtype) {
    case NNZ_FLOAT32:
        return py::dtype("float32");
    case NNZ_INT8:
        return py::dtype("int8");
    case NNZ_UINT8:
        return py::dtype("uint8");
    case NNZ_INT32:
        return py::dtype("int32");
    case NNZ_INT64:
        return py::dtype("int64");
    case NNZ_BOOL:
        return py::dtype("bool");
    case NNZ_FLOAT16:
        return py::dtype("float16");
    }
    raise("FormatError", "a tensor has a dtype that numpy does not know");
}

std::string text(py::handle object) {
    return py::str(object);
}

// An input or output, with the Python objects that each run needs.
struct Port {
    py::str name;
    py::dtype dtype;
    std::vector<py::ssize_t> shape;
    float scale;
    int32_t zero_point;
    std::string what; // "input 'x'"

    Port(const char *kind, size_t position, const nnz_info &info)
        : name(*info.name ? std::string(info.name) : kind + std::to_string(position)), dtype(numpy_dtype(info.dtype)),
          shape(info.dims, info.dims + info.rank), scale(info.scale), zero_point(info.zero_point),
          what(std::string(kind) + " '" + std::string(name) + "'") {}

    py::tuple describe() const {
        return py::make_tuple(name, py::tuple(shape_list()), dtype, scale, zero_point);
    }

    py::list shape_list() const {
        py::list list;
        for (py::ssize_t d : shape)
            list.append(d);
        return list;
    }

    // What nnz_run() can use as it is: row-major, in this machine's byte order.
    bool is_plain(const py::array &a) const {
        const char order = a.dtype().byteorder();
        return (a.flags() & py::array::c_style) && (order == '=' || order == '|');
    }

    void check_array(const py::array &a) const {
        if (!a.dtype().is(dtype) && a.dtype().normalized_num() != dtype.normalized_num())
            raise("DTypeError", what + " is " + text(a.dtype()) + ": expected " + text(dtype));
        bool same = a.ndim() == static_cast<py::ssize_t>(shape.size());
        for (size_t i = 0; same && i < shape.size(); i++)
            same = a.shape(static_cast<py::ssize_t>(i)) == shape[i];
        if (!same)
            raise("ArgumentError",
                  what + " has shape " + text(py::list(a.attr("shape"))) + ": expected " + text(shape_list()));
    }

    // The user's array, or a plain copy of it.
    py::array input(py::handle value) const {
        static py::handle asarray = py::object(py::module_::import("numpy").attr("asarray")).release();
        py::array a = py::isinstance<py::array>(value) ? py::reinterpret_borrow<py::array>(value)
                                                       : py::reinterpret_steal<py::array>(asarray(value).release());
        check_array(a);
        return is_plain(a) ? a : py::array(asarray(a, dtype, "C"));
    }

    py::array output(py::handle value) const {
        if (!py::isinstance<py::array>(value))
            raise("DTypeError", "out: " + what + " is " + text(py::type::of(value)) + ": expected a numpy array");
        auto a = py::reinterpret_borrow<py::array>(value);
        check_array(a);
        if (!is_plain(a) || !a.writeable())
            raise("ArgumentError", "out: " + what + " must be a writeable, C-contiguous array");
        return a;
    }
};

std::string names(const std::vector<Port> &ports) {
    std::string list;
    for (const Port &p : ports)
        list += (list.empty() ? "'" : ", '") + std::string(p.name) + "'";
    return list;
}

} // namespace

#endif
