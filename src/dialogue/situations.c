/* Which sessions are one situation. */
#include "dialogue/check.h"

#include <string.h>

static void reduce(const struct check *k, struct session *c)
{
    const struct state *st = dialogue_state(k->d, c->state);
    c->started_at = 1;
    c->last_at = c->asked_at = c->flood_at = c->sent_at = 0;
    c->flood = c->line = c->last_text = 0;
    c->referral = 0;
    c->page = c->lead = c->misses = 0;
    c->lang_chosen = c->avoid_own = c->many_places = false;
    memset(c->lang, 0, sizeof c->lang);
    memset(c->avoid, 0, sizeof c->avoid);
    memset(c->asked, 0, sizeof c->asked);
    if (st && st->def->end) { /* what follows forgets all of it */
        struct session kept = {.channel = c->channel, .stated = c->stated, .left = c->left};
        memcpy(kept.state, c->state, sizeof kept.state);
        *c = kept;
        return;
    }
    bool group = *c->group, place = *c->place, choice = *c->choice[0], more = *c->more[0];
    memset(c->place, 0, sizeof c->place);
    memset(c->choice, 0, sizeof c->choice);
    memset(c->more, 0, sizeof c->more);
    memset(c->group, 0, sizeof c->group);
    menu_forget(c);
    c->group[0] = group ? '1' : '\0';
    c->place[0] = place ? '1' : '\0';
    c->choice[0][0] = choice ? '1' : '\0';
    c->more[0][0] = more ? '1' : '\0';
    c->children = c->children == 255 ? 255 : k->children_matter && c->children > 0;
    c->who = k->who_class[c->who & WHO_ALL];
    c->safe = k->safe_class[c->safe % sizeof k->safe_class];
}

/* FNV-1a over words of eight bytes, whose upper halves are brought down, too. */
static uint64_t hashed(const struct session *s, char more)
{
    enum { PACKED = 1024 };
    char text[PACKED + 1 + sizeof(uint64_t)];
    uint64_t h = 14695981039346656037u, word;
    size_t n = session_pack(s, text, PACKED);
    text[n++] = more;
    memset(text + n, 0, sizeof word);
    for (size_t i = 0; i < n; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        h = (h ^ word) * 1099511628211u;
        h ^= h >> 32;
    }
    return h ? h : 1;
}

uint64_t check_key(const struct check *k, const struct session *s, bool referral, bool told)
{
    struct session c = *s;
    reduce(k, &c);
    return hashed(&c, (char)('0' + referral + 2 * told));
}

uint64_t check_exactly(const struct session *s, bool told)
{
    return hashed(s, (char)('0' + told));
}

void check_take_env(struct check *k, bool referral, bool told)
{
    k->env.referral_open = referral;
    k->env.urgent_told = told;
}

uint32_t check_situation(struct check *k, const struct session *s, uint32_t from, bool referral, bool told,
                         struct str by)
{
    told |= !s->urgent || !k->told_matters;
    uint64_t key = check_key(k, s, referral, told);
    const uint32_t *there = idmap_get(&k->known, key);
    if (there)
        return *there;
    uint32_t n = (uint32_t)k->n_situations++;
    k->situations = check_room(k, k->situations, n, &k->cap_situations, sizeof *k->situations);
    idmap_put(&k->known, key, n);
    struct situation *new = &k->situations[n];
    *new = (struct situation){.s = *s,
                              .key = key,
                              .st = dialogue_state(k->d, s->state),
                              .referral = referral,
                              .told = told,
                              .from = from == UINT32_MAX ? n : from,
                              .by = by};
    new->s.page = new->s.lead = new->s.misses = 0;
    check_take_env(k, referral, told);
    new->prompt = new->st ? prompt_of(&k->env, &new->s, new->st) : "";
    return n;
}
