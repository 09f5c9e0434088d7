/* What the kernel knows of a configuration, and the network during an iteration. */

/* A candidate path. */
typedef struct {
    int hops;
    int links;    /* where its links start in Kernel.link */
    int rank;     /* its place among the candidates of its node pair */
    int measures; /* where its measures start in Kernel.measures, see tally.py */
    double length;
} Path;

/* A way to carry a request: equal pieces on one path (a single one where it is not sliced). */
typedef struct {
    int pieces;
    int width; /* contiguous slots of a piece, guard included */
    int group; /* its bandwidth and format, by which fast.py wants allocations counted */
    int path;
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

/* What is counted of paths that are used. */
typedef struct {
    int64_t count;
    uint64_t *sum; /* of their measures, each times its use */
    double shortest, longest;
    int fewest_hops, most_hops;
} Tally;

/* A departure to come. */
typedef struct {
    double time;
    int64_t request; /* of simultaneous departures, the earlier request's comes first */
    int piece;       /* the first of its chain */
} Departure;

typedef struct {
    /* Fixed. */
    int nodes, links, lanes, guard, classes, terminals, groups, ranks;
    int words; /* of 64 bits, for the slots of one lane of a link */
    int limbs; /* of 64 bits, in a path's measures */
    int save_slots;
    int *slots;   /* of each lane; lanes (a fibre's cores) are tried in order */
    double *gbps; /* of each class */

    /* What is asked for, see demand.h. */
    int64_t total;       /* requests in an iteration */
    int64_t warm_up;     /* so many of them are not counted */
    int own_traffic;     /* another study's, not FUSION's */
    int *terminal;       /* node index of each terminal */
    int node_weights;    /* 0 where all terminals are alike, else their number */
    double *node_bound;  /* weights summed up */
    int64_t *quota;      /* requests of each class in an iteration, where there are no weights */
    int class_weights;   /* how many classes have one */
    int *class_place;    /* their indices */
    double *class_bound; /* weights summed up */

    /* The paths and ways asked for so far. */
    Choice *choice; /* [pair * classes + class] */
    Way *way;
    Path *path;
    int *link;
    uint64_t *measures;
    size_t ways, way_room, paths, path_room, link_count, link_room, measure_count, measure_room;

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
    int64_t *offered; /* [class] */
    int64_t *blocked; /* [class] */
    int64_t unreachable;
    int64_t *allocations; /* [way * lanes + lane] */
    int64_t *requests;    /* [way] */
    size_t allocation_room, request_room;
    int64_t *usage;       /* [link] */
    int64_t *rolled_back; /* [link], since the last carried arrival: not yet counted as usage */
    int any_rolled_back;
    double *throughput; /* [link] */
    double *slot_time;  /* [link], slots x time held until the last arrival */

    /* What becomes of the counts at the end, see tally.h. */
    Tally *tally; /* [group * lanes + lane], and a last one for the paths of carried requests */
    uint64_t *sums;
    int64_t *by_rank;
    int64_t transponders;
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
    set_zero(k->offered, k->classes);
    set_zero(k->blocked, k->classes);
    set_zero(k->allocations, k->ways * k->lanes);
    set_zero(k->requests, k->ways);
    set_zero(k->usage, k->links);
    set_zero(k->rolled_back, k->links);
    for (int link = 0; link < k->links; link++)
        k->throughput[link] = k->slot_time[link] = 0.0;
    k->unreachable = k->any_rolled_back = 0;
}
