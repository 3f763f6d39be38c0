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
    const char *outlines;                                         /* GeoJSON for maps; NULL */
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

struct snapshot_file {
    const char *name; /* "hotlined.conf", or what the folder is and the file's name: "network/hosts.conf" */
    uint8_t digest[16];
};
struct snapshot_files {
    struct snapshot_file *items;
    size_t n;
    char stamp[20];         /* of all of them: 16 hex digits of a BLAKE2b over names and digests */
    const char *unreadable; /* the first that could not be read; NULL: all could, so the stamp is right */
};

struct snapshot {
    struct arena arena;
    struct settings settings;
    struct snapshot_files files; /* of all it was made of, secrets left out */
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

/* NULL when `f` got an error. */
struct snapshot *snapshot_load(const char *path, struct cfg_findings *f);
/* The same without what needs secrets: no profiles, no keys. For the tool's commands that only look. */
struct snapshot *snapshot_load_open(const char *path, struct cfg_findings *f);
/* hotlined.conf alone, its paths resolved, whatever state the files it names are in. */
struct snapshot *snapshot_load_settings(const char *path, struct cfg_findings *f);
/* The stamp of one network folder by itself, wherever it lies. false: a file cannot be read. */
bool snapshot_stamp_folder(const char *dir, char stamp[20]);
void snapshot_free(struct snapshot *s);
/* The files as they are now; `path` is that of hotlined.conf. Lives in `a`. */
void snapshot_files(const struct settings *set, const char *path, struct arena *a,
                    struct snapshot_files *out);
/* "changed network/hosts.conf, lang/vi.conf, added network/new.conf, removed …"; what does not fit into `o`
 * is counted: "and 3 more". Nothing when they are the same. */
void snapshot_changes(const struct snapshot_files *old, const struct snapshot_files *now, struct out *o);
const struct profile *snapshot_profile(const struct snapshot *s, struct str id); /* NULL */
/* The same, if `profiles` of hotlined.conf lets it be called. */
const struct profile *snapshot_profile_in_use(const struct snapshot *s, struct str id);
/* Who sends the MT of this aggregator: itself, else mt_aggregator. NULL: nobody can. */
const struct profile *snapshot_sender(const struct snapshot *s, struct str id);
/* What the calendar is wrong about, as warnings: hosts and days that are over, holidays without dates, hours
 * of the next seven days when nobody is there. A snapshot does not know the time, so it comes in. */
void snapshot_check_dates(const struct snapshot *s, msec now, struct cfg_findings *f);
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

/* The settings that are read at the start alone, a line each; and which of them are others `now`: "listen,
 * threads". */
void settings_at_start(const struct settings *s, struct out *o);
void settings_waiting(struct str started, struct str now, struct out *o);

/* One entry of `listen`: ADDRESS:PORT, an IPv6 address in brackets, which `host` lacks. false: it is none. */
bool settings_listen(const char *text, char host[256], int *port);

#endif
