/* What may have been meant where a word is not known. */
#include "snapshot/network.h"

#include <string.h>

enum { NAMES = 2, LONGEST = 64 };

static void one(const struct place *p, const char *before, struct out *o)
{
    out_printf(o, "%s\"%s\" (%s)", before, p->code, p->name);
}

static bool by_name(const struct gazetteer *g, struct str given, struct out *o)
{
    struct place_match found[NAMES];
    size_t n = 0;
    if (places_find(g, given, found, NAMES, &n) == PLACES_NONE || !n)
        return false;
    one(found[0].place, "; did you mean ", o);
    for (size_t i = 1; i < n && found[i].score == found[0].score; i++)
        one(found[i].place, " or ", o);
    out_char(o, '?');
    return true;
}

static bool by_code(const struct gazetteer *g, const char *given, struct out *o)
{
    size_t n = places_communes(g);
    struct arena scratch;
    arena_init(&scratch, 0);
    const char **codes = arena_array(&scratch, n + 1, sizeof *codes);
    for (size_t i = 0; i < n; i++)
        codes[i] = places_commune(g, i)->code;
    const char *near = cfg_nearest(given, codes, n);
    if (near)
        one(places_by_code(g, str_of(near)), "; did you mean ", o);
    out_cstr(o, near ? "?" : "");
    arena_free(&scratch);
    return near;
}

bool suggest_commune(const struct gazetteer *g, struct str given, struct out *o)
{
    char text[LONGEST];
    if (!str_copy(given, text, sizeof text))
        return false;
    bool digits = strspn(text, "0123456789") == strlen(text);
    return (!digits && by_name(g, given, o)) || by_code(g, text, o);
}
