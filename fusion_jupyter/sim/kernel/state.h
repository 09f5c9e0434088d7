/* What the kernel knows of a configuration, and the network during an iteration. */

/* A way to carry a request: equal pieces on one path (a single one where it is not sliced). */
typedef struct {
    int pieces;
    int width;     /* contiguous slots of a piece, guard included */
    int lightpath; /* the number that fast.py has for what each piece is */
    int kind;      /* the number that it has for the path with the pieces */
    int hops;
    int links;     /* where its links start in Kernel.link */
} Way;

/* The ways of a node pair and bandwidth class, in the order of trial. */
typedef struct {
    int first; /* index into Kernel.way */
    int count; /* -1 until fast.py was asked */
} Choice;

/* A piece that is in the network. The pieces of a request form a chain. */
typedef struct {
    int way;
    int lane;
    int slot;
    int next;       /* the next piece of the request, or the next unused record; -1 ends a chain */
    double carried; /* Gb/s x time of the whole request, in its first piece */
} Piece;

/* A departure to come. */
typedef struct {
    double time;
    int64_t request; /* of simultaneous departures, the earlier request's comes first */
    int piece;       /* the first of its chain */
} Departure;

typedef struct {
    /* Fixed. */
    int nodes, links, lanes, guard, classes, terminals;
    int words; /* of 64 bits, for the slots of one lane of a link */
    int save_slots;
    int *slots;     /* of each lane; lanes (a fibre's cores) are tried in order */
    int *terminal;  /* node index of each terminal */
    int64_t *quota; /* requests of each class in an iteration */
    double *gbps;   /* of each class */

    /* The ways asked for so far. */
    Choice *choice; /* [pair * classes + class] */
    Way *way;
    int *link;
    size_t ways, way_room, link_count, link_room;

    /* The network. */
    uint64_t *free; /* [(lane * links + link) * words]: bit i is set while slot i is free */
    uint64_t *run;  /* scratch of as many words */
    Piece *piece;
    int unused; /* first of the chain of unused pieces */
    Departure *departure; /* a binary heap */
    Piece *departed; /* since the last carried arrival: not yet counted as throughput */
    size_t pieces, piece_room, departures, departure_room, departed_count, departed_room;

    /* The counts. */
    int64_t *left;    /* [class], still to be drawn */
    int64_t *blocked; /* [class] */
    int64_t unreachable;
    int64_t *allocations; /* [lightpath * lanes + lane] */
    int64_t *requests;    /* [kind] */
    int64_t *usage;       /* [link] */
    int64_t *rolled_back; /* [link], since the last carried arrival: not yet counted as usage */
    int any_rolled_back;
    double *throughput; /* [link] */
    double *held;       /* [kind], slots x time on each link of its path until the last arrival */
    size_t lightpaths, allocation_room, kinds, request_room, held_room;
} Kernel;

/* Make room for `need` items of `size` bytes; new ones are zero. Returns -1 without memory. */
static int grow(void *array, size_t *room, size_t need, size_t size)
{
    void **memory = array;
    if (need <= *room)
        return 0;
    size_t wanted = 2 * *room > need ? 2 * *room : need;
    char *larger = realloc(*memory, wanted * size);
    if (larger == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(larger + *room * size, 0, (wanted - *room) * size);
    *memory = larger;
    *room = wanted;
    return 0;
}

static void set_zero(int64_t *counts, size_t number)
{
    for (size_t i = 0; i < number; i++)
        counts[i] = 0;
}

/* Empty the network and set all counts to zero. */
static void clear(Kernel *k)
{
    size_t at = 0;
    for (int lane = 0; lane < k->lanes; lane++)
        for (int link = 0; link < k->links; link++)
            for (int slots = k->slots[lane], word = 0; word < k->words; word++, slots -= 64)
                k->free[at++] = slots >= 64 ? ~UINT64_C(0)
                                : slots > 0 ? (UINT64_C(1) << slots) - 1
                                            : 0;
    k->pieces = k->departures = k->departed_count = 0;
    k->unused = -1;
    for (int i = 0; i < k->classes; i++)
        k->left[i] = k->quota[i];
    set_zero(k->blocked, k->classes);
    set_zero(k->allocations, k->lightpaths * k->lanes);
    set_zero(k->requests, k->kinds);
    set_zero(k->usage, k->links);
    set_zero(k->rolled_back, k->links);
    for (int link = 0; link < k->links; link++)
        k->throughput[link] = 0.0;
    for (size_t kind = 0; kind < k->kinds; kind++)
        k->held[kind] = 0.0;
    k->unreachable = k->any_rolled_back = 0;
}
