/* One iteration: requests come and go, each is carried or blocked. */

/* Requests between two looks for signals: well below a millisecond. */
#define SIGNAL_INTERVAL 256

/* Ask ways(pair, class) for a list of (pieces, width, group, path); see module.c. */
static int resolve(Kernel *k, PyObject *ways, int pair, int bandwidth_class);

/* What carry() returns where there is no first piece. */
#define BLOCKED -1
#define FAILED -2

/* Carry a request in the first way in which all its pieces fit; return the first piece. */
static int carry(Kernel *k, Choice choice)
{
    for (int number = choice.first; number < choice.first + choice.count; number++) {
        const Way *way = &k->way[number];
        int head = -1, last = -1, placed = 0, fits = 1;
        for (; placed < way->pieces && (fits = place(k, number, last, &last)) > 0; placed++)
            head = placed == 0 ? last : head;
        if (fits)
            return fits > 0 ? head : FAILED;
        if (placed) {
            const Path *path = &k->path[way->path];
            release(k, head);
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
        int head = pop_departure(k).piece;
        if (grow(&k->departed, &k->departed_room, k->departed_count + 1, sizeof(Piece)) < 0)
            return -1;
        k->departed[k->departed_count++] = k->piece[head];
        release(k, head);
    }
    return 0;
}

/* Simulate an iteration; gaps and holding times are the logarithm of a draw times a factor.
 * Returns the number of carried requests, or -1 on an error or a signal; `end` becomes the time of
 * the last arrival. */
static int64_t simulate(Kernel *k, PyObject *ways, uint32_t seed, double gap_factor,
                        double holding_factor, PyObject *slots, double *end)
{
    Stream stream;
    int64_t total = 0, carried = 0;
    double arrival = 0.0;
    stream_seed(&stream, seed);
    clear(k);
    for (int i = 0; i < k->classes; i++)
        total += k->quota[i];
    for (int64_t request = 0; request < total; request++) {
        if (request % SIGNAL_INTERVAL == 0 && PyErr_CheckSignals() < 0)
            return -1;
        double gap = draw(&stream), holding = draw(&stream);
        if (gap == 0.0 || holding == 0.0) { /* once in 10 ** 15 requests, as math.log says it */
            PyErr_SetString(PyExc_ValueError, "math domain error");
            return -1;
        }
        arrival += log(gap) * gap_factor;
        double departure = arrival + log(holding) * holding_factor;
        int source = (int)(draw(&stream) * k->terminals), target, class;
        do
            target = (int)(draw(&stream) * k->terminals);
        while (target == source);
        do
            class = (int)(draw(&stream) * k->classes);
        while (!k->left[class]);
        k->left[class]--;

        if (depart(k, arrival) < 0)
            return -1;
        int pair = k->terminal[source] * k->nodes + k->terminal[target];
        Choice *choice = &k->choice[(size_t)pair * k->classes + class];
        if (choice->count < 0 && resolve(k, ways, pair, class) < 0)
            return -1;
        int head = carry(k, *choice);
        if (head == FAILED)
            return -1;
        if (head == BLOCKED) {
            k->blocked[class]++;
            k->unreachable += choice->count == 0;
            continue;
        }
        k->piece[head].carried = k->gbps[class] * (departure - arrival);
        count(k, head);
        hold(k, head, departure - arrival);
        if ((slots != NULL && list_slots(k, head, slots) < 0) ||
            push_departure(k, (Departure){departure, request, head}) < 0)
            return -1;
        carried++;
    }
    while (k->departures) { /* what is held after the last arrival does not count */
        Departure later = pop_departure(k);
        hold(k, later.piece, -(later.time - arrival));
    }
    *end = arrival;
    return carried;
}
