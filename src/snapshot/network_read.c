/* Texts of the network's files to values; what is wrong is told with its line and the remedy. */
#include "snapshot/network.h"

#include "text/text.h"

#include <string.h>

static const char *suggestion(struct builder *b, const struct ids *ids, const char *id)
{
    return b->f->errors < SUGGESTIONS ? ids_nearest(ids, id, b->a) : NULL;
}

const struct place *read_commune(struct builder *b, const char *code, struct cfg_pos pos)
{
    int i = ids_find(&b->codes, code);
    if (i >= 0)
        return places_commune(b->places, (size_t)i);
    const struct place *p = places_by_code(b->places, str_of(code));
    char near[160] = "";
    struct out o;
    out_init(&o, near, sizeof near);
    if (p)
        cfg_error(b->f, pos, "\"%s\" (%s) is no commune in force; use the code of one that it became", code,
                  p->name);
    else if (b->f->errors < SUGGESTIONS && suggest_commune(b->places, str_of(code), &o))
        cfg_error(b->f, pos, "unknown commune \"%s\"%s", code, near);
    else
        cfg_error(b->f, pos, "unknown commune \"%s\"; see the codes in the places folder", code);
    return NULL;
}

const struct place **read_communes(struct builder *b, const struct cfg_strings *codes, size_t *n)
{
    const struct place **out = arena_array(b->a, codes->n + 1, sizeof *out);
    for (size_t i = 0; i < codes->n; i++) {
        const struct place *p = read_commune(b, codes->items[i], cfg_item_pos(codes, i));
        if (p)
            out[(*n)++] = p;
    }
    return out;
}

int read_reference(struct builder *b, const struct ids *ids, const char *what, const char *id,
                   struct cfg_pos pos)
{
    int i = ids_find(ids, id);
    if (i >= 0)
        return i;
    const char *near = suggestion(b, ids, id);
    cfg_error(b->f, pos, "there is no %s \"%s\"; %s%s%s", what, id,
              near ? "did you mean \"" : "define it or correct the id", near ? near : "", near ? "\"?" : "");
    return -1;
}

void read_hours(struct builder *b, const char *text, const struct cfg_strings *exceptions, struct hours *out,
                struct cfg_pos pos, const char *key)
{
    struct failure why = {OK, ""};
    if (hours_parse(str_of(text), out, &why) != OK)
        cfg_error(b->f, pos, "%s: %s", key, why.what);
    struct hours_exception *all = arena_array(b->a, exceptions->n + 1, sizeof *all);
    for (size_t i = 0; i < exceptions->n; i++) {
        struct cfg_pos at = cfg_item_pos(exceptions, i);
        if (hours_parse_exception(str_of(exceptions->items[i]), &all[i], &why) != OK)
            cfg_error(b->f, at, "exceptions: %s", why.what);
        all[i].line = at.line;
    }
    out->except = all;
    out->n_except = exceptions->n;
}

msec read_date(struct builder *b, const char *text, struct cfg_pos pos, const char *key)
{
    msec at = 0;
    if (text && !time_parse_date(str_of(text), b->net->tz_offset_min, &at))
        cfg_error(b->f, pos, "%s is \"%s\"; write a date as 2026-01-31", key, text);
    return at;
}

void read_id(struct builder *b, const char *id, struct cfg_pos pos)
{
    if (strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") != strlen(id))
        cfg_error(b->f, pos, "id \"%s\" may hold letters, digits, dash, dot and underscore only", id);
}

void read_phone(struct builder *b, const char *phone, const char *whose, struct cfg_pos pos)
{
    char e164[MSISDN_MAX];
    if (phone[0] != '+' || !text_msisdn(str_of(phone), "0", e164) || strcmp(e164, phone) != 0)
        cfg_error(b->f, pos, "phone of \"%s\" must be in full and without blanks: +84 and the number", whose);
}

static uint64_t language_bit(struct builder *b, const char *code, struct cfg_pos pos)
{
    struct network *net = b->net;
    size_t i = 0, n = strlen(code);
    if (n < 2 || n > 8 || strspn(code, "abcdefghijklmnopqrstuvwxyz") != n) {
        const char *near = cfg_nearest(code, net->languages, net->n_languages);
        cfg_error(b->f, pos, "language \"%s\" must be a code of small letters, such as %s%s%s", code,
                  near ? "\"" : "vi, hmn or tdd", near ? near : "", near ? "\"" : "");
        return 0;
    }
    while (i < net->n_languages && strcmp(net->languages[i], code) != 0)
        i++;
    if (i == 64) {
        cfg_error(b->f, pos, "\"%s\" is one language too many; 64 are the most", code);
        return 0;
    }
    if (i == net->n_languages)
        net->languages[net->n_languages++] = code;
    return (uint64_t)1 << i;
}

uint64_t read_languages(struct builder *b, const struct cfg_strings *list)
{
    uint64_t all = 0;
    for (size_t i = 0; i < list->n; i++)
        all |= language_bit(b, list->items[i], cfg_item_pos(list, i));
    return list->n ? all : b->usual_language;
}

void read_usual_language(struct builder *b)
{
    b->usual_language =
        language_bit(b, b->policy.language, cfg_key_pos(b->policy.pos, b->policy.lines, "language"));
}

struct day_span *read_days(struct builder *b, const struct cfg_strings *list, const char *key, size_t *n)
{
    struct day_span *out = arena_array(b->a, list->n + 1, sizeof *out);
    for (size_t i = 0; i < list->n; i++)
        if (day_span_parse(str_of(list->items[i]), &out[*n]))
            (*n)++;
        else
            cfg_error(b->f, cfg_item_pos(list, i),
                      "%s has \"%s\"; write a date as 2026-02-10 or first and last as 2026-02-10..2026-02-14",
                      key, list->items[i]);
    return out;
}
