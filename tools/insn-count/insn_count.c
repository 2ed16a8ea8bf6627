/*
 * A QEMU plugin that counts executed guest instructions exactly: in total, in each guest function, and between marks
 * that the guest passes. See README.md for how to build and use it.
 *
 * The few entry points needed are declared here, so that no header of QEMU is required.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t plugin_id;
typedef struct block block;
typedef struct insn insn;
typedef void (*exec_callback)(unsigned cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id id, block *b));
void qemu_plugin_register_vcpu_tb_exec_cb(block *b, exec_callback callback, int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(insn *i, exec_callback callback, int flags, void *data);
void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const block *b);
insn *qemu_plugin_tb_get_insn(const block *b, size_t i);
const char *qemu_plugin_insn_symbol(const insn *i);

/* The interface's version, from QEMU 4.2 to 8.2. */
EXPORT int qemu_plugin_version = 1;

typedef struct counter {
    char *name;
    uint64_t count;
    struct counter *next;
} counter;

/* What a translated piece of code adds when it runs. */
typedef struct piece {
    counter *function;
    uint64_t insns;
    counter *mark; /* begins here, or NULL */
} piece;

static counter *functions, *marks, *current_mark;
static uint64_t total;
static const char *function_part, *mark_prefix, *out_path;
static int each_insn;

static counter *find_counter(counter **list, const char *name) {
    for (counter *c = *list; c; c = c->next)
        if (!strcmp(c->name, name))
            return c;
    counter *c = calloc(1, sizeof *c);
    c->name = strdup(name);
    c->next = *list;
    return *list = c;
}

static void execute(unsigned cpu, void *data) {
    (void)cpu;
    const piece *p = data;
    if (p->mark)
        current_mark = p->mark;
    total += p->insns;
    p->function->count += p->insns;
    if (current_mark)
        current_mark->count += p->insns;
}

static piece *new_piece(const insn *first, uint64_t insns) {
    const char *symbol = qemu_plugin_insn_symbol(first);
    if (!symbol)
        symbol = "?";
    piece *p = calloc(1, sizeof *p);
    p->function = find_counter(&functions, symbol);
    p->insns = insns;
    if (mark_prefix && !strncmp(symbol, mark_prefix, strlen(mark_prefix)))
        p->mark = find_counter(&marks, symbol + strlen(mark_prefix));
    return p;
}

static void translate(plugin_id id, block *b) {
    (void)id;
    size_t n = qemu_plugin_tb_n_insns(b);
    if (!each_insn) {
        qemu_plugin_register_vcpu_tb_exec_cb(b, execute, 0, new_piece(qemu_plugin_tb_get_insn(b, 0), n));
        return;
    }
    for (size_t i = 0; i < n; i++) {
        insn *in = qemu_plugin_tb_get_insn(b, i);
        qemu_plugin_register_vcpu_insn_exec_cb(in, execute, 0, new_piece(in, 1));
    }
}

static int by_count(const void *a, const void *b) {
    uint64_t x = (*(counter *const *)a)->count, y = (*(counter *const *)b)->count;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void report(plugin_id id, void *data) {
    (void)id;
    (void)data;
    FILE *out = out_path ? fopen(out_path, "w") : stderr;
    if (!out) {
        perror(out_path);
        return;
    }
    size_t n = 0;
    for (counter *c = functions; c; c = c->next)
        n++;
    counter **sorted = malloc((n + 1) * sizeof(counter *));
    n = 0;
    for (counter *c = functions; c; c = c->next)
        sorted[n++] = c;
    qsort(sorted, n, sizeof *sorted, by_count);

    fprintf(out, "insns total %llu\n", (unsigned long long)total);
    for (counter *c = marks; c; c = c->next)
        fprintf(out, "insns mark %s %llu\n", c->name, (unsigned long long)c->count);
    for (size_t i = 0; i < n && (function_part || i < 10); i++)
        if (!function_part || strstr(sorted[i]->name, function_part))
            fprintf(out, "insns %s %llu\n", sorted[i]->name, (unsigned long long)sorted[i]->count);
    if (out != stderr)
        fclose(out);
    free(sorted);
}

/* The value of an argument NAME=VALUE, or NULL. */
static const char *value_of(const char *argument, const char *name) {
    size_t n = strlen(name);
    return strncmp(argument, name, n) || argument[n] != '=' ? NULL : strdup(argument + n + 1);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value;
        if ((value = value_of(argv[i], "fn")))
            function_part = value;
        else if ((value = value_of(argv[i], "mark")))
            mark_prefix = value;
        else if ((value = value_of(argv[i], "out")))
            out_path = value;
        else if ((value = value_of(argv[i], "exact")))
            each_insn = strcmp(value, "off") != 0;
        else {
            fprintf(stderr, "insn_count: unknown argument %s: expected fn=, mark=, out=, exact=\n", argv[i]);
            return -1;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, report, NULL);
    return 0;
}
