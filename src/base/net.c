#include "base/net.h"

#include <arpa/inet.h>
#include <string.h>

static bool address_bytes(struct str text, uint8_t out[16], bool *four)
{
    char z[64];
    struct in_addr v4;
    if (!str_copy(text, z, sizeof z))
        return false;
    *four = inet_pton(AF_INET, z, &v4) == 1;
    if (!*four)
        return inet_pton(AF_INET6, z, out) == 1;
    memset(out, 0, 10);
    memset(out + 10, 0xff, 2);
    memcpy(out + 12, &v4, 4);
    return true;
}

bool net_parse(struct str text, struct net_range *out)
{
    struct str rest = text, host = str_split(&rest, '/');
    uint64_t bits = 128;
    bool four;
    if (!address_bytes(host, out->bytes, &four))
        return false;
    if (rest.s && !str_to_u64(rest, four ? 32 : 128, &bits))
        return false;
    out->bits = (unsigned)bits + (four && rest.s ? 96 : 0);
    return true;
}

static bool contains(const struct net_range *r, const uint8_t address[16])
{
    unsigned whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(address, r->bytes, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ r->bytes[whole]) & (uint8_t)(0xff00u >> rest)) == 0;
}

bool net_contains(const struct net_range *ranges, size_t n, struct str address)
{
    uint8_t bytes[16];
    bool four;
    if (!n || !address_bytes(address, bytes, &four))
        return false;
    for (size_t i = 0; i < n; i++)
        if (contains(&ranges[i], bytes))
            return true;
    return false;
}
