/* A session as text for the store: a version, then "key=value" parted by tabs, only what is not zero. Keys
 * are names of their own, so a form outlives a change of the struct, of the configuration and of the program:
 * what is unknown is passed over. */
#include "dialogue/internal.h"

#include <stddef.h>
#include <string.h>

#define VERSION "3"
#define END "." /* a torn one is known by its lack */

enum kind { TEXT, LIST, U8, BOOL, U32, U64 };

static const struct member {
    const char *key;
    enum kind kind;
    size_t at;
    uint64_t max; /* TEXT: bytes; LIST: places; numbers: the largest */
} members[] = {
#define AT(member) offsetof(struct session, member)
    {"state", TEXT, AT(state), SESSION_STATE},
    {"lang", TEXT, AT(lang), 16},
    {"place", TEXT, AT(place), PLACE_CODE},
    {"choice", LIST, AT(choice), SESSION_CHOICES},
    {"more", LIST, AT(more), SESSION_MORE},
    {"group", TEXT, AT(group), PLACE_CODE},
    {"order", LIST, AT(order), SESSION_ORDER},
    {"lines", LIST, AT(lines), SESSION_LINES},
    {"avoid", LIST, AT(avoid), SESSION_AVOID},
    {"asked", LIST, AT(asked), SESSION_ASKED},
    {"channel", U8, AT(channel), CHANNEL_COUNT - 1},
    {"page", U8, AT(page), 255},
    {"lead", U8, AT(lead), 255},
    {"misses", U8, AT(misses), 255},
    {"need", U8, AT(need), NEED_COUNT},
    {"children", U8, AT(children), 255},
    {"safe", U8, AT(safe), SAFE_SMS_DAY},
    {"consent", U8, AT(consent), 2},
    {"who", U8, AT(who), WHO_ALL},
    {"urgent", BOOL, AT(urgent), 1},
    {"resumed", BOOL, AT(resumed), 1},
    {"stated", BOOL, AT(stated), 1},
    {"left", BOOL, AT(left), 1},
    {"chosen", BOOL, AT(lang_chosen), 1},
    {"avoid-own", BOOL, AT(avoid_own), 1},
    {"many", BOOL, AT(many_places), 1},
    {"referral", U64, AT(referral), INT64_MAX},
    {"started", U64, AT(started_at), INT64_MAX},
    {"last", U64, AT(last_at), INT64_MAX},
    {"asked-at", U64, AT(asked_at), INT64_MAX},
    {"flood-at", U64, AT(flood_at), INT64_MAX},
    {"sent", U64, AT(sent_at), INT64_MAX},
    {"flood", U32, AT(flood), UINT32_MAX},
    {"line", U32, AT(line), UINT32_MAX},
    {"said", U32, AT(last_text), UINT32_MAX},
#undef AT
};
enum { MEMBERS = sizeof members / sizeof members[0] };

static uint64_t number_of(const struct member *m, const void *at)
{
    switch (m->kind) {
    case U8:
        return *(const uint8_t *)at;
    case BOOL:
        return *(const bool *)at;
    case U32:
        return *(const uint32_t *)at;
    case U64:
        return *(const uint64_t *)at;
    case TEXT:
    case LIST:
        break;
    }
    return 0;
}

static void set_number(const struct member *m, void *at, uint64_t v)
{
    switch (m->kind) {
    case U8:
        *(uint8_t *)at = (uint8_t)v;
        break;
    case BOOL:
        *(bool *)at = v != 0;
        break;
    case U32:
        *(uint32_t *)at = (uint32_t)v;
        break;
    case U64:
        *(uint64_t *)at = v;
        break;
    case TEXT:
    case LIST:
        break;
    }
}

/* ---- packing ---- */

static void begin(struct out *o, const struct member *m)
{
    out_char(o, '\t');
    out_cstr(o, m->key);
    out_char(o, '=');
}

static void put_list(struct out *o, const struct member *m, const char (*places)[PLACE_CODE])
{
    if (!*places[0])
        return;
    begin(o, m);
    for (size_t i = 0; i < m->max && *places[i]; i++) {
        if (i)
            out_char(o, ' ');
        out_cstr(o, places[i]);
    }
}

static void put_member(struct out *o, const struct member *m, const char *at)
{
    if (m->kind == LIST) {
        put_list(o, m, (const char(*)[PLACE_CODE])at);
        return;
    }
    uint64_t v = m->kind == TEXT ? (unsigned char)*at : number_of(m, at);
    if (!v)
        return;
    begin(o, m);
    if (m->kind == TEXT)
        out_cstr(o, at);
    else
        out_u64(o, v);
}

size_t session_pack(const struct session *s, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    out_cstr(&o, VERSION);
    for (size_t i = 0; i < MEMBERS; i++)
        put_member(&o, &members[i], (const char *)s + members[i].at);
    out_cstr(&o, "\t" END);
    return o.overflow ? 0 : o.len;
}

/* ---- unpacking ---- */

static bool get_list(char (*places)[PLACE_CODE], size_t max, struct str value)
{
    for (size_t i = 0; i < max && value.n; i++)
        if (!str_copy(str_split(&value, ' '), places[i], PLACE_CODE))
            return false;
    return !value.n;
}

static bool get_member(const struct member *m, char *at, struct str value)
{
    uint64_t v;
    if (m->kind == LIST)
        return get_list((char(*)[PLACE_CODE])at, m->max, value);
    if (m->kind == TEXT)
        return str_copy(value, at, m->max);
    if (!str_to_u64(value, m->max, &v))
        return false;
    set_number(m, at, v);
    return true;
}

static bool get_pair(struct session *s, struct str pair)
{
    struct str key = str_split(&pair, '=');
    for (size_t i = 0; i < MEMBERS; i++)
        if (str_is(key, members[i].key))
            return get_member(&members[i], (char *)s + members[i].at, pair);
    return true; /* of a later version */
}

#define AVOID_BEFORE 4 /* exclusions in these */

/* ---- forms 1 and 2: fields by their order; 1 had no choices to come ---- */

static bool old_texts(struct str *in, bool first, struct session *s)
{
    bool ok = str_copy(str_split(in, '\t'), s->state, sizeof s->state) &&
              str_copy(str_split(in, '\t'), s->lang, sizeof s->lang) &&
              str_copy(str_split(in, '\t'), s->place, sizeof s->place);
    for (int i = 0; ok && i < SESSION_CHOICES; i++)
        ok = str_copy(str_split(in, '\t'), s->choice[i], PLACE_CODE);
    if (ok && !first)
        ok = get_list(s->more, SESSION_MORE, str_split(in, '\t'));
    for (int i = 0; ok && i < AVOID_BEFORE; i++)
        ok = str_copy(str_split(in, '\t'), s->avoid[i], PLACE_CODE);
    return ok;
}

static bool unpack_old(struct str in, bool first, struct session *s)
{
    uint64_t v[16];
    bool ok = old_texts(&in, first, s);
    for (size_t i = 0; ok && i < 16; i++)
        ok = str_to_u64(str_split(&in, '\t'), i < 13 ? 255 : INT64_MAX, &v[i]);
    if (!ok || in.n || v[0] >= CHANNEL_COUNT || v[3] > NEED_COUNT || v[5] > SAFE_NONE || v[6] > 2)
        return false;
    s->channel = (uint8_t)v[0];
    s->page = (uint8_t)v[1];
    s->misses = (uint8_t)v[2];
    s->need = (uint8_t)v[3];
    s->children = (uint8_t)v[4];
    s->safe = (uint8_t)v[5];
    s->consent = (uint8_t)v[6];
    s->urgent = v[7];
    s->who = (uint8_t)((v[8] ? WHO_CHILD : 0) | (v[9] ? WHO_MAN : 0) | (v[10] ? WHO_OTHER : 0));
    s->resumed = v[11];
    s->stated = v[12];
    s->referral = v[13];
    s->started_at = (msec)v[14];
    s->last_at = (msec)v[15];
    return true;
}

bool session_unpack(struct str in, struct session *s)
{
    memset(s, 0, sizeof *s);
    struct str version = str_split(&in, '\t');
    bool first = str_is(version, "1");
    if (first || str_is(version, "2"))
        return unpack_old(in, first, s);
    if (!str_is(version, VERSION))
        return false;
    while (in.n) {
        struct str pair = str_split(&in, '\t');
        if (str_is(pair, END))
            return !in.n;
        if (!get_pair(s, pair))
            return false;
    }
    return false;
}
