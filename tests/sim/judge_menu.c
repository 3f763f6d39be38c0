/* The menu of places: a number is the place on its line, and the list tells nothing of others. */
#include "sim/walk.h"

#include <string.h>

/* "3 Mai Son" or "3. Mai Son": the name behind the number; NULL: no such line. */
static struct str line_of(struct str text, char number)
{
    while (text.n) {
        struct str line = str_split(&text, '\n');
        if (line.n < 3 || *line.s != number || (line.s[1] != ' ' && line.s[1] != '.'))
            continue;
        str_split(&line, ' ');
        return line;
    }
    return (struct str){NULL, 0};
}

static bool is_called(const struct walk *w, const char *code, struct str name)
{
    const struct place *p = places_by_code(w->sim->rules->places, str_of(code));
    return p && (str_eq(places_menu_name(p, true), name) || str_eq(places_menu_name(p, false), name));
}

static bool is_changed(const char *was, const char *is)
{
    return *is && strcmp(was, is) != 0;
}

/* What the phone read last, and what became known by a number. */
static void judge_number(struct walk *w, const struct op *op, const struct session *was,
                         const struct session *is)
{
    const struct watch *ph = &w->phones[op->phone];
    bool number = op->event == DLG_TEXT && op->text.n == 1 && *op->text.s >= '1' && *op->text.s <= '6';
    const char *code = is_changed(was->place, is->place)   ? is->place
                       : is_changed(was->group, is->group) ? is->group
                                                           : NULL;
    if (!number || !code || !*ph->read) /* cut, and on by SMS: it answers what was read before */
        return;
    if (*was->choice[0] && line_of(str_of(ph->read), '8').n)
        return; /* a choice among names goes over pages, and what the page before showed may be pressed */
    w->sim->t.chosen += w->counting;
    if (!is_called(w, code, line_of(str_of(ph->read), *op->text.s)))
        broke(w, "a number is the place on its line", "%s is %c of \"%s\"", code, *op->text.s, ph->read);
}

/* All that comes in is a drill, which no order may tell of: each page is in the order of names. */
static void judge_order(struct walk *w, const struct session *is)
{
    const struct gazetteer *g = w->sim->rules->places;
    for (int i = 1; i < SESSION_LINES && *is->lines[i]; i++) {
        const struct place *a = places_by_code(g, str_of(is->lines[i - 1])),
                           *b = places_by_code(g, str_of(is->lines[i]));
        if (!a || !b || strcmp(places_menu_name(a, false).s, places_menu_name(b, false).s) > 0)
            broke(w, "the order of places tells of nobody", "%s before %s", is->lines[i - 1], is->lines[i]);
    }
}

void judge_menu(struct walk *w, const struct op *op, const struct contact *before)
{
    static const struct session nothing = {.children = 255};
    struct contact c;
    if (practice_contact(w->p, w->phones[op->phone].msisdn, &c) != OK)
        return;
    judge_number(w, op, before ? &before->session : &nothing, &c.session);
    judge_order(w, &c.session);
}

/* A name that everybody reads there: a line of the menu, or the group that was opened by its number. */
static bool is_everybodys(const struct walk *w, const struct session *s, struct str line)
{
    bool numbered = line.n > 2 && *line.s >= '1' && *line.s <= '6' && line.s[1] == ' ';
    const struct place *group = places_by_code(w->sim->rules->places, str_of(s->group));
    if (numbered || !group)
        return numbered;
    for (int accents = 0; accents < 2; accents++) {
        struct str name = places_menu_name(group, accents);
        if (memmem(line.s, line.n, name.s, name.n))
            return true;
    }
    return false;
}

void menu_left_out(const struct walk *w, uint8_t phone, struct str text, struct out *o)
{
    struct contact c;
    bool menu = practice_contact(w->p, w->phones[phone].msisdn, &c) == OK &&
                (*c.session.lines[0] || *c.session.group);
    while (text.n) {
        struct str line = str_split(&text, '\n');
        if (!menu || !is_everybodys(w, &c.session, line))
            out_printf(o, STR_FMT "\n", STR_ARG(line));
    }
}
