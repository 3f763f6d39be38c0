/* The texts: one file a language, named after it. */
#include "snapshot/snapshot.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct catalog_def, member)
static const struct cfg_key keys[] = {
    {.name = "accents",
     .type = CFG_BOOL,
     .offset = AT(accents),
     .dflt = "false",
     .help = "place names are written with accents"},
    {.name = "unaccent",
     .type = CFG_BOOL,
     .offset = AT(unaccent),
     .dflt = "false",
     .help = "its texts may be sent without accents when that saves segments"},
    {.name = "draft",
     .type = CFG_BOOL,
     .offset = AT(draft),
     .dflt = "false",
     .help = "nobody who speaks it has verified it yet"},
    {.name = "first",
     .type = CFG_STRINGS,
     .offset = AT(first),
     .help = "words of a first message that choose this language"},
    {.name = "marks",
     .type = CFG_BOOL,
     .offset = AT(marks),
     .dflt = "false",
     .help = "chosen when a first message has the accents of Vietnamese"},
    {.name = "segments",
     .type = CFG_INT,
     .offset = AT(segments),
     .dflt = "2",
     .min = 1,
     .max = 10,
     .help = "SMS that a text of it may take at most"},
    {.name = "texts", .type = CFG_MAP, .offset = AT(texts), .required = true, .help = "the texts by key"},
    {0},
};
const struct cfg_schema catalog_schema = {"lang/*.conf", sizeof(struct catalog_def), keys, false};

/* The language of the folder that may have been meant; NULL. */
static const char *nearest(const char *dir, const char *lang, struct arena *a)
{
    const char **names;
    struct cfg_findings none;
    cfg_findings_init(&none, a);
    size_t n = cfg_dir(dir, ".conf", &names, a, &none);
    cfg_findings_free(&none);
    for (size_t i = 0; i < n; i++) {
        const char *name = strrchr(names[i], '/') + 1;
        names[i] = arena_strdup(a, (struct str){name, strlen(name) - strlen(".conf")});
    }
    return cfg_nearest(lang, names, n);
}

struct catalogs *load_catalogs(const char *dir, const struct cfg_strings *languages, struct arena *a,
                               struct cfg_findings *f)
{
    struct catalog_def *defs = arena_array(a, languages->n + 1, sizeof *defs);
    size_t before = f->errors;
    if (languages->n == 0)
        cfg_error(f, languages->pos, "languages is empty; name at least one catalog");
    for (size_t i = 0; i < languages->n; i++) {
        char path[4096];
        struct out o;
        out_init(&o, path, sizeof path);
        out_printf(&o, "%s/%s.conf", dir, languages->items[i]);
        defs[i].lang = languages->items[i];
        if (strlen(defs[i].lang) >= sizeof((struct session *)0)->lang)
            cfg_error(f, languages->pos, "the name of language \"%s\" is longer than 15 bytes", defs[i].lang);
        if (strpbrk(defs[i].lang, "\t\r\n/"))
            cfg_error(f, languages->pos, "the name of language \"%s\" holds a tab, line break or slash",
                      defs[i].lang);
        const char *near = access(path, F_OK) == 0 ? NULL : nearest(dir, defs[i].lang, a);
        if (near)
            cfg_error(f, languages->pos, "there is no language \"%s\" in %s; did you mean \"%s\"?",
                      defs[i].lang, dir, near);
        else if (cfg_load(path, &catalog_schema, &defs[i], a, f))
            defs[i].pos = defs[i].texts.pos;
    }
    return f->errors == before ? catalogs_build(defs, languages->n, a, f) : NULL;
}
