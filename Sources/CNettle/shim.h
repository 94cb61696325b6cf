#include <nettle/sha2.h>
#include <nettle/version.h>

// Functions, since nettle's own names are macros, which Swift does not see.

static inline void sha256_start(struct sha256_ctx *state)
{
    sha256_init(state);
}

static inline void sha256_add(struct sha256_ctx *state, size_t count, const uint8_t *bytes)
{
    sha256_update(state, count, bytes);
}

/// Writes SHA256_DIGEST_SIZE bytes. Nettle 4 dropped the length from its own function.
static inline void sha256_finish(struct sha256_ctx *state, uint8_t *digest)
{
#if NETTLE_VERSION_MAJOR >= 4
    sha256_digest(state, digest);
#else
    sha256_digest(state, SHA256_DIGEST_SIZE, digest);
#endif
}
