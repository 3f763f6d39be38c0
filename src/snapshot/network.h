/* The network as its files have it, and what its loaders share. */
#ifndef SNAPSHOT_NETWORK_H
#define SNAPSHOT_NETWORK_H

#include "config/config.h"
#include "routing/routing.h"

/* ---- network_schema.c: as written ---- */

struct raw_fallback {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    const char *name, *number, *text;
    uint32_t needs;
};

struct raw_policy {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    double speed_kmh, detour;
    int64_t max_minutes, max_offers, spread_minutes;
    uint32_t modes;
    const char *language;
    msec offer_timeout, offer_timeout_urgent;
    bool urgent_without_consent, share_phone;
    struct cfg_list fallback;
};

struct raw_endpoint {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    const char *id, *url, *secret, *token;
    bool drill;
};

struct raw_host {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    const char *id, *name, *place, *hours, *meeting_point, *valid_from, *valid_to;
    int kind;
    uint32_t needs;
    bool women, men, accessible, is_public;
    int64_t children, capacity, occupied;
    double lat, lon;
    struct cfg_strings serves, avoid, phones, languages, exceptions;
};

struct raw_collaborator {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    const char *id, *name, *phone, *rota, *home;
    struct cfg_strings endpoint, places, hosts, languages, exceptions, out, swap;
    int64_t max_open;
    bool duty;
};

struct raw_holiday {
    struct cfg_pos pos;
    const struct cfg_line *lines;
    const char *name;
    struct cfg_strings days;
};

struct raw_file {
    struct raw_policy policy;
    struct cfg_list endpoints, hosts, collaborators, holidays;
};

/* ---- network_ids.c: ids and codes to what they name ---- */

struct ids { /* sorted by id */
    struct id_entry {
        const char *id;
        uint32_t index;
    } * items;
    size_t n;
};
void ids_add(struct ids *ids, const char *id); /* its index: how many there were before */
void ids_sort(struct ids *ids);
struct ids ids_of_communes(const struct gazetteer *g, struct arena *a); /* codes in force, by index */
/* The index of the id, or -1. */
int ids_find(const struct ids *ids, const char *id);
/* The one that may have been meant, or NULL. */
const char *ids_nearest(const struct ids *ids, const char *id, struct arena *a);

/* ---- suggest.c ---- */

/* With more mistakes than this nobody reads what each might have meant, and looking takes its time. */
enum { SUGGESTIONS = 200 };

/* `; did you mean "03985" (Chiềng Sơn)?` for a code that is not known, or for a name where a code belongs.
 * false: nothing is near, and nothing was written. */
bool suggest_commune(const struct gazetteer *g, struct str given, struct out *o);

/* ---- network_read.c: from texts to values, with findings ---- */

struct builder {
    struct network *net;
    const struct gazetteer *places;
    struct arena *a;
    struct cfg_findings *f;
    struct raw_policy policy;
    struct ids codes, hosts, people, endpoints;
    uint64_t usual_language;
};

const struct place *read_commune(struct builder *b, const char *code, struct cfg_pos pos);
const struct place **read_communes(struct builder *b, const struct cfg_strings *codes, size_t *n);
void read_hours(struct builder *b, const char *text, const struct cfg_strings *exceptions, struct hours *out,
                struct cfg_pos pos, const char *key);
msec read_date(struct builder *b, const char *text, struct cfg_pos pos, const char *key);
void read_id(struct builder *b, const char *id, struct cfg_pos pos);
void read_phone(struct builder *b, const char *phone, const char *whose, struct cfg_pos pos);
void read_usual_language(struct builder *b); /* of the policy; before any other */
/* The bits of the languages; when none are given, of the policy's. */
uint64_t read_languages(struct builder *b, const struct cfg_strings *list);
struct day_span *read_days(struct builder *b, const struct cfg_strings *list, const char *key, size_t *n);
/* -1 with a finding that says what there is instead. */
int read_reference(struct builder *b, const struct ids *ids, const char *what, const char *id,
                   struct cfg_pos pos);

/* ---- check_network.c ---- */

/* What is no mistake of one entry but of the whole. */
void network_warn(struct builder *b);

#endif
