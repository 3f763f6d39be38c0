#include "atlas/atlas.h"

#include "atlas/internal.h"

#include <cjson/cJSON.h>
#include <sodium.h>
#include <string.h>

/* What the frame names between two @@. */
struct page {
    FILE *to;
    struct str data, outlines;
};

static void put(FILE *to, struct str s)
{
    fwrite(s.s, 1, s.n, to);
}

/* As the text of a <script>, which ends at "</script" and may begin a comment at "<!--", whatever is written
 * there. In JSON all of these stand in strings alone. */
static void put_json(FILE *to, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool separator = s.n - i >= 3 && memcmp(s.s + i, "\xe2\x80", 2) == 0 &&
                         (s.s[i + 2] == '\xa8' || s.s[i + 2] == '\xa9');
        if (separator) {
            fputs(s.s[i + 2] == '\xa8' ? "\\u2028" : "\\u2029", to);
            i += 2;
        } else if (strchr("<>&", s.s[i]) && s.s[i]) {
            fprintf(to, "\\u%04x", (unsigned)s.s[i]);
        } else {
            fputc(s.s[i], to);
        }
    }
}

/* The one script or style with this text may work, and none that anybody slipped in. */
static void put_hash(FILE *to, enum atlas_part part)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char text[64];
    struct out o;
    struct str s = atlas_part(part);
    crypto_hash_sha256(digest, (const uint8_t *)s.s, s.n);
    out_init(&o, text, sizeof text);
    out_base64(&o, digest, sizeof digest);
    fprintf(to, "'sha256-%s'", text);
}

static void put_slot(const struct page *p, struct str name)
{
    static const struct {
        const char *name;
        enum atlas_part part;
        bool hash;
    } slots[] = {
        {"leaflet.css", ATLAS_LEAFLET_CSS, false},     {"css", ATLAS_CSS, false},
        {"leaflet.js", ATLAS_LEAFLET_JS, false},       {"js", ATLAS_JS, false},
        {"hash leaflet.css", ATLAS_LEAFLET_CSS, true}, {"hash css", ATLAS_CSS, true},
        {"hash leaflet.js", ATLAS_LEAFLET_JS, true},   {"hash js", ATLAS_JS, true},
    };
    if (str_is(name, "data"))
        put_json(p->to, p->data);
    else if (str_is(name, "outlines"))
        put_json(p->to, p->outlines);
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (str_is(name, slots[i].name)) {
            if (slots[i].hash)
                put_hash(p->to, slots[i].part);
            else
                put(p->to, atlas_part(slots[i].part));
        }
}

static void put_page(const struct page *p)
{
    struct str rest = atlas_part(ATLAS_PAGE);
    const char *mark;
    for (bool slot = false; (mark = memmem(rest.s, rest.n, "@@", 2)); slot = !slot) {
        struct str before = {rest.s, (size_t)(mark - rest.s)};
        if (slot)
            put_slot(p, before);
        else
            put(p->to, before);
        rest = (struct str){mark + 2, rest.n - before.n - 2};
    }
    put(p->to, rest);
}

static bool is_known(struct str json)
{
    cJSON *o = cJSON_ParseWithLength(json.s, json.n);
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "kind"));
    bool yes = kind && (strcmp(kind, "coverage") == 0 || strcmp(kind, "diff") == 0);
    cJSON_Delete(o);
    return yes;
}

enum err atlas_write(FILE *to, struct str data, struct str outlines, struct failure *why)
{
    if (!is_known(data))
        return fail(why, ERR_INPUT, "no JSON of coverage or diff");
    if (!outlines.n)
        outlines = STR("null");
    else if (atlas_check_outlines(outlines, why) != OK)
        return ERR_INPUT;
    put_page(&(struct page){to, data, outlines});
    if (fflush(to) != 0 || ferror(to))
        return fail(why, ERR_AGAIN, "the page cannot be written");
    return OK;
}
