/* A referral as text for the store: a version, then fields, each ended by a tab. Ids come from configuration
 * files and may hold anything but what the loader refuses; tabs and newlines are refused here once more. */
#include "referral/referral.h"

#include <string.h>

#define VERSION "3"
#define BEFORE_3 "2" /* no channel */
#define BEFORE_2 "1" /* child instead of who, no many_places, fewer exclusions */
#define AVOID_BEFORE 4

static void put_int(struct out *o, int64_t v)
{
    out_u64(o, (uint64_t)v); /* none is negative */
    out_char(o, '\t');
}

static void put_text(struct out *o, const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= ' ')
            out_char(o, *s);
    out_char(o, '\t');
}

size_t referral_pack(const struct referral *r, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    out_cstr(&o, VERSION "\t");
    const int64_t numbers[] = {(int64_t)r->id, (int64_t)r->contact,
                               r->state,       r->need,
                               r->urgent,      r->consent,
                               r->drill,       r->who,
                               r->children,    r->safe,
                               r->opened_at,   r->accepted_at,
                               r->arrived_at,  r->closed_at,
                               r->next_at,     r->n_offers,
                               r->many_places};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_int(&o, numbers[i]);
    put_text(&o, r->place);
    put_text(&o, r->lang);
    for (int i = 0; i < ROUTING_AVOID; i++)
        put_text(&o, r->avoid[i]);
    put_text(&o, r->stamp);
    put_text(&o, r->code_word);
    put_text(&o, r->outcome);
    for (int i = 0; i < r->n_offers; i++) {
        put_text(&o, r->offers[i].collaborator);
        put_text(&o, r->offers[i].host);
        put_text(&o, r->offers[i].channel);
        put_int(&o, r->offers[i].state);
        put_int(&o, r->offers[i].at);
        put_int(&o, r->offers[i].answered_at);
    }
    return o.overflow ? 0 : o.len;
}

struct reader {
    struct str rest;
    bool ok;
};

static int64_t get_int(struct reader *in, int64_t max)
{
    uint64_t v = 0;
    if (!in->rest.n || !str_to_u64(str_split(&in->rest, '\t'), (uint64_t)max, &v))
        in->ok = false;
    return (int64_t)v;
}

static void get_text(struct reader *in, char *dst, size_t cap)
{
    if (!in->rest.n || !str_copy(str_split(&in->rest, '\t'), dst, cap))
        in->ok = false;
}

static void get_offers(struct reader *in, struct referral *r, bool channels)
{
    for (int i = 0; in->ok && i < r->n_offers; i++) {
        struct offer *o = &r->offers[i];
        get_text(in, o->collaborator, sizeof o->collaborator);
        get_text(in, o->host, sizeof o->host);
        if (channels)
            get_text(in, o->channel, sizeof o->channel);
        o->state = (enum offer_state)get_int(in, OFFER_WITHDRAWN);
        o->at = get_int(in, INT64_MAX);
        o->answered_at = get_int(in, INT64_MAX);
    }
}

bool referral_unpack(struct str s, struct referral *r)
{
    struct reader in = {s, true};
    memset(r, 0, sizeof *r);
    struct str version = str_split(&in.rest, '\t');
    bool before = str_is(version, BEFORE_2), channels = str_is(version, VERSION);
    if (!s.n || s.s[s.n - 1] != '\t' || (!before && !channels && !str_is(version, BEFORE_3)))
        return false;
    r->id = (uint64_t)get_int(&in, INT64_MAX);
    r->contact = (uint64_t)get_int(&in, INT64_MAX);
    r->state = (enum referral_state)get_int(&in, REFERRAL_UNMET);
    r->need = (enum need)get_int(&in, NEED_COUNT - 1);
    r->urgent = get_int(&in, 1);
    r->consent = get_int(&in, 1);
    r->drill = get_int(&in, 1);
    r->who = (uint8_t)(before ? get_int(&in, 1) * WHO_CHILD : get_int(&in, WHO_ALL));
    r->children = (uint8_t)get_int(&in, 255);
    r->safe = (enum safe_way)get_int(&in, SAFE_SMS_DAY);
    r->opened_at = get_int(&in, INT64_MAX);
    r->accepted_at = get_int(&in, INT64_MAX);
    r->arrived_at = get_int(&in, INT64_MAX);
    r->closed_at = get_int(&in, INT64_MAX);
    r->next_at = get_int(&in, INT64_MAX);
    r->n_offers = (uint8_t)get_int(&in, REFERRAL_OFFERS);
    r->many_places = !before && get_int(&in, 1);
    get_text(&in, r->place, sizeof r->place);
    get_text(&in, r->lang, sizeof r->lang);
    for (int i = 0; i < (before ? AVOID_BEFORE : ROUTING_AVOID); i++)
        get_text(&in, r->avoid[i], sizeof r->avoid[i]);
    get_text(&in, r->stamp, sizeof r->stamp);
    get_text(&in, r->code_word, sizeof r->code_word);
    get_text(&in, r->outcome, sizeof r->outcome);
    get_offers(&in, r, channels);
    return in.ok && in.rest.n == 0;
}
