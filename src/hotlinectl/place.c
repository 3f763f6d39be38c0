/* place: the candidates for what a person typed. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>
#include <string.h>

static const char *const verdicts[] = {
    [PLACES_NONE] = "unknown", [PLACES_SURE] = "sure", [PLACES_ASK] = "ask"};

static void print_json(enum places_verdict v, const struct place_match *m, size_t n)
{
    cJSON *o = cJSON_CreateObject(), *all;
    cJSON_AddStringToObject(o, "verdict", verdicts[v]);
    all = cJSON_AddArrayToObject(o, "places");
    for (size_t i = 0; i < n; i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "code", m[i].place->code);
        cJSON_AddStringToObject(one, "name", m[i].place->name);
        cJSON_AddStringToObject(one, "via", m[i].via->name);
        cJSON_AddNumberToObject(one, "score", m[i].score);
        cJSON_AddStringToObject(one, "why", place_why_text(m[i].why));
        cJSON_AddItemToArray(all, one);
    }
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

int cmd_place(struct ctl *ctl, int argc, char **argv)
{
    char text[1024];
    struct out o;
    struct place_match m[12];
    size_t n = 0;
    if (ctl_leftover(argc, argv) || !ctl_word(argc, argv, 0))
        return ctl_usage("place TEXT");
    const struct snapshot *s = ctl_rules(ctl);
    if (!s)
        return CTL_FAILED;
    out_init(&o, text, sizeof text);
    for (int i = 0; ctl_word(argc, argv, i); i++)
        out_printf(&o, "%s%s", i ? " " : "", ctl_word(argc, argv, i));
    enum places_verdict v = places_find(s->places, out_span(&o), m, 12, &n);
    if (ctl->json) {
        print_json(v, m, n);
    } else {
        printf("%s\n", verdicts[v]);
        for (size_t i = 0; i < n; i++) {
            const struct place *p = m[i].place;
            printf("%5u  %s  %s %s  (%s", m[i].score, p->code, p->type, p->name, place_why_text(m[i].why));
            if (m[i].via != p)
                printf(": %s%s%s", m[i].via->type, *m[i].via->type ? " " : "", m[i].via->name);
            puts(")");
        }
    }
    return v == PLACES_NONE ? CTL_FAILED : CTL_OK;
}
