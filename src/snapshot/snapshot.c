#include "snapshot/snapshot.h"

#include "courier/courier.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void resolve_store(struct snapshot *s, const char *path)
{
    static const char scheme[] = "sqlite:";
    const char *store = s->settings.store;
    if (strncmp(store, scheme, sizeof scheme - 1) != 0)
        return;
    const char *file = cfg_resolve(path, store + sizeof scheme - 1, &s->arena);
    size_t n = sizeof scheme + strlen(file);
    char *url = arena_alloc(&s->arena, n);
    struct out o;
    out_init(&o, url, n);
    out_cstr(&o, scheme);
    out_cstr(&o, file);
    s->settings.store = url;
}

struct profile_env snapshot_profile_env(const struct settings *s)
{
    return (struct profile_env){.secrets = s->secrets, .country = s->country, .public_url = s->public_url};
}

static bool named(const struct cfg_strings *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i], id) == 0)
            return true;
    return false;
}

/* Its file says which id it has, but whether it is in use must be known before its secrets are read. */
static bool used(const struct settings *set, const char *path)
{
    char id[64];
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return !set->profiles.pos.file ||
           (str_copy((struct str){name, strlen(name) - strlen(".conf")}, id, sizeof id) &&
            named(&set->profiles, id));
}

/* `; did you mean "kannel"?`, or nothing. */
static const char *nearest_profile(const struct snapshot *s, const char *id, char text[80])
{
    enum { MOST = 1024 };
    const char *ids[MOST];
    size_t n = 0;
    struct out o;
    out_init(&o, text, 80);
    while (n < s->n_profiles && n < MOST) {
        ids[n] = aggregator_id(s->profiles[n]);
        n++;
    }
    const char *near = cfg_nearest(id, ids, n);
    if (near)
        out_printf(&o, "; did you mean \"%s\"?", near);
    return text;
}

static void check_used(const struct snapshot *s, struct cfg_findings *f)
{
    char near[80];
    const struct cfg_strings *want = &s->settings.profiles;
    for (size_t i = 0; i < want->n; i++)
        if (!snapshot_profile(s, str_of(want->items[i])) && f->errors == 0)
            cfg_error(f, want->pos, "profiles names \"%s\", but there is no %s.conf in %s%s", want->items[i],
                      want->items[i], s->settings.aggregators, nearest_profile(s, want->items[i], near));
}

static void load_proxies(struct snapshot *s, struct cfg_findings *f)
{
    const struct cfg_strings *list = &s->settings.trusted_proxies;
    s->proxies = arena_array(&s->arena, list->n + 1, sizeof *s->proxies);
    for (size_t i = 0; i < list->n; i++)
        if (!net_parse(str_of(list->items[i]), &s->proxies[s->n_proxies++]))
            cfg_error(f, list->pos, "\"%s\" is no network; write 127.0.0.1 or 192.0.2.0/24", list->items[i]);
}

static void load_profiles(struct snapshot *s, const char *dir, struct cfg_findings *f)
{
    const char **paths;
    size_t n = cfg_dir(dir, ".conf", &paths, &s->arena, f);
    struct profile_env env = snapshot_profile_env(&s->settings);
    s->profiles = arena_array(&s->arena, n + 1, sizeof *s->profiles);
    s->in_use = arena_array(&s->arena, n + 1, sizeof *s->in_use);
    for (size_t i = 0; i < n; i++) {
        env.secrets_optional = !used(&s->settings, paths[i]);
        struct profile *p = aggregator_load(paths[i], &env, &s->arena, f);
        if (!p)
            continue;
        s->in_use[s->n_profiles] = !env.secrets_optional;
        if (snapshot_profile(s, str_of(aggregator_id(p))))
            cfg_error(f, (struct cfg_pos){paths[i], 0},
                      "there is another profile with the id \"%s\"; rename one", aggregator_id(p));
        s->profiles[s->n_profiles++] = p;
    }
}

static void load_keys(struct snapshot *s, struct cfg_findings *f)
{
    s->keys = arena_array(&s->arena, s->network->n_endpoints + 1, sizeof *s->keys);
    for (size_t i = 0; i < s->network->n_endpoints; i++) {
        const struct endpoint *e = &s->network->endpoints[i];
        struct str secret;
        if (cfg_secret(s->settings.secrets, e->secret, &secret, &s->arena, e->pos, f) &&
            !webhook_key(secret, s->keys[i].key, sizeof s->keys[i].key, &s->keys[i].key_n))
            cfg_error(f, e->pos,
                      "secret \"%s\" is no webhook key; it must be \"whsec_\" and base64 of 24 to 64 bytes",
                      e->secret);
        if (e->token && !cfg_secret(s->settings.secrets, e->token, &s->keys[i].token, &s->arena, e->pos, f))
            s->keys[i].token = (struct str){NULL, 0};
    }
}

static size_t shape(const void *ctx, const char *aggregator, struct str text, bool may_unaccent,
                    struct arena *a, struct mt_part *out, size_t max)
{
    const struct profile *p = snapshot_sender(ctx, str_of(aggregator));
    if (p)
        return aggregator_shape(p, text, may_unaccent, a, out, max);
    out[0] = (struct mt_part){text, text_size(text).segments};
    return 1;
}

static const char *sender(const void *ctx, const char *aggregator)
{
    const struct profile *p = snapshot_sender(ctx, str_of(aggregator));
    return p ? aggregator_id(p) : NULL;
}

static bool receipts(const void *ctx, const char *aggregator)
{
    const struct profile *p = snapshot_sender(ctx, str_of(aggregator));
    return p && aggregator_receipts(p);
}

static void make_rules(struct snapshot *s)
{
    const struct settings *set = &s->settings;
    s->rules = (struct rules){
        .places = s->places,
        .network = s->network,
        .dialogue = s->dialogue,
        .catalogs = s->catalogs,
        .dedupe_window = set->dedupe_window,
        .send_backoff = set->send_backoff,
        .send_backoff_cap = set->send_backoff_cap,
        .send_give_up = set->send_give_up,
        .answer_within = set->answer_within,
        .parts_wait = set->parts_wait,
        .receipt_wait = set->receipt_wait,
        .receipts_keep = set->receipts_keep,
        .mt_tries = (unsigned)set->mt_tries,
        .mt_sender = set->mt_sender,
        .mt_aggregator = set->mt_aggregator,
        .link_base = set->link_base,
        .mt = {.ctx = s, .shape = shape, .sender = sender, .receipts = receipts},
    };
}

static void check_settings(const struct settings *set, const char *path, struct cfg_findings *f)
{
    char host[256];
    int port;
    for (size_t i = 0; i < set->listen.n; i++)
        if (!settings_listen(set->listen.items[i], host, &port))
            cfg_error(f, set->listen.pos, "listen: \"%s\" must be ADDRESS:PORT, such as 127.0.0.1:8080",
                      set->listen.items[i]);
    if (strncmp(set->store, "sqlite:", 7) != 0 && strcmp(set->store, "memory:") != 0)
        cfg_error(f, cfg_where(path, "store"), "store is \"%s\"; write sqlite:PATH", set->store);
}

static void load_secret_part(struct snapshot *s, const char *path, struct cfg_findings *f)
{
    const struct settings *set = &s->settings;
    size_t before = f->errors;
    char near[80];
    load_profiles(s, set->aggregators, f);
    check_used(s, f);
    load_proxies(s, f);
    const char *page = set->referrals == REFERRALS_LOGIN ? "referrals"
                       : set->practice == PRACTICE_LOGIN ? "practice"
                                                         : NULL;
    if (page)
        load_officers(set->secrets, set->officers, page, cfg_where(path, page), &s->officers, &s->arena, f);
    bool all = f->errors == before; /* one that did not load is no reason to doubt its name */
    if (s->network)
        load_keys(s, f);
    for (size_t i = 0; all && i < s->n_profiles; i++)
        if (s->in_use[i] && aggregator_answers_by_mt(s->profiles[i]) &&
            !snapshot_sender(s, str_of(aggregator_id(s->profiles[i]))))
            cfg_error(f, cfg_where(path, "mt_aggregator"),
                      "answers to SMS of \"%s\" have no way out: give its profile a send section, or set "
                      "mt_aggregator",
                      aggregator_id(s->profiles[i]));
    const struct profile *mt =
        set->mt_aggregator ? snapshot_profile_in_use(s, str_of(set->mt_aggregator)) : NULL;
    if (all && set->mt_aggregator && (!mt || !aggregator_can_send(mt)))
        cfg_error(
            f, cfg_where(path, "mt_aggregator"),
            "mt_aggregator names no profile \"%s\" that is in use and can send; use the id of one in %s%s",
            set->mt_aggregator, set->aggregators, mt ? "" : nearest_profile(s, set->mt_aggregator, near));
    if (set->public_url && strncmp(set->public_url, "http://", 7) != 0 &&
        strncmp(set->public_url, "https://", 8) != 0)
        cfg_error(f, cfg_where(path, "public_url"), "public_url must begin with https:// (or http://)");
    else if (set->public_url && set->public_url[strlen(set->public_url) - 1] == '/')
        cfg_error(f, cfg_where(path, "public_url"), "public_url must not end with a slash");
}

static void resolve(struct snapshot *s, const char *path)
{
    struct settings *set = &s->settings;
    const char **dirs[] = {&set->network,     &set->dialogue, &set->lang,
                           &set->aggregators, &set->places,   &set->secrets};
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        *dirs[i] = cfg_resolve(path, *dirs[i], &s->arena);
    if (set->outlines)
        set->outlines = cfg_resolve(path, set->outlines, &s->arena);
    resolve_store(s, path);
}

/* Nobody who asks for help needs a map: no reason not to start. */
static void check_outlines(const struct settings *set, const char *path, struct cfg_findings *f)
{
    if (set->outlines && access(set->outlines, R_OK) != 0)
        cfg_warn(f, cfg_where(path, "outlines"),
                 "outlines: %s cannot be read; put it there or take the line out: maps then show circles",
                 set->outlines);
}

static void load_rooms(struct snapshot *s, const char *path, struct cfg_findings *f)
{
    struct settings *set = &s->settings;
    struct arena *a = &s->arena;
    s->places = load_places(set->places, set->province, a, f);
    if (s->places)
        s->network = load_network(set->network, s->places, (int)set->tz_offset_min, a, f);
    if (s->network)
        load_travel(set->places, s->places, s->network, a, f);
    s->dialogue = load_dialogue(set->dialogue, a, f);
    s->catalogs = load_catalogs(set->lang, &set->languages, a, f);
    if (s->dialogue && set->mt_sender && dialogue_tells(s->dialogue, str_of(set->mt_sender)))
        cfg_error(f, cfg_where(path, "mt_sender"),
                  "mt_sender \"%s\" tells what the line is for; use a neutral name or number",
                  set->mt_sender);
}

/* The pages of the profiles in use, where they were loaded. */
static void check_dialogue(struct snapshot *s, struct cfg_findings *f)
{
    struct dialogue_page *pages = arena_array(&s->arena, s->n_profiles + 1, sizeof *pages);
    size_t n = 0;
    if (!s->dialogue || !s->catalogs || !s->places || f->errors)
        return;
    for (size_t i = 0; i < s->n_profiles; i++)
        if (s->in_use[i] && aggregator_page(s->profiles[i], &pages[n].septets, &pages[n].ucs2))
            n++;
    dialogue_check(s->dialogue, s->catalogs, s->places, pages, n, &s->reach, f);
}

/* The stamp is of the files before they were read: what is in force must be what it says. */
static void refuse_moving(struct snapshot *s, const char *path, struct cfg_findings *f)
{
    struct snapshot_files now;
    struct arena scratch;
    arena_init(&scratch, 0);
    snapshot_files(&s->settings, path, &scratch, &now);
    if (strcmp(now.stamp, s->files.stamp) != 0)
        cfg_error(f, (struct cfg_pos){path, 0}, "files were changed while they were read; load them again");
    arena_free(&scratch);
}

enum depth { SETTINGS, RULES, EVERYTHING };

static struct snapshot *load(const char *path, enum depth depth, struct cfg_findings *f)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    size_t before = f->errors;
    arena_init(&s->arena, 256 * 1024);
    path = arena_strdup(&s->arena, str_of(path));
    if (cfg_load(path, &settings_schema, &s->settings, &s->arena, f)) {
        check_settings(&s->settings, path, f);
        resolve(s, path);
        check_outlines(&s->settings, path, f);
        if (depth >= RULES) {
            snapshot_files(&s->settings, path, &s->arena, &s->files);
            load_rooms(s, path, f);
        }
        if (depth >= EVERYTHING)
            load_secret_part(s, path, f);
        if (depth >= RULES) {
            check_dialogue(s, f);
            refuse_moving(s, path, f);
        }
    }
    bool whole = s->dialogue && s->catalogs && s->network;
    if (f->errors > before || (depth >= RULES && !whole)) {
        snapshot_free(s);
        return NULL;
    }
    if (depth >= RULES) {
        make_rules(s);
        memcpy(s->rules.stamp, s->files.stamp, sizeof s->rules.stamp);
    }
    return s;
}

struct snapshot *snapshot_load(const char *path, struct cfg_findings *f)
{
    return load(path, EVERYTHING, f);
}

struct snapshot *snapshot_load_open(const char *path, struct cfg_findings *f)
{
    return load(path, RULES, f);
}

struct snapshot *snapshot_load_settings(const char *path, struct cfg_findings *f)
{
    return load(path, SETTINGS, f);
}

void snapshot_free(struct snapshot *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_profiles; i++)
        aggregator_free(s->profiles[i]);
    arena_free(&s->arena);
    free(s);
}

const struct profile *snapshot_profile(const struct snapshot *s, struct str id)
{
    for (size_t i = 0; i < s->n_profiles; i++)
        if (str_is(id, aggregator_id(s->profiles[i])))
            return s->profiles[i];
    return NULL;
}

const struct profile *snapshot_profile_in_use(const struct snapshot *s, struct str id)
{
    for (size_t i = 0; i < s->n_profiles; i++)
        if (s->in_use[i] && str_is(id, aggregator_id(s->profiles[i])))
            return s->profiles[i];
    return NULL;
}

const struct profile *snapshot_sender(const struct snapshot *s, struct str id)
{
    const struct profile *p = snapshot_profile_in_use(s, id);
    if ((!p || !aggregator_can_send(p)) && s->settings.mt_aggregator)
        p = snapshot_profile_in_use(s, str_of(s->settings.mt_aggregator));
    return p && aggregator_can_send(p) ? p : NULL;
}
