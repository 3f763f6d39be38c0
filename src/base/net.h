/* Networks and addresses as text: "192.0.2.0/24", "2001:db8::/32", "127.0.0.1". */
#ifndef BASE_NET_H
#define BASE_NET_H

#include "base/str.h"

struct net_range {
    uint8_t bytes[16]; /* as IPv6; IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

/* A network, or one address. false: it is neither. */
bool net_parse(struct str text, struct net_range *out);
/* Is the address in one of them? false for what is no address. */
bool net_contains(const struct net_range *ranges, size_t n, struct str address);

#endif
