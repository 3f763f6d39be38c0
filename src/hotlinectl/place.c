/* place: the candidates for what a person typed. */
#include "hotlinectl/hotlinectl.h"

#include <cjson/cJSON.h>
#include <string.h>

static const char *const verdicts[] = {
    [PLACES_NONE] = "unknown", [PLACES_SURE] = "sure", [PLACES_ASK] = "ask"};

static void print_json(const struct gazetteer *g, enum places_verdict v, const struct place_match *m,
                       size_t n)
{
    cJSON *o = cJSON_CreateObject(), *all;
    cJSON_AddStringToObject(o, "verdict", verdicts[v]);
    all = cJSON_AddArrayToObject(o, "places");
    for (size_t i = 0; i < n; i++) {
        const struct place *province = places_province(g, m[i].place);
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "code", m[i].place->code);
        cJSON_AddStringToObject(one, "name", m[i].place->name);
        cJSON_AddStringToObject(one, "via", m[i].via->name);
        cJSON_AddNumberToObject(one, "score", m[i].score);
        cJSON_AddStringToObject(one, "why", place_why_text(m[i].why));
        cJSON_AddNumberToObject(one, "errors", m[i].distance / 4.0);
        if (province)
            cJSON_AddStringToObject(one, "province", province->name);
        cJSON_AddItemToArray(all, one);
    }
    char *text = cJSON_PrintUnformatted(o);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(o);
}

/* "mistyped, 1.25 errors: Huyen Moc Chau" */
static void print_match(const struct gazetteer *g, const struct place_match *m)
{
    const struct place *p = m->place, *province = places_province(g, p);
    printf("%5u  %s  %s %s", m->score, p->code, p->type, p->name);
    printf("%s%s  (%s", province ? ", " : "", province ? province->name : "", place_why_text(m->why));
    if (m->distance)
        printf(", %.2f errors", m->distance / 4.0);
    if (m->via != p)
        printf(": %s%s%s", m->via->type, *m->via->type ? " " : "", m->via->name);
    puts(")");
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
        print_json(s->places, v, m, n);
    } else {
        printf("%s\n", verdicts[v]);
        for (size_t i = 0; i < n; i++)
            print_match(s->places, &m[i]);
    }
    return v == PLACES_SURE ? CTL_OK : CTL_FAILED;
}
