/* An iteration of the embedded simulator, compiled: what engine.py and traffic.py do, step by step.
 *
 * Every figure must equal theirs to the last bit. So each floating point operation stands here as
 * it stands there, in the same order, and the compiler must not fuse or reorder any
 * (-ffp-contract=off, never -ffast-math).
 *
 * Requests are drawn as they arrive and forgotten when they have left, so that memory grows with
 * the requests that are in the network, not with the length of the iteration.
 *
 * fast.py is the only caller. It tells the ways to carry a request when the first one of a node
 * pair and bandwidth class asks for them.
 */

#define Py_LIMITED_API 0x030B0000 /* one binary for Python 3.11 and every later version */
#include <Python.h>

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0
#error "doubles must be rounded after every operation, as Python's are"
#endif
#if !defined(__SIZEOF_INT128__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "exact sums need a 64-bit little-endian processor"
#endif

#include "draws.h"
#include "state.h"
#include "departures.h"
#include "spectrum.h"
#include "demand.h"
#include "iteration.h"
#include "tally.h"

/* A checksum of these files, see kernel_source.py: a binary of other ones is not used. */
#ifndef SOURCE
#error "compile with -DSOURCE=checksum"
#endif

/* ---- The ways to carry a request ---- */

static int add_way(Kernel *k, PyObject *item)
{
    Way way;
    if (!PyArg_ParseTuple(item, "iiii", &way.pieces, &way.width, &way.group, &way.path))
        return -1;
    if (grow(&k->way, &k->way_room, k->ways + 1, sizeof(Way)) < 0 ||
        grow(&k->requests, &k->request_room, k->ways + 1, sizeof(int64_t)) < 0 ||
        grow(&k->allocations, &k->allocation_room, (k->ways + 1) * k->lanes, sizeof(int64_t)) < 0)
        return -1;
    k->way[k->ways++] = way;
    return 0;
}

static int resolve(Kernel *k, PyObject *ways, int pair, int bandwidth_class)
{
    PyObject *answer = PyObject_CallFunction(ways, "ii", pair, bandwidth_class);
    if (answer == NULL)
        return -1;
    Choice choice = {(int)k->ways, 0};
    Py_ssize_t count = PyList_Size(answer);
    while (choice.count < count && add_way(k, PyList_GetItem(answer, choice.count)) == 0)
        choice.count++;
    Py_DECREF(answer);
    if (choice.count != count)
        return -1;
    k->choice[(size_t)pair * k->classes + bandwidth_class] = choice;
    return 0;
}

/* ---- A kernel: one configuration ---- */

#define CAPSULE "fusion_jupyter.sim._kernel"

static void destroy(Kernel *k)
{
    void *arrays[] = {
        k->slots,     k->terminal,   k->quota,      k->gbps,      k->choice,   k->way,
        k->path,      k->link,       k->measures,   k->free,      k->run,      k->piece,
        k->departure, k->departed,   k->left,       k->blocked,   k->requests, k->allocations,
        k->usage,     k->throughput, k->slot_time,  k->tally,     k->sums,     k->by_rank,
        k->rolled_back, k->offered,  k->node_bound, k->class_place, k->class_bound,
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(k);
}

static void destroy_capsule(PyObject *capsule)
{
    destroy(PyCapsule_GetPointer(capsule, CAPSULE));
}

/* Copy a tuple of numbers into a new array; its length in *count. NULL on an error. */
static int *new_ints(PyObject *tuple, int *count)
{
    *count = (int)PyTuple_Size(tuple);
    int *array = calloc(*count + 1, sizeof(int));
    for (int i = 0; array != NULL && i < *count; i++)
        array[i] = (int)PyLong_AsLong(PyTuple_GetItem(tuple, i));
    return array;
}

static double *new_doubles(PyObject *tuple, int *count)
{
    *count = (int)PyTuple_Size(tuple);
    double *array = calloc(*count + 1, sizeof(double));
    for (int i = 0; array != NULL && i < *count; i++)
        array[i] = PyFloat_AsDouble(PyTuple_GetItem(tuple, i));
    return array;
}

/* new(nodes, links, guard, save_slots, groups, ranks, limbs, total, warm_up, own_traffic, slots,
 *     terminals, node_bounds, quotas, class_places, class_bounds, gbps) */
static PyObject *kernel_new(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *slots, *terminals, *node_bounds, *quotas, *places, *class_bounds, *gbps;
    Kernel *k = calloc(1, sizeof(Kernel));
    if (k == NULL)
        return PyErr_NoMemory();
    if (!PyArg_ParseTuple(arguments, "iiipiiiLLpO!O!O!O!O!O!O!", &k->nodes, &k->links, &k->guard,
                          &k->save_slots, &k->groups, &k->ranks, &k->limbs, &k->total, &k->warm_up,
                          &k->own_traffic, &PyTuple_Type, &slots, &PyTuple_Type, &terminals,
                          &PyTuple_Type, &node_bounds, &PyTuple_Type, &quotas, &PyTuple_Type,
                          &places, &PyTuple_Type, &class_bounds, &PyTuple_Type, &gbps)) {
        free(k);
        return NULL;
    }
    k->slots = new_ints(slots, &k->lanes);
    k->terminal = new_ints(terminals, &k->terminals);
    k->node_bound = new_doubles(node_bounds, &k->node_weights);
    k->class_place = new_ints(places, &k->class_weights);
    k->class_bound = new_doubles(class_bounds, &k->class_weights);
    k->gbps = new_doubles(gbps, &k->classes);
    for (int i = 0; k->slots != NULL && i < k->lanes; i++)
        k->words = k->slots[i] > 64 * k->words ? (k->slots[i] + 63) / 64 : k->words;
    size_t choices = (size_t)k->nodes * k->nodes * k->classes;
    size_t tallies = (size_t)k->groups * k->lanes + 1;
    k->choice = calloc(choices, sizeof(Choice));
    k->free = calloc((size_t)k->lanes * k->links * k->words, sizeof(uint64_t));
    k->run = calloc(k->words, sizeof(uint64_t));
    k->quota = calloc(k->classes, sizeof(int64_t));
    k->left = calloc(k->classes, sizeof(int64_t));
    k->offered = calloc(k->classes, sizeof(int64_t));
    k->blocked = calloc(k->classes, sizeof(int64_t));
    k->usage = calloc(k->links, sizeof(int64_t));
    k->rolled_back = calloc(k->links, sizeof(int64_t));
    k->throughput = calloc(k->links, sizeof(double));
    k->slot_time = calloc(k->links, sizeof(double));
    k->tally = calloc(tallies, sizeof(Tally));
    k->sums = calloc(tallies * k->limbs, sizeof(uint64_t));
    k->by_rank = calloc(k->ranks, sizeof(int64_t));
    if (!k->slots || !k->terminal || !k->node_bound || !k->class_place || !k->class_bound ||
        !k->gbps || !k->choice || !k->free || !k->run || !k->quota || !k->left || !k->offered ||
        !k->blocked || !k->usage || !k->rolled_back || !k->throughput || !k->slot_time ||
        !k->tally || !k->sums || !k->by_rank) {
        destroy(k);
        return PyErr_NoMemory();
    }
    for (size_t i = 0; i < choices; i++)
        k->choice[i].count = -1;
    for (int i = 0; i < k->classes; i++)
        k->quota[i] = PyLong_AsLongLong(PyTuple_GetItem(quotas, i));
    PyObject *capsule = PyErr_Occurred() ? NULL : PyCapsule_New(k, CAPSULE, destroy_capsule);
    if (capsule == NULL)
        destroy(k);
    return capsule;
}

/* add_path(kernel, links, rank, length, measures): its number */
static PyObject *kernel_add_path(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *links, *bytes;
    char *measures;
    Py_ssize_t size;
    Path path;
    /* No format with '#': built with the headers of Python 3.13 it would not run in 3.11. */
    if (!PyArg_ParseTuple(arguments, "OO!idS", &capsule, &PyTuple_Type, &links, &path.rank,
                          &path.length, &bytes) ||
        PyBytes_AsStringAndSize(bytes, &measures, &size) < 0)
        return NULL;
    Kernel *k = PyCapsule_GetPointer(capsule, CAPSULE);
    if (k == NULL)
        return NULL;
    if (size != (Py_ssize_t)(k->limbs * sizeof(uint64_t)) || path.rank < 0 || path.rank >= k->ranks)
        return PyErr_Format(PyExc_ValueError, "not a path of this kernel");
    path.hops = (int)PyTuple_Size(links);
    path.links = (int)k->link_count;
    path.measures = (int)k->measure_count;
    if (grow(&k->path, &k->path_room, k->paths + 1, sizeof(Path)) < 0 ||
        grow(&k->link, &k->link_room, k->link_count + path.hops, sizeof(int)) < 0 ||
        grow(&k->measures, &k->measure_room, k->measure_count + k->limbs, sizeof(uint64_t)) < 0)
        return NULL;
    for (int hop = 0; hop < path.hops; hop++)
        k->link[path.links + hop] = (int)PyLong_AsLong(PyTuple_GetItem(links, hop));
    if (PyErr_Occurred())
        return NULL;
    memcpy(k->measures + k->measure_count, measures, size);
    k->link_count += path.hops;
    k->measure_count += k->limbs;
    k->path[k->paths] = path;
    return PyLong_FromSize_t(k->paths++);
}

/* ---- Results ---- */

static PyObject *integers(const int64_t *values, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; list != NULL && i < count; i++)
        if (PyList_SetItem(list, i, PyLong_FromLongLong(values[i])) < 0)
            Py_CLEAR(list);
    return list;
}

static PyObject *doubles(const double *values, int count)
{
    PyObject *list = PyList_New(count);
    for (int i = 0; list != NULL && i < count; i++)
        if (PyList_SetItem(list, i, PyFloat_FromDouble(values[i])) < 0)
            Py_CLEAR(list);
    return list;
}

/* Add a tally to a list, if it has counted anything: its number, sum, and extremes. */
static int append_tally(Kernel *k, PyObject *list, int number)
{
    const Tally *tally = &k->tally[number];
    if (!tally->count)
        return 0;
    PyObject *sum = PyBytes_FromStringAndSize((const char *)tally->sum,
                                              (Py_ssize_t)(k->limbs * sizeof(uint64_t)));
    if (!sum)
        return -1;
    PyObject *item = Py_BuildValue("(iN(dd)(ii))", number, sum, tally->shortest, tally->longest,
                                   tally->fewest_hops, tally->most_hops);
    int failed = item == NULL || PyList_Append(list, item) < 0;
    Py_XDECREF(item);
    return failed ? -1 : 0;
}

/* The tallies that have counted anything: by group and lane, then of carried requests. */
static PyObject *tallies(Kernel *k)
{
    PyObject *list = PyList_New(0);
    for (int number = 0; list != NULL && number <= k->groups * k->lanes; number++)
        if (append_tally(k, list, number) < 0)
            Py_CLEAR(list);
    return list;
}

/* iterate(kernel, ways, seed, gap, holding, longest): carried requests, offered and blocked by
 * class, unreachable, tallies, carried requests by rank, transponders, usage and throughput by
 * link, slots, slots x time by link, time from the end of the warm-up to the last arrival */
static PyObject *kernel_iterate(PyObject *module, PyObject *arguments)
{
    (void)module;
    PyObject *capsule, *ways;
    unsigned int seed;
    Times times;
    double span = 0.0;
    if (!PyArg_ParseTuple(arguments, "OOIddd", &capsule, &ways, &seed, &times.gap, &times.holding,
                          &times.longest))
        return NULL;
    Kernel *k = PyCapsule_GetPointer(capsule, CAPSULE);
    PyObject *slots = k == NULL ? NULL : PyList_New(0);
    if (slots == NULL)
        return NULL;
    int64_t carried = simulate(k, ways, seed, &times, k->save_slots ? slots : NULL, &span);
    if (carried < 0) {
        Py_DECREF(slots);
        return NULL;
    }
    sum_up(k);
    return Py_BuildValue("(LNNLNNLNNNNd)", (long long)carried, integers(k->offered, k->classes),
                         integers(k->blocked, k->classes), (long long)k->unreachable, tallies(k),
                         integers(k->by_rank, k->ranks), (long long)k->transponders,
                         integers(k->usage, k->links), doubles(k->throughput, k->links), slots,
                         doubles(k->slot_time, k->links), span);
}

/* logarithm(x): whether it is math.log's can only be told by asking both. */
static PyObject *kernel_logarithm(PyObject *module, PyObject *value)
{
    (void)module;
    double x = PyFloat_AsDouble(value);
    return PyErr_Occurred() ? NULL : PyFloat_FromDouble(log(x));
}

static PyMethodDef methods[] = {
    {"new", kernel_new, METH_VARARGS, NULL},
    {"add_path", kernel_add_path, METH_VARARGS, NULL},
    {"iterate", kernel_iterate, METH_VARARGS, NULL},
    {"logarithm", kernel_logarithm, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_kernel",
    .m_doc = "Iterations of the embedded simulator, compiled; see fast.py.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__kernel(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && PyModule_AddIntConstant(module, "SOURCE", SOURCE) < 0)
        Py_CLEAR(module);
    return module;
}
