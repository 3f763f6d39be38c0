#include "journal/internal.h"

#include <string.h>

void chain_digest(struct str sealed, uint8_t out[HASH])
{
    crypto_generichash(out, HASH, (const uint8_t *)sealed.s, sealed.n, NULL, 0);
}

void row_numbers(const struct row *r, int64_t out[ROW_NUMBERS])
{
    const int64_t all[ROW_NUMBERS] = {
        (int64_t)r->seq, r->at,    r->kind, (int64_t)r->contact, (int64_t)r->referral, r->drill,
        r->channel,      r->event, r->need, r->urgent,           r->children,          r->effects,
        r->timestamp,    r->waited};
    memcpy(out, all, sizeof all);
}

void chain_next(const uint8_t before[CHAIN], const struct row *r, const uint8_t digest[HASH],
                uint8_t out[CHAIN])
{
    int64_t numbers[ROW_NUMBERS];
    const char *const texts[] = {r->aggregator,   r->lang, r->place, r->state,
                                 r->collaborator, r->host, r->note};
    uint8_t bytes[CHAIN + sizeof numbers + sizeof *r + HASH]; /* the texts are a part of the row */
    size_t n = 0;
    row_numbers(r, numbers);
    memcpy(bytes, before, CHAIN);
    n += CHAIN;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        for (int shift = 0; shift < 64; shift += 8) /* little end first on every machine */
            bytes[n++] = (uint8_t)((uint64_t)numbers[i] >> shift);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t len = strlen(texts[i]) + 1; /* with its NUL, so that neighbours cannot trade letters */
        memcpy(bytes + n, texts[i], len);
        n += len;
    }
    memcpy(bytes + n, digest, HASH);
    crypto_generichash(out, CHAIN, bytes, n + HASH, NULL, 0);
}

size_t content_pack(const struct row *row, uint8_t *out, size_t cap)
{
    if (row->text.n + row->reply.n + 2 > cap || row->text.n > UINT16_MAX)
        return 0;
    out[0] = (uint8_t)(row->text.n >> 8);
    out[1] = (uint8_t)row->text.n;
    if (row->text.n)
        memcpy(out + 2, row->text.s, row->text.n);
    if (row->reply.n)
        memcpy(out + 2 + row->text.n, row->reply.s, row->reply.n);
    return 2 + row->text.n + row->reply.n;
}

bool content_unpack(struct str in, struct row *row)
{
    if (in.n < 2)
        return false;
    size_t n = (size_t)(uint8_t)in.s[0] << 8 | (uint8_t)in.s[1];
    if (n + 2 > in.n)
        return false;
    row->text = (struct str){in.s + 2, n};
    row->reply = (struct str){in.s + 2 + n, in.n - 2 - n};
    return true;
}

size_t contact_pack(const struct contact *c, char *out, size_t cap)
{
    struct out o;
    out_init(&o, out, cap);
    const char *const parts[] = {c->msisdn, c->aggregator, c->service, c->stopped ? "1" : "0"};
    for (size_t i = 0; i < 4; i++) {
        out_cstr(&o, parts[i]);
        out_char(&o, '\t');
    }
    size_t n = o.overflow ? 0 : session_pack(&c->session, out + o.len, cap - o.len);
    return n ? o.len + n : 0;
}

bool contact_unpack(struct str in, struct contact *c)
{
    return str_copy(str_split(&in, '\t'), c->msisdn, sizeof c->msisdn) &&
           str_copy(str_split(&in, '\t'), c->aggregator, sizeof c->aggregator) &&
           str_copy(str_split(&in, '\t'), c->service, sizeof c->service) &&
           ((c->stopped = str_is(str_split(&in, '\t'), "1")), session_unpack(in, &c->session));
}
