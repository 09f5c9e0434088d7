/* The next request: FUSION's traffic, as in traffic.py, or another study's, as in demand.py. */

typedef struct {
    double arrival, departure;
    double duration; /* departure - arrival, but for rounding */
    int pair;        /* source * nodes + destination */
    int class;
} Request;

/* How an iteration's times are drawn. */
typedef struct {
    double gap, holding; /* what logarithms are multiplied with */
    double longest;      /* holding times from here on are drawn again */
} Times;

/* Draw an index with probability proportional to its weight, given the weights summed up. */
static int draw_weighted(Stream *stream, const double *bound, int count)
{
    double x = draw(stream) * bound[count - 1];
    int low = 0, high = count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (x < bound[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low < count ? low : count - 1;
}

static int draw_terminal(Kernel *k, Stream *stream)
{
    return k->node_weights ? draw_weighted(stream, k->node_bound, k->terminals)
                           : (int)(draw(stream) * k->terminals);
}

static int draw_class(Kernel *k, Stream *stream)
{
    int class;
    if (k->class_weights)
        return k->class_place[draw_weighted(stream, k->class_bound, k->class_weights)];
    do
        class = (int)(draw(stream) * k->classes);
    while (!k->left[class]);
    k->left[class]--;
    return class;
}

/* Returns -1 where Python's logarithm raises an error: once in 10 ** 15 requests. */
static int draw_times(Kernel *k, Stream *stream, const Times *times, Request *request)
{
    if (k->own_traffic) {
        request->arrival += -log(1.0 - draw(stream)) * times->gap;
        do
            request->duration = -log(1.0 - draw(stream)) * times->holding;
        while (request->duration >= times->longest);
        request->departure = request->arrival + request->duration;
        return 0;
    }
    double gap = draw(stream), holding = draw(stream);
    if (gap == 0.0 || holding == 0.0) {
        PyErr_SetString(PyExc_ValueError, "math domain error");
        return -1;
    }
    request->arrival += log(gap) * times->gap;
    request->departure = request->arrival + log(holding) * times->holding;
    request->duration = request->departure - request->arrival;
    return 0;
}

/* Draw the request after the given one. */
static int draw_request(Kernel *k, Stream *stream, const Times *times, Request *request)
{
    if (draw_times(k, stream, times, request) < 0)
        return -1;
    int source = draw_terminal(k, stream), target;
    do
        target = draw_terminal(k, stream);
    while (target == source);
    request->pair = k->terminal[source] * k->nodes + k->terminal[target];
    request->class = draw_class(k, stream);
    return 0;
}
