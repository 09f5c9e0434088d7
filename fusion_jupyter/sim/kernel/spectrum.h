/* First fit on bit masks, as in spectrum.py, here in words of 64 bits. */

static uint64_t *free_slots(Kernel *k, int lane, int link)
{
    return k->free + ((size_t)lane * k->links + link) * k->words;
}

/* bits &= bits >> shift, over all words. */
static void and_shifted(uint64_t *bits, int words, int shift)
{
    int skip = shift / 64, part = shift % 64;
    for (int i = 0; i < words; i++) {
        uint64_t low = i + skip < words ? bits[i + skip] : 0;
        uint64_t high = i + skip + 1 < words ? bits[i + skip + 1] : 0;
        bits[i] &= part ? low >> part | high << (64 - part) : low;
    }
}

/* Find the lowest slot from which a piece fits on a lane; -1 when there is none. */
static int lowest_fit(Kernel *k, const Way *way, int lane)
{
    const Path *path = &k->path[way->path];
    const int *link = k->link + path->links;
    uint64_t *run = k->run;
    memcpy(run, free_slots(k, lane, link[0]), k->words * sizeof(uint64_t));
    for (int hop = 1; hop < path->hops; hop++) {
        const uint64_t *other = free_slots(k, lane, link[hop]);
        for (int i = 0; i < k->words; i++)
            run[i] &= other[i];
    }
    /* Bit i stays set when slots i to i + reached - 1 are all free. */
    for (int reached = 1, step; reached < way->width; reached += step) {
        step = reached < way->width - reached ? reached : way->width - reached;
        and_shifted(run, k->words, step);
    }
    for (int i = 0; i < k->words; i++)
        if (run[i])
            return 64 * i + __builtin_ctzll(run[i]);
    return -1;
}

/* Take the slots of a piece on all its links, or give them back. */
static void flip(Kernel *k, const Way *way, int lane, int slot)
{
    const Path *path = &k->path[way->path];
    const int *link = k->link + path->links;
    int end = slot + way->width;
    for (int word = slot / 64; 64 * word < end; word++) {
        int from = slot > 64 * word ? slot - 64 * word : 0;
        int to = end < 64 * word + 64 ? end - 64 * word : 64;
        uint64_t mask = (~UINT64_C(0) << from) & (~UINT64_C(0) >> (64 - to));
        for (int hop = 0; hop < path->hops; hop++)
            free_slots(k, lane, link[hop])[word] ^= mask;
    }
}

/* Give the slots of all pieces of a chain back. */
static void release(Kernel *k, int head)
{
    for (int at = head, next; at >= 0; at = next) {
        Piece *piece = &k->piece[at];
        flip(k, &k->way[piece->way], piece->lane, piece->slot);
        next = piece->next;
        piece->next = k->unused;
        k->unused = at;
    }
}

/* Place one piece on the first lane where it fits, behind the last piece of its chain (or -1).
 * Returns its index in *placed and 1; 0 when it does not fit; -1 on an error. */
static int place(Kernel *k, int number, int last, int *placed)
{
    const Way *way = &k->way[number];
    for (int lane = 0; lane < k->lanes; lane++) {
        int slot = lowest_fit(k, way, lane), at = k->unused;
        if (slot < 0)
            continue;
        if (at >= 0)
            k->unused = k->piece[at].next;
        else {
            if (grow(&k->piece, &k->piece_room, k->pieces + 1, sizeof(Piece)) < 0)
                return -1;
            at = (int)k->pieces++;
        }
        k->piece[at] = (Piece){.way = number, .lane = lane, .slot = slot, .next = -1};
        if (last >= 0)
            k->piece[last].next = at;
        flip(k, way, lane, slot);
        *placed = at;
        return 1;
    }
    return 0;
}
