/* A session as text for the store: a version, then fields parted by tabs. Names, not indexes, so that it
 * survives a change of the configuration. */
#include "dialogue/internal.h"

#include <string.h>

#define VERSION "2"
#define BEFORE "1" /* without the choices to come */

static void put(struct out *o, const char *text)
{
    out_char(o, '\t');
    out_cstr(o, text);
}

size_t session_pack(const struct session *s, char *buf, size_t cap)
{
    struct out o;
    out_init(&o, buf, cap);
    out_cstr(&o, VERSION);
    put(&o, s->state);
    put(&o, s->lang);
    put(&o, s->place);
    for (int i = 0; i < SESSION_CHOICES; i++)
        put(&o, s->choice[i]);
    for (int i = 0; i < SESSION_MORE && (i == 0 || *s->more[i]); i++) {
        out_char(&o, i ? ' ' : '\t');
        out_cstr(&o, s->more[i]);
    }
    for (int i = 0; i < 4; i++)
        put(&o, s->avoid[i]);
    const uint64_t numbers[] = {s->channel,
                                s->page,
                                s->misses,
                                s->need,
                                s->children,
                                s->safe,
                                s->consent,
                                s->urgent,
                                s->child,
                                s->man,
                                s->other,
                                s->resumed,
                                s->stated,
                                s->referral,
                                (uint64_t)s->started_at,
                                (uint64_t)s->last_at};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        out_char(&o, '\t');
        out_u64(&o, numbers[i]);
    }
    return o.overflow ? 0 : o.len;
}

static bool text(struct str *rest, char *dst, size_t cap)
{
    return str_copy(str_split(rest, '\t'), dst, cap);
}

static bool places_to_come(struct str list, struct session *s)
{
    for (int i = 0; i < SESSION_MORE && list.n; i++)
        if (!str_copy(str_split(&list, ' '), s->more[i], sizeof s->more[i]))
            return false;
    return !list.n;
}

bool session_unpack(struct str in, struct session *s)
{
    uint64_t v[16];
    memset(s, 0, sizeof *s);
    struct str version = str_split(&in, '\t');
    bool before = str_is(version, BEFORE);
    bool ok = (before || str_is(version, VERSION)) && text(&in, s->state, sizeof s->state) &&
              text(&in, s->lang, sizeof s->lang) && text(&in, s->place, sizeof s->place);
    for (int i = 0; ok && i < SESSION_CHOICES; i++)
        ok = text(&in, s->choice[i], sizeof s->choice[i]);
    ok = ok && (before || places_to_come(str_split(&in, '\t'), s));
    for (int i = 0; ok && i < 4; i++)
        ok = text(&in, s->avoid[i], sizeof s->avoid[i]);
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
    s->child = v[8];
    s->man = v[9];
    s->other = v[10];
    s->resumed = v[11];
    s->stated = v[12];
    s->referral = v[13];
    s->started_at = (msec)v[14];
    s->last_at = (msec)v[15];
    return true;
}
