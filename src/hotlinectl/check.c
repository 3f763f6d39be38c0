/* check: the whole configuration, everything that is wrong with it and what to do. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>

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

int cmd_check(struct ctl *ctl, int argc, char **argv)
{
    if (ctl_leftover(argc, argv) || ctl_word(argc, argv, 0))
        return ctl_usage("[-c FILE] check");
    struct arena a;
    struct cfg_findings f;
    arena_init(&a, 0);
    cfg_findings_init(&f, &a);
    ctl->snapshot = snapshot_load(ctl->config, &f);
    if (ctl->json)
        print_json(&f);
    else
        ctl_print_findings(&f, stdout);
    fprintf(stderr, "%zu errors, %zu warnings%s%s\n", f.errors, f.warnings, ctl->snapshot ? ", stamp " : "",
            ctl->snapshot ? ctl->snapshot->rules.stamp : "");
    int rc = f.errors ? CTL_FAILED : CTL_OK;
    cfg_findings_free(&f);
    arena_free(&a);
    return rc;
}
