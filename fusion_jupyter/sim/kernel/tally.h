/* Sums over the paths that were used, exact however large they are; see tally.py. */

/* sum += times * measures, in little-endian words. */
static void add_times(uint64_t *sum, const uint64_t *measures, int limbs, int64_t times)
{
    unsigned __int128 carry = 0;
    for (int i = 0; i < limbs; i++) {
        carry += (unsigned __int128)measures[i] * (uint64_t)times + sum[i];
        sum[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

static void count_path(Kernel *k, Tally *tally, const Path *path, int64_t times)
{
    int first = tally->count == 0;
    tally->count += times;
    add_times(tally->sum, k->measures + path->measures, k->limbs, times);
    if (first || path->length < tally->shortest)
        tally->shortest = path->length;
    if (first || path->length > tally->longest)
        tally->longest = path->length;
    if (first || path->hops < tally->fewest_hops)
        tally->fewest_hops = path->hops;
    if (first || path->hops > tally->most_hops)
        tally->most_hops = path->hops;
}

/* Sum up what was counted for each way. */
static void sum_up(Kernel *k)
{
    int tallies = k->groups * k->lanes;
    Tally *carried = &k->tally[tallies];
    for (int i = 0; i <= tallies; i++)
        k->tally[i] = (Tally){.sum = k->sums + (size_t)i * k->limbs};
    memset(k->sums, 0, (size_t)(tallies + 1) * k->limbs * sizeof(uint64_t));
    set_zero(k->by_rank, k->ranks);
    k->transponders = 0;
    for (size_t number = 0; number < k->ways; number++) {
        int64_t requests = k->requests[number];
        if (!requests)
            continue;
        const Way *way = &k->way[number];
        const Path *path = &k->path[way->path];
        count_path(k, carried, path, requests);
        k->by_rank[path->rank] += requests;
        k->transponders += way->pieces * requests;
        for (int lane = 0; lane < k->lanes; lane++) {
            int64_t times = k->allocations[number * k->lanes + lane];
            if (times)
                count_path(k, &k->tally[way->group * k->lanes + lane], path, times);
        }
    }
}
