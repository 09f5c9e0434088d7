/* One iteration: requests come and go, each is carried or blocked. */

/* Requests between two looks for signals: well below a millisecond. */
#define SIGNAL_INTERVAL 256

/* Ask ways(pair, class) for a list of (pieces, width, group, path); see module.c. */
static int resolve(Kernel *k, PyObject *ways, int pair, int bandwidth_class);

/* What carry() returns where there is no first piece. */
#define BLOCKED -1
#define FAILED -2

/* Carry a request in the first way in which all its pieces fit; return the first piece. */
static int carry(Kernel *k, Choice choice, int counted)
{
    for (int number = choice.first; number < choice.first + choice.count; number++) {
        const Way *way = &k->way[number];
        int head = -1, last = -1, placed = 0, fits = 1;
        for (; placed < way->pieces && (fits = place(k, number, last, &last)) > 0; placed++)
            head = placed == 0 ? last : head;
        if (fits)
            return fits > 0 ? head : FAILED;
        if (placed)
            release(k, head);
        if (placed && counted) {
            const Path *path = &k->path[way->path];
            for (int hop = 0; hop < path->hops; hop++)
                k->rolled_back[k->link[path->links + hop]] += placed;
            k->any_rolled_back = 1;
        }
    }
    return BLOCKED;
}

/* Add the first and last slot of each piece of a request to a list; the last one is counted as
 * FUSION does. */
static int list_slots(Kernel *k, int head, PyObject *slots)
{
    for (int at = head; at >= 0; at = k->piece[at].next) {
        int slot = k->piece[at].slot, width = k->way[k->piece[at].way].width;
        PyObject *ends = Py_BuildValue("(ii)", slot, slot + width - 1 + k->guard);
        int failed = ends == NULL || PyList_Append(slots, ends) < 0;
        Py_XDECREF(ends);
        if (failed)
            return -1;
    }
    return 0;
}

/* Count a carried request, and what does not count until a request is carried: link usage and
 * throughput are reported as they are at the last carried arrival. */
static void count(Kernel *k, int head)
{
    int number = k->piece[head].way;
    const Way *way = &k->way[number];
    const Path *path = &k->path[way->path];
    k->requests[number]++;
    for (int at = head; at >= 0; at = k->piece[at].next)
        k->allocations[(size_t)number * k->lanes + k->piece[at].lane]++;
    for (int hop = 0; hop < path->hops; hop++)
        k->usage[k->link[path->links + hop]] += way->pieces;
    for (int link = 0; k->any_rolled_back && link < k->links; link++) {
        k->usage[link] += k->rolled_back[link];
        k->rolled_back[link] = 0;
    }
    k->any_rolled_back = 0;
    for (size_t i = 0; i < k->departed_count; i++) {
        const Path *left = &k->path[k->way[k->departed[i].way].path];
        for (int hop = 0; hop < left->hops; hop++)
            k->throughput[k->link[left->links + hop]] += k->departed[i].carried;
    }
    k->departed_count = 0;
}

/* Add slots x time that a request holds on each link of its path. */
static void hold(Kernel *k, int head, double time)
{
    const Way *way = &k->way[k->piece[head].way];
    const Path *path = &k->path[way->path];
    double held = (double)(way->pieces * way->width) * time;
    for (int hop = 0; hop < path->hops; hop++)
        k->slot_time[k->link[path->links + hop]] += held;
}

/* Let everything depart that does so until an arrival. */
static int depart(Kernel *k, double arrival)
{
    while (k->departures && k->departure[0].time <= arrival) {
        Departure gone = pop_departure(k);
        if (gone.request >= k->warm_up) {
            if (grow(&k->departed, &k->departed_room, k->departed_count + 1, sizeof(Piece)) < 0)
                return -1;
            k->departed[k->departed_count++] = k->piece[gone.piece];
        }
        release(k, gone.piece);
    }
    return 0;
}

static int earlier(const void *one, const void *other)
{
    int64_t a = ((const Departure *)one)->request, b = ((const Departure *)other)->request;
    return a < b ? -1 : a > b;
}

/* At the end of the warm-up: what is still in the network holds slots from now on. */
static int end_warm_up(Kernel *k, double now)
{
    Departure *held = malloc((k->departures + 1) * sizeof(Departure));
    if (held == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < k->departures; i++)
        held[i] = k->departure[i];
    qsort(held, k->departures, sizeof(Departure), earlier);
    for (size_t i = 0; i < k->departures; i++)
        hold(k, held[i].piece, held[i].time - now);
    free(held);
    return 0;
}

/* Simulate an iteration. Returns the number of carried requests that are counted, or -1 on an error
 * or a signal; `span` becomes the time from the end of the warm-up to the last arrival. */
static int64_t simulate(Kernel *k, PyObject *ways, uint32_t seed, const Times *times,
                        PyObject *slots, double *span)
{
    Stream stream;
    Request next = {.arrival = 0.0};
    int64_t carried = 0;
    double start = 0.0;
    stream_seed(&stream, seed);
    clear(k);
    for (int64_t request = 0; request < k->total; request++) {
        int counted = request >= k->warm_up;
        if (request % SIGNAL_INTERVAL == 0 && PyErr_CheckSignals() < 0)
            return -1;
        if (draw_request(k, &stream, times, &next) < 0 || depart(k, next.arrival) < 0)
            return -1;
        if (request == k->warm_up && request > 0) {
            start = next.arrival;
            if (end_warm_up(k, start) < 0)
                return -1;
        }
        Choice *choice = &k->choice[(size_t)next.pair * k->classes + next.class];
        if (choice->count < 0 && resolve(k, ways, next.pair, next.class) < 0)
            return -1;
        int head = carry(k, *choice, counted);
        if (head == FAILED)
            return -1;
        k->offered[next.class] += counted;
        if (head == BLOCKED) {
            k->blocked[next.class] += counted;
            k->unreachable += counted && choice->count == 0;
            continue;
        }
        if (push_departure(k, (Departure){next.departure, request, head}) < 0)
            return -1;
        if (!counted)
            continue;
        carried++;
        k->piece[head].carried = k->gbps[next.class] * next.duration;
        count(k, head);
        hold(k, head, next.departure - next.arrival);
        if (slots != NULL && list_slots(k, head, slots) < 0)
            return -1;
    }
    while (k->departures) { /* what is held after the last arrival does not count */
        Departure later = pop_departure(k);
        hold(k, later.piece, -(later.time - next.arrival));
    }
    *span = next.arrival - start;
    return carried;
}
