/* check: the whole configuration, everything that is wrong with it and what to do. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>
#include <string.h>

static void print_json(const struct cfg_findings *f)
{
    cJSON *all = cJSON_CreateArray();
    for (size_t i = 0; i < f->n; i++) {
        const struct cfg_finding *one = &f->items[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "file", one->pos.file ? one->pos.file : "");
        cJSON_AddNumberToObject(o, "line", one->pos.line);
        cJSON_AddStringToObject(o, "severity", one->severity == CFG_ERROR ? "error" : "warning");
        cJSON_AddStringToObject(o, "what", one->what);
        cJSON_AddItemToArray(all, o);
    }
    char *text = cJSON_Print(all);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(all);
}

/* ---- languages that are not switched on ---- */

struct drafts { /* what is told of them, a line each */
    struct arena *arena;
    struct cfg_findings *f;
    struct out told;
};

static bool switched_on(const struct snapshot *s, const char *lang)
{
    const struct cfg_strings *on = &s->settings.languages;
    for (size_t i = 0; i < on->n; i++)
        if (strcmp(on->items[i], lang) == 0)
            return true;
    return false;
}

static void look_at_draft(struct drafts *d, const struct snapshot *s, const char *lang)
{
    struct cfg_strings only = {.items = &lang, .n = 1};
    struct cfg_findings found;
    size_t there, wanted;
    cfg_findings_init(&found, d->arena);
    struct catalogs *draft = load_catalogs(s->settings.lang, &only, d->arena, &found);
    for (size_t i = 0; i < found.n; i++)
        cfg_warn(d->f, found.items[i].pos, "%s", found.items[i].what);
    cfg_findings_free(&found);
    if (!draft || !dialogue_is_draft(draft, lang))
        return;
    dialogue_check_draft(s->dialogue, draft, s->places, &there, &wanted, d->f);
    out_printf(&d->told, "%s is a draft with %zu of %zu texts; not switched on\n", lang, there, wanted);
}

static void look_at_drafts(struct drafts *d, const struct snapshot *s)
{
    const char **paths;
    size_t n = cfg_dir(s->settings.lang, ".conf", &paths, d->arena, d->f);
    for (size_t i = 0; i < n; i++) {
        const char *slash = strrchr(paths[i], '/'), *name = slash ? slash + 1 : paths[i];
        struct str bare = {name, strlen(name) - strlen(".conf")};
        const char *lang = arena_strdup(d->arena, bare);
        if (!switched_on(s, lang))
            look_at_draft(d, s, lang);
    }
}

/* ---- what was found out about the dialogue ---- */

static const char *given(unsigned bits)
{
    static const char *const words[] = {"to nothing", "to a referral", "to information",
                                        "to a referral or information"};
    return words[bits & (REACH_REFERRAL | REACH_INFORMATION)];
}

static void print_reach(const struct dialogue_reach *r)
{
    for (int need = 0; need < NEED_COUNT; need++) {
        const struct reach *sms = &r->by[need][CHANNEL_SMS], *ussd = &r->by[need][CHANNEL_USSD];
        fprintf(stderr, "%s: at most %u answers by sms, %u by ussd, %s\n", need_name((enum need)need),
                sms->answers, ussd->answers, given(sms->given | ussd->given));
    }
    fprintf(stderr, "%zu situations of the dialogue were walked through\n", r->situations);
}

/* ---- the drawing ---- */

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n > m && strcmp(path + n - m, suffix) == 0;
}

static void print_page(FILE *to, const struct dialogue_reach *r, struct str drawing)
{
    fputs("# The dialogue\n\nDrawn by `hotlinectl check --drawing`; `make docs` brings it up to date. A box "
          "is a "
          "state with the key of its text, a rounded one an end; the way of somebody in danger has a red "
          "frame.\n\n"
          "Answers it takes at most, from the message that states the need to the end (a place is one "
          "answer, a "
          "choice among places of one name another; by number, a group and its commune are one each, and "
          "turned "
          "pages are none):\n\n| need | by SMS | by USSD | leads "
          "|\n|---|---|---|---|\n",
          to);
    for (int need = 0; need < NEED_COUNT; need++) {
        const struct reach *sms = &r->by[need][CHANNEL_SMS], *ussd = &r->by[need][CHANNEL_USSD];
        fprintf(to, "| %s | %u | %u | %s |\n", need_name((enum need)need), sms->answers, ussd->answers,
                given(sms->given | ussd->given));
    }
    if (r->menu_most)
        fprintf(
            to,
            "\nA place that is chosen by number on the smallest USSD screen takes %u to %u answers, turned "
            "pages included, as long as nothing is known of how often each is meant.\n",
            r->menu_least, r->menu_most);
    fprintf(to, "\n```mermaid\n" STR_FMT "```\n", STR_ARG(drawing));
}

static int draw(const struct snapshot *s, const char *path)
{
    static char text[256 * 1024];
    struct out o;
    bool page = ends_in(path, ".md"), graphviz = ends_in(path, ".dot");
    out_init(&o, text, sizeof text);
    dialogue_draw(s->dialogue, graphviz ? DRAWING_GRAPHVIZ : DRAWING_MERMAID, &o);
    if (o.overflow)
        return ctl_fail("the drawing is longer than %zu bytes", sizeof text);
    FILE *to = fopen(path, "w");
    if (!to)
        return ctl_fail("cannot write %s", path);
    if (page)
        print_page(to, &s->reach, out_span(&o));
    else
        fwrite(text, 1, o.len, to);
    return fclose(to) == 0 ? CTL_OK : ctl_fail("cannot write %s", path);
}

static void print_all(struct ctl *ctl, const struct cfg_findings *f, const char *drafts)
{
    if (ctl->json)
        print_json(f);
    else
        cfg_findings_print(f, stdout);
    fflush(stdout);
    if (ctl->snapshot)
        print_reach(&ctl->snapshot->reach);
    fputs(drafts, stderr);
    fprintf(stderr, "%zu errors, %zu warnings%s%s\n", f->errors, f->warnings, ctl->snapshot ? ", stamp " : "",
            ctl->snapshot ? ctl->snapshot->rules.stamp : "");
}

static int check(struct ctl *ctl, const char *drawing, msec at)
{
    char told[4096];
    struct arena a;
    struct cfg_findings f;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    struct drafts drafts = {.arena = &a, .f = &f};
    out_init(&drafts.told, told, sizeof told);
    ctl->snapshot = snapshot_load(ctl->config, &f);
    if (ctl->snapshot) {
        snapshot_check_dates(ctl->snapshot, at, &f);
        look_at_drafts(&drafts, ctl->snapshot);
    }
    print_all(ctl, &f, told);
    int rc = f.errors ? CTL_FAILED : CTL_OK;
    if (drawing && ctl->snapshot)
        rc = draw(ctl->snapshot, drawing);
    cfg_findings_free(&f);
    arena_free(&a);
    return rc;
}

int cmd_check(struct ctl *ctl, int argc, char **argv)
{
    static const char usage[] = "[-c FILE] check [--drawing FILE.md|FILE.mmd|FILE.dot] [--at TIME]";
    const char *drawing = ctl_option(argc, argv, "--drawing"), *when = ctl_option(argc, argv, "--at");
    bool form = !drawing || ends_in(drawing, ".md") || ends_in(drawing, ".mmd") || ends_in(drawing, ".dot");
    msec at = clock_ms();
    if (!form || ctl_leftover(argc, argv) || ctl_word(argc, argv, 0))
        return ctl_usage(usage);
    if (when && !time_parse_rfc3339(str_of(when), &at)) {
        ctl_fail("\"%s\" is no time; write 2026-12-01T08:00:00+07:00", when);
        return CTL_USAGE;
    }
    return check(ctl, drawing, at);
}
