/* nnz_open(): the header, the sections, and then every record in them (records.c). */
#include "model.h"

#include <string.h>

typedef struct section {
    uint32_t id;
    uint32_t record; /* bytes of one record */
    const void *data;
    uint32_t size;
    bool found;
} section;

enum { TENS, OPER, ARGS, PARM, MATX, INPT, OUTP, DATA, NAME, REPT, SECTIONS, REQUIRED = NAME };

static nnz_status fail_section(nnz_error *error, nnz_status status, uint32_t id, const char *what) {
    char name[5] = {(char)id, (char)(id >> 8), (char)(id >> 16), (char)(id >> 24), 0};
    for (int i = 0; i < 4; i++)
        if (name[i] < ' ' || name[i] > '~')
            name[i] = '?';
    nnz_fail(error, status, "section '");
    nnz_error_text(error, name);
    nnz_error_text(error, "' ");
    nnz_error_text(error, what);
    return status;
}

static bool all_zero(const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

static nnz_status check_header(const uint8_t *data, size_t size, nnz_error *error) {
    if ((uintptr_t)data % NNZ_ALIGNMENT)
        return nnz_fail(error, NNZ_ERROR_ALIGNMENT, "the model must be loaded at an address that is a multiple of 64");
    nnz_header_record header;
    if (size < sizeof header)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the file ends inside its header");
    memcpy(&header, data, sizeof header);
    if (header.magic != NNZ_MAGIC)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "not a .nnz file: the magic number is missing");
    if (header.major != NNZ_FORMAT_MAJOR || header.minor > NNZ_FORMAT_MINOR) {
        nnz_fail(error, NNZ_ERROR_VERSION, "the file has format version ");
        nnz_error_number(error, header.major);
        nnz_error_text(error, ".");
        nnz_error_number(error, header.minor);
        nnz_error_text(error, ", this library reads up to 0.1");
        return NNZ_ERROR_VERSION;
    }
    if (header.file_size != size || size > INT32_MAX) {
        nnz_fail(error, NNZ_ERROR_FORMAT, "the header says ");
        nnz_error_number(error, header.file_size);
        nnz_error_text(error, " bytes, but the file has ");
        nnz_error_number(error, size);
        return NNZ_ERROR_FORMAT;
    }
    if (header.section_count < 1 || header.section_count > NNZ_MAX_SECTIONS)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the header's section count is not in 1 to 32");
    if (!all_zero((const uint8_t *)header.reserved, sizeof header.reserved))
        return nnz_fail(error, NNZ_ERROR_FORMAT, "a reserved field of the header is not zero");
    return NNZ_OK;
}

/* Files a section under its id. */
static nnz_status place_section(section *sections, const uint8_t *data, const nnz_section_record *record,
                                nnz_error *error) {
    if (record->flags & ~(uint32_t)NNZ_SECTION_REQUIRED)
        return fail_section(error, NNZ_ERROR_FORMAT, record->id, "has unknown flags");
    for (int i = 0; i < SECTIONS; i++) {
        if (sections[i].id != record->id)
            continue;
        if (sections[i].found)
            return fail_section(error, NNZ_ERROR_FORMAT, record->id, "stands twice");
        if (record->size % sections[i].record)
            return fail_section(error, NNZ_ERROR_FORMAT, record->id, "is not a whole number of records");
        sections[i].data = data + record->offset;
        sections[i].size = record->size;
        sections[i].found = true;
        return NNZ_OK;
    }
    if (record->flags & NNZ_SECTION_REQUIRED)
        return fail_section(error, NNZ_ERROR_UNSUPPORTED, record->id, "is required, but unknown to this library");
    return NNZ_OK;
}

static nnz_status read_sections(section *sections, const uint8_t *data, uint32_t size, nnz_error *error) {
    const nnz_header_record *header = (const void *)data;
    const nnz_section_record *table = (const void *)(data + sizeof *header);
    uint64_t end = sizeof *header + (uint64_t)header->section_count * sizeof *table;
    if (end > size)
        return nnz_fail(error, NNZ_ERROR_FORMAT, "the file ends inside its section table");
    for (uint32_t i = 0; i <= header->section_count; i++) {
        uint64_t next = (end + 63) & ~(uint64_t)63;
        if (next > size)
            return nnz_fail(error, NNZ_ERROR_FORMAT, "a section goes beyond the end of the file");
        if (!all_zero(data + end, (size_t)(next - end)))
            return nnz_fail(error, NNZ_ERROR_FORMAT, "the padding between sections is not zero");
        if (i == header->section_count) {
            if (next != size)
                return nnz_fail(error, NNZ_ERROR_FORMAT, "the file goes on after its last section");
            break;
        }
        if (table[i].offset != next)
            return fail_section(error, NNZ_ERROR_FORMAT, table[i].id, "does not follow the one before it");
        end = next + table[i].size;
        if (end > size)
            return fail_section(error, NNZ_ERROR_FORMAT, table[i].id, "goes beyond the end of the file");
        nnz_status status = place_section(sections, data, &table[i], error);
        if (status)
            return status;
    }
    for (int i = 0; i < REQUIRED; i++)
        if (!sections[i].found)
            return fail_section(error, NNZ_ERROR_FORMAT, sections[i].id, "is missing");
    return NNZ_OK;
}

nnz_status nnz_open(nnz_model *model, const void *data, size_t size, const nnz_registry *registry, nnz_error *error) {
    memset(model, 0, sizeof *model);
    nnz_error_begin(error, NNZ_OK);
    nnz_status status = check_header(data, size, error);
    if (status)
        return status;

    section s[SECTIONS] = {
        [TENS] = {.id = NNZ_SECTION_ID('T', 'E', 'N', 'S'), .record = sizeof(nnz_tensor_record)},
        [OPER] = {.id = NNZ_SECTION_ID('O', 'P', 'E', 'R'), .record = sizeof(nnz_op_record)},
        [ARGS] = {.id = NNZ_SECTION_ID('A', 'R', 'G', 'S'), .record = sizeof(uint32_t)},
        [PARM] = {.id = NNZ_SECTION_ID('P', 'A', 'R', 'M'), .record = sizeof(uint32_t)},
        [MATX] = {.id = NNZ_SECTION_ID('M', 'A', 'T', 'X'), .record = sizeof(nnz_matrix_record)},
        [INPT] = {.id = NNZ_SECTION_ID('I', 'N', 'P', 'T'), .record = sizeof(nnz_io_record)},
        [OUTP] = {.id = NNZ_SECTION_ID('O', 'U', 'T', 'P'), .record = sizeof(nnz_io_record)},
        [DATA] = {.id = NNZ_SECTION_ID('D', 'A', 'T', 'A'), .record = 64},
        [NAME] = {.id = NNZ_SECTION_ID('N', 'A', 'M', 'E'), .record = 1},
        [REPT] = {.id = NNZ_SECTION_ID('R', 'E', 'P', 'T'), .record = 1},
    };
    status = read_sections(s, data, (uint32_t)size, error);
    if (status)
        return status;

    nnz_model m = {
        .data = data,
        .size = (uint32_t)size,
        .tensor_count = s[TENS].size / s[TENS].record,
        .op_count = s[OPER].size / s[OPER].record,
        .arg_count = s[ARGS].size / s[ARGS].record,
        .param_count = s[PARM].size / s[PARM].record,
        .matrix_count = s[MATX].size / s[MATX].record,
        .input_count = s[INPT].size / s[INPT].record,
        .output_count = s[OUTP].size / s[OUTP].record,
        .data_size = s[DATA].size,
        .name_size = s[NAME].size,
        .report_size = s[REPT].size,
        .tensors = s[TENS].data,
        .ops = s[OPER].data,
        .args = s[ARGS].data,
        .params = s[PARM].data,
        .matrices = s[MATX].data,
        .inputs = s[INPT].data,
        .outputs = s[OUTP].data,
        .constants = s[DATA].data,
        .names = s[NAME].found && NNZ_HAS_TEXT ? s[NAME].data : NULL,
        .report = s[REPT].found ? s[REPT].data : NULL,
        .registry = registry,
    };
    if (m.data_size < 64 || !all_zero((const uint8_t *)m.constants + m.data_size - 64, 64))
        return fail_section(error, NNZ_ERROR_FORMAT, s[DATA].id, "does not end with 64 zero bytes");
    status = nnz_check_records(&m, error);
    if (status)
        return status;
    *model = m;
    return NNZ_OK;
}

nnz_status nnz_verify(const nnz_model *model, nnz_error *error) {
    const nnz_header_record *header = (const void *)model->data;
    static const uint8_t zero[4] = {0};
    size_t at = offsetof(nnz_header_record, crc32c);
    uint32_t crc = nnz_crc32c(0, model->data, at);
    crc = nnz_crc32c(crc, zero, sizeof zero);
    crc = nnz_crc32c(crc, model->data + at + sizeof zero, model->size - at - sizeof zero);
    if (crc != header->crc32c)
        return nnz_fail(error, NNZ_ERROR_CHECKSUM,
                        "the file's checksum does not match its contents: it was damaged or changed");
    return nnz_error_begin(error, NNZ_OK);
}
