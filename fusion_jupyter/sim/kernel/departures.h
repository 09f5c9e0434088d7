/* Departures to come: a binary heap, the next one at its top. */

static int sooner(const Departure *one, const Departure *other)
{
    return one->time < other->time || (one->time == other->time && one->request < other->request);
}

static int push_departure(Kernel *k, Departure added)
{
    if (grow(&k->departure, &k->departure_room, k->departures + 1, sizeof(Departure)) < 0)
        return -1;
    Departure *heap = k->departure;
    size_t hole = k->departures++;
    for (; hole > 0 && sooner(&added, &heap[(hole - 1) / 2]); hole = (hole - 1) / 2)
        heap[hole] = heap[(hole - 1) / 2];
    heap[hole] = added;
    return 0;
}

static Departure pop_departure(Kernel *k)
{
    Departure *heap = k->departure, next = heap[0], moved = heap[--k->departures];
    size_t hole = 0;
    for (size_t child; (child = 2 * hole + 1) < k->departures; hole = child) {
        if (child + 1 < k->departures && sooner(&heap[child + 1], &heap[child]))
            child++;
        if (sooner(&moved, &heap[child]))
            break;
        heap[hole] = heap[child];
    }
    heap[hole] = moved;
    return next;
}
