/* rehearse: plays scripted conversations and says where they go another way than they should. */
#include "hotlinectl/hotlinectl.h"

#include "hotlinectl/talk.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    const struct ctl *ctl;
    const struct rules *rules;
    bool verbose;
    size_t passed, failed;
};

static void report(const struct tally *t, const char *path, const char *where, const char *what)
{
    if (!t->ctl->json) {
        if (*what)
            printf("%s%s\n", where, what);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "file", path);
    cJSON_AddBoolToObject(o, "passed", !*what);
    if (*what) {
        char *all;
        if (asprintf(&all, "%s%s", where, what) < 0)
            abort();
        cJSON_AddStringToObject(o, "failure", all);
        free(all);
    }
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

static bool plays(struct tally *t, const struct talk *talk)
{
    static struct player p; /* too large for a stack */
    char where[4200];
    player_begin(&p, t->rules, t->verbose);
    if (t->verbose)
        printf("== %s\n", talk->path);
    bool ok = player_plays(&p, talk);
    snprintf(where, sizeof where, "%s:%u: ", talk->path, ok ? 0 : p.line->no);
    report(t, talk->path, ok ? "" : where, ok ? "" : p.what);
    player_end(&p);
    return ok;
}

static void one_file(struct tally *t, const char *path)
{
    struct arena a;
    struct talk talk;
    char why[4096];
    struct out o;
    arena_init(&a, 0);
    out_init(&o, why, sizeof why);
    bool ok = talk_read(path, &a, &talk, &o);
    if (!ok)
        report(t, path, "", why);
    ok = ok && plays(t, &talk);
    t->passed += ok;
    t->failed += !ok;
    arena_free(&a);
}

static int is_talk(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".talk") == 0;
}

/* All conversations of a folder, by name. false: it is none. */
static bool folder(struct tally *t, const char *path)
{
    struct dirent **all;
    int n = scandir(path, &all, is_talk, alphasort);
    if (n < 0)
        return false;
    for (int i = 0; i < n; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, all[i]->d_name);
        one_file(t, file);
        free(all[i]);
    }
    free(all);
    return true;
}

int cmd_rehearse(struct ctl *ctl, int argc, char **argv)
{
    struct tally t = {.ctl = ctl, .verbose = ctl_flag(argc, argv, "--verbose")};
    if (ctl_leftover(argc, argv) || !ctl_word(argc, argv, 0))
        return ctl_usage("rehearse [--verbose] FILE.talk|FOLDER ...");
    const struct snapshot *s = ctl_rules(ctl);
    if (!s)
        return CTL_FAILED;
    t.rules = &s->rules;
    for (int i = 0; ctl_word(argc, argv, i); i++)
        if (!folder(&t, ctl_word(argc, argv, i)))
            one_file(&t, ctl_word(argc, argv, i));
    if (!ctl->json)
        printf("%zu conversations passed, %zu failed\n", t.passed, t.failed);
    if (t.passed + t.failed == 0)
        return ctl_fail("there is no conversation (a file whose name ends in .talk)");
    return t.failed ? CTL_FAILED : CTL_OK;
}
