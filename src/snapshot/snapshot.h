/* A whole configuration, validated and immutable: hotlined.conf and all the files it names.
 *
 * Loading never stops at the first mistake; a snapshot exists only when there was no error. It is freed in
 * one go when its last user is done.
 */
#ifndef SNAPSHOT_SNAPSHOT_H
#define SNAPSHOT_SNAPSHOT_H

#include "aggregator/aggregator.h"
#include "base/net.h"
#include "config/config.h"
#include "engine/engine.h"

/* Who may open the page to practise on. */
enum practice_access {
    PRACTICE_OFF,
    PRACTICE_LOOPBACK, /* a browser on this machine */
    PRACTICE_LOGIN     /* who has a password in the secret file of officers */
};

/* Who may open the officers' page of referrals. */
enum referrals_access { REFERRALS_OFF, REFERRALS_LOGIN };

struct settings {              /* hotlined.conf */
    struct cfg_strings listen; /* "127.0.0.1:8080" */
    const char *store;         /* "sqlite:PATH" */
    const char *secrets;       /* directory; $CREDENTIALS_DIRECTORY wins when set */
    const char *master_key;    /* name of the secret */
    const char *network, *dialogue, *lang, *aggregators, *places; /* directories or files */
    struct cfg_strings languages;                                 /* enabled, the first is the default */
    const char *country;                                          /* calling code: "84" */
    const char *province;                                         /* code: "14" */
    int64_t tz_offset_min;
    int64_t threads, body_limit, header_limit, timeout_s, connections, pending, rate;
    int64_t batch_max; /* inputs a commit */
    int64_t queue;     /* engine queue */
    msec dedupe_window;
    msec send_backoff, send_backoff_cap, send_give_up;
    msec answer_within, parts_wait, receipt_wait, receipts_keep;
    int64_t mt_tries;
    const char *mt_sender, *mt_aggregator, *link_base, *public_url;
    struct cfg_strings profiles, trusted_proxies;
    int64_t courier_queue, courier_per_host, courier_total;
    msec case_gap;
    int practice;              /* enum practice_access */
    int referrals;             /* enum referrals_access */
    const char *officers;      /* name of the secret */
    struct cfg_map population; /* estimated people at risk by area and reporting year: a14_2026 = "1200" */
};

struct snapshot {
    struct arena arena;
    struct settings settings;
    struct gazetteer *places;
    struct network *network;
    struct dialogue *dialogue;
    struct catalogs *catalogs;
    struct dialogue_reach reach;
    struct profile **profiles;
    size_t n_profiles;
    bool *in_use; /* by profile: may it be called? */
    struct net_range *proxies;
    size_t n_proxies;
    struct str officers; /* the secret file, lines NAME:HASH; empty unless a page is for who logs in */
    struct endpoint_keys {
        uint8_t key[64];
        size_t key_n;
        struct str token;
    } * keys; /* by endpoint index */
    struct rules rules;
};

/* What each kind of file may hold. */
extern const struct cfg_schema settings_schema, network_schema, dialogue_schema, catalog_schema;

/* NULL when `f` got an error. The stamp is the first 16 hex digits of a BLAKE2b over all files read. */
struct snapshot *snapshot_load(const char *path, struct cfg_findings *f);
/* The same without what needs secrets: no profiles, no keys. For the tool's commands that only look. */
struct snapshot *snapshot_load_open(const char *path, struct cfg_findings *f);
/* hotlined.conf alone, its paths resolved, whatever state the files it names are in. */
struct snapshot *snapshot_load_settings(const char *path, struct cfg_findings *f);
void snapshot_free(struct snapshot *s);
const struct profile *snapshot_profile(const struct snapshot *s, struct str id); /* NULL */
/* The same, if `profiles` of hotlined.conf lets it be called. */
const struct profile *snapshot_profile_in_use(const struct snapshot *s, struct str id);
/* Who sends the MT of this aggregator: itself, else mt_aggregator. NULL: nobody can. */
const struct profile *snapshot_sender(const struct snapshot *s, struct str id);
/* What a profile is loaded with. */
struct profile_env snapshot_profile_env(const struct settings *s);

/* The loaders of the core's structures, one file each. NULL with findings on error. */
struct gazetteer *load_places(const char *dir, const char *province, struct arena *a, struct cfg_findings *f);
struct network *load_network(const char *dir, const struct gazetteer *g, int tz_offset_min, struct arena *a,
                             struct cfg_findings *f);
/* What the places folder tells of ways (times.csv, overrides.csv, terrain.csv, each may be missing) into the
 * network, which is then whole: its index is built. */
void load_travel(const char *dir, const struct gazetteer *g, struct network *net, struct arena *a,
                 struct cfg_findings *f);
struct dialogue *load_dialogue(const char *dir, struct arena *a, struct cfg_findings *f);
/* The file that `hotlinectl passwd` writes. false with a finding when it is not there, others can read it, or
 * a line is none of ours. `page`: the setting that wants it. */
bool load_officers(const char *secrets, const char *name, const char *page, struct cfg_pos pos,
                   struct str *out, struct arena *a, struct cfg_findings *f);
struct catalogs *load_catalogs(const char *dir, const struct cfg_strings *languages, struct arena *a,
                               struct cfg_findings *f);

/* One entry of `listen`: ADDRESS:PORT, an IPv6 address in brackets, which `host` lacks. false: it is none. */
bool settings_listen(const char *text, char host[256], int *port);

#endif
