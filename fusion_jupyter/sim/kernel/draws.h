/* Uniform draws: MT19937, seeded as numpy.random.seed(seed), read as uniform(0, 1). */

#define MT_SIZE 624
#define MT_SHIFT 397

typedef struct {
    uint32_t word[MT_SIZE];
    int used;
} Stream;

static void stream_seed(Stream *stream, uint32_t seed)
{
    stream->word[0] = seed;
    for (uint32_t i = 1; i < MT_SIZE; i++) {
        uint32_t last = stream->word[i - 1];
        stream->word[i] = 1812433253u * (last ^ (last >> 30)) + i;
    }
    stream->used = MT_SIZE;
}

static uint32_t mt_twist(uint32_t upper, uint32_t lower)
{
    uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return (mixed >> 1) ^ ((mixed & 1u) ? 0x9908b0dfu : 0);
}

static void stream_refill(Stream *stream)
{
    uint32_t *word = stream->word;
    int i = 0;
    for (; i < MT_SIZE - MT_SHIFT; i++)
        word[i] = word[i + MT_SHIFT] ^ mt_twist(word[i], word[i + 1]);
    for (; i < MT_SIZE - 1; i++)
        word[i] = word[i + MT_SHIFT - MT_SIZE] ^ mt_twist(word[i], word[i + 1]);
    word[MT_SIZE - 1] = word[MT_SHIFT - 1] ^ mt_twist(word[MT_SIZE - 1], word[0]);
    stream->used = 0;
}

static uint32_t mt_temper(uint32_t y)
{
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

/* A double in [0, 1) with 53 random bits. The state's size is even: two words are always left. */
static double draw(Stream *stream)
{
    if (stream->used == MT_SIZE)
        stream_refill(stream);
    uint32_t high = mt_temper(stream->word[stream->used++]) >> 5;
    uint32_t low = mt_temper(stream->word[stream->used++]) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}
