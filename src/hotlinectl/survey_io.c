#include "hotlinectl/survey_io.h"

#include "text/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- options ---- */

static bool is_time(const char *date, const char *clock)
{
    char whole[32];
    msec at;
    int n = snprintf(whole, sizeof whole, "%sT%s:00Z", date, clock);
    return n == 20 && time_parse_rfc3339(str_of(whole), &at);
}

static bool clock_of(const char *text, const char *otherwise, char out[6])
{
    return str_copy(str_of(text ? text : otherwise), out, 6) && is_time("1970-01-01", out);
}

static bool date_of(const char *text, char out[11])
{
    return !text || (str_copy(str_of(text), out, 11) && is_time(out, "00:00"));
}

static bool format_of(const struct ctl *ctl, const char *text, enum survey_format *out)
{
    static const char *const names[] = {"text", "csv", "json", "html"};
    *out = ctl->json ? SURVEY_JSON : SURVEY_TEXT;
    for (int i = 0; text && i < 4; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum survey_format)i;
            return true;
        }
    return !text;
}

bool survey_options(const struct ctl *ctl, int argc, char **argv, struct survey_options *out)
{
    const char *date = ctl_option(argc, argv, "--date"), *day = ctl_option(argc, argv, "--day"),
               *night = ctl_option(argc, argv, "--night"), *format = ctl_option(argc, argv, "--format"),
               *html = ctl_option(argc, argv, "--html");
    *out = (struct survey_options){.path = ctl_option(argc, argv, "-o")};
    if (html && (out->path || format))
        return false;
    if (html) {
        format = "html";
        out->path = html;
    }
    return date_of(date, out->when.date) && clock_of(day, "10:00", out->when.clock[SURVEY_DAY]) &&
           clock_of(night, "23:00", out->when.clock[SURVEY_NIGHT]) && format_of(ctl, format, &out->format) &&
           (!out->path || *out->path);
}

void survey_moments(struct survey_when *when, int tz_offset_min, msec at[SURVEY_TIMES])
{
    char whole[32];
    if (!*when->date) {
        time_rfc3339(clock_ms() + tz_offset_min * MINUTE_MS, 0, whole, sizeof whole);
        snprintf(when->date, sizeof when->date, "%.10s", whole);
    }
    for (int t = 0; t < SURVEY_TIMES; t++) {
        snprintf(whole, sizeof whole, "%sT%s:00Z", when->date, when->clock[t]);
        if (!time_parse_rfc3339(str_of(whole), &at[t]))
            abort(); /* both were taken as options */
        at[t] -= tz_offset_min * MINUTE_MS;
    }
}

/* ---- where it goes ---- */

void survey_begin(struct survey_result *r)
{
    *r = (struct survey_result){.text = NULL};
    r->to = open_memstream(&r->text, &r->n);
    if (!r->to)
        abort();
}

int survey_end(struct survey_result *r, const char *path, int rc)
{
    if (fclose(r->to) != 0)
        abort();
    int put = ctl_put(path, (struct str){r->text, r->n});
    free(r->text);
    return put == CTL_OK ? rc : put;
}

int survey_drop(struct survey_result *r)
{
    fclose(r->to);
    free(r->text);
    return CTL_FAILED;
}

bool survey_put_page(FILE *to, cJSON *o, const struct settings *set)
{
    char *text = cJSON_PrintUnformatted(o);
    if (!text)
        abort();
    int rc = ctl_atlas(set, text, to);
    cJSON_free(text);
    cJSON_Delete(o);
    return rc == CTL_OK;
}

void survey_put_json(FILE *to, cJSON *o)
{
    char *text = cJSON_PrintUnformatted(o);
    if (!text)
        abort();
    fprintf(to, "%s\n", text);
    cJSON_free(text);
    cJSON_Delete(o);
}

/* ---- text ---- */

/* Where `width` columns end; a character is taken for one column, as Vietnamese and Latin are. */
static size_t bytes_of(const char *text, size_t width)
{
    struct str rest = str_of(text);
    for (size_t n; width && (n = text_char(rest)); width--)
        rest = (struct str){rest.s + n, rest.n - n};
    return (size_t)(rest.s - text);
}

size_t survey_width(const char *text)
{
    size_t width = 0;
    for (struct str rest = str_of(text); rest.n; width++) {
        size_t n = text_char(rest);
        rest = (struct str){rest.s + n, rest.n - n};
    }
    return width;
}

static void cut(FILE *to, const char *text, size_t width, size_t room)
{
    if (width <= room)
        fputs(text, to);
    else
        fprintf(to, "%.*s…", (int)bytes_of(text, room - 1), text);
}

void survey_cell(FILE *to, const char *text, size_t room)
{
    size_t width = survey_width(text);
    cut(to, text, width, room);
    fprintf(to, "%*s", width < room ? (int)(room - width) : 0, "");
}

void survey_rest(FILE *to, const char *text, size_t used)
{
    cut(to, text, survey_width(text), used + 1 < SURVEY_COLUMNS ? SURVEY_COLUMNS - used : 1);
    fputc('\n', to);
}

/* ---- JSON ---- */

const struct place *survey_district(const struct gazetteer *g, const struct place *p)
{
    const struct place *d = *p->former_district ? places_by_code(g, str_of(p->former_district)) : NULL;
    return d && d->level == PLACE_FORMER_DISTRICT ? d : NULL;
}

static void add_name(cJSON *o, const char *code, const char *name)
{
    cJSON_AddStringToObject(o, "code", code);
    cJSON_AddStringToObject(o, "name", name);
}

cJSON *survey_province_json(const struct settings *s, const struct gazetteer *g)
{
    const struct place *p = places_by_code(g, str_of(s->province));
    cJSON *o = cJSON_CreateObject();
    add_name(o, s->province, p ? p->name : "");
    return o;
}

cJSON *survey_commune_json(const struct gazetteer *g, const struct place *p)
{
    const struct place *d = survey_district(g, p);
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "code", p->code);
    cJSON_AddStringToObject(o, "type", p->type);
    cJSON_AddStringToObject(o, "name", p->name);
    cJSON *of = d ? cJSON_AddObjectToObject(o, "district") : cJSON_AddNullToObject(o, "district");
    if (d)
        add_name(of, d->code, d->name);
    cJSON_AddNumberToObject(o, "lat", p->lat);
    cJSON_AddNumberToObject(o, "lon", p->lon);
    return o;
}

cJSON *survey_host_json(const struct host *h)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "id", h->id);
    cJSON_AddStringToObject(o, "name", h->name ? h->name : "");
    cJSON_AddStringToObject(o, "kind", host_kind_name(h->kind));
    cJSON_AddStringToObject(o, "place", h->place->code);
    cJSON_AddNumberToObject(o, "lat", h->lat);
    cJSON_AddNumberToObject(o, "lon", h->lon);
    return o;
}

void survey_add_when(cJSON *o, const struct survey_when *when)
{
    cJSON_AddStringToObject(o, "date", when->date);
    cJSON_AddStringToObject(o, "day", when->clock[SURVEY_DAY]);
    cJSON_AddStringToObject(o, "night", when->clock[SURVEY_NIGHT]);
}
