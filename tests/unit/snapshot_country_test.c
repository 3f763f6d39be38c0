/* Places of more than one province: what is served, what is known to lie elsewhere, and what a province's
 * name says. */
#include "snapshot/snapshot.h"
#include "text/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHOICES = 5 };

static struct arena arena;
static struct cfg_findings findings;

static const struct gazetteer *load(const char *dir, const char *province)
{
    cfg_findings_free(&findings);
    cfg_findings_init(&findings, &arena);
    return load_places(dir, province, &arena, &findings);
}

static const struct gazetteer *load_country(const char *province)
{
    const struct gazetteer *g = load("tests/data/country", province);
    assert_non_null(g);
    assert_int_equal(findings.n, 0);
    return g;
}

struct expected {
    const char *text;
    enum places_verdict verdict;
    const char *code; /* among the choices; NULL: any */
};

static void expect(const struct gazetteer *g, const struct expected *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct place_match m[CHOICES];
        size_t found = 0;
        enum places_verdict v = places_find(g, str_of(e[i].text), m, CHOICES, &found);
        bool in = !e[i].code;
        for (size_t k = 0; k < found; k++)
            in = in || strcmp(m[k].place->code, e[i].code) == 0;
        if (v != e[i].verdict || !in)
            fail_msg("\"%s\" is %d with %s, not %d with %s", e[i].text, (int)v,
                     found ? m[0].place->name : "nothing", (int)e[i].verdict, e[i].code ? e[i].code : "any");
    }
}

static void the_whole_country(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"Hoan Kiem", PLACES_SURE, "00070"},
        {"xã Ea Bung", PLACES_SURE, "24229"},
        {"em o buon ma thuot cuu em voi", PLACES_SURE, "24133"},
        {"Buon Me", PLACES_SURE, "24133"},
        {"muong ponn", PLACES_SURE, "03202"},
        {"Muong Lan", PLACES_ASK, "03313"}, /* one in each of two provinces */
        {"Muong Lan", PLACES_ASK, "04246"},
        {"Muong Lan, Dien Bien", PLACES_SURE, "03313"},
        {"muong lan son la", PLACES_SURE, "04246"},
        {"xa yen son tinh son la", PLACES_SURE, "04087"},
        {"Yen Son, Phu Tho", PLACES_SURE, "08656"}, /* a commune there is called like the province */
        {"Mộc Châu", PLACES_ASK, "03980"},
        {"huyen Van Ho", PLACES_ASK, "04018"},
        {"Chieng Son, Dien Bien", PLACES_ASK, "03985"}, /* there is none in Dien Bien */
        {"Dien Bien", PLACES_NONE, NULL},
        {"em o Ha Noi", PLACES_NONE, NULL},
        {"Thu do", PLACES_NONE, NULL},
        {"o ho guom", PLACES_NONE, NULL},
        {"xin chao", PLACES_NONE, NULL},
    };
    const struct gazetteer *g = load_country("all");
    assert_int_equal(places_communes(g), 560);
    expect(g, cases, sizeof cases / sizeof cases[0]);
}

static void one_province_of_the_same_files(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {"Muong Lan", PLACES_SURE, "03313"},
        {"Muong Pon", PLACES_SURE, "03202"},
        {"Chieng Son", PLACES_NONE, NULL},
        {"Moc Chau", PLACES_NONE, NULL},
        {"MC", PLACES_NONE, NULL},
        {"Son La", PLACES_NONE, NULL},
        {"Muong Pon, Son La", PLACES_ASK, "03202"},
    };
    const struct gazetteer *g = load_country("11");
    assert_int_equal(places_communes(g), 45);
    expect(g, cases, sizeof cases / sizeof cases[0]);
    assert_string_equal(places_province(g, places_by_code(g, STR("03202")))->code, "11");
    assert_null(places_by_code(g, STR("03985")));
    assert_null(places_by_code(g, STR("123")));
}

static void every_commune_is_found_by_its_name_and_province(void **state)
{
    (void)state;
    const struct gazetteer *g = load_country("all");
    unsigned sure = 0, n = 0;
    for (size_t i = 0; i < places_communes(g); i++, n++) {
        const struct place *p = places_commune(g, i);
        struct place_match m[CHOICES];
        char text[256], folded[256];
        size_t found = 0;
        bool in = false;
        snprintf(text, sizeof text, "%s %s, %s", p->type, p->name, places_province(g, p)->name);
        text_fold(str_of(text), folded, sizeof folded);
        enum places_verdict v = places_find(g, str_of(i % 2 ? text : folded), m, CHOICES, &found);
        for (size_t k = 0; k < found; k++)
            in = in || m[k].place == p;
        if (!in)
            fail_msg("\"%s\" (%s) is not found", text, p->code);
        sure += v == PLACES_SURE;
    }
    print_message("%u communes, %u taken without asking\n", n, sure);
    assert_true(sure * 100 >= n * 97);
}

/* ---- files with slips ---- */

struct folder {
    char path[64];
};

static void write_file(const struct folder *d, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", d->path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void remove_folder(const struct folder *d)
{
    static const char *const names[] = {"units-2025.csv", "former-units-2021-2025.csv", "aliases.csv"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", d->path, names[i]);
        unlink(path);
    }
    rmdir(d->path);
}

static void slips_are_told_by_line(void **state)
{
    (void)state;
    static const char head[] = "code,level,parent_code,type,name_vi,name_ascii,lat,lon,area_km2,point\n",
                      units[] = "11,province,,Tỉnh,Điện Biên,Dien Bien,21,103,9,\n"
                                "14,province,,Tỉnh,Sơn La,Son La,21,104,9,\n"
                                "00001,commune,11,Xã,Mường Lạn,Muong Lan,21,103,9,\n"
                                "00002,commune,14,Xã,Mường Bú,Muong Bu,21,104,9,\n",
                      old_head[] = "code,level,parent_code,type,name_vi,name_ascii,now_code,how\n";
    static const struct {
        const char *former, *aliases, *finding;
    } cases[] = {
        {"101,district,11,Huyện,Xa,Xa,00001,full\n", "Bú,00002\n", NULL}, /* elsewhere: passed over */
        {"00009,commune,101,Xã,Xa,Xa,00001,full\n101,district,11,Huyện,Xa,Xa,00001,full\n", "Lạn,00001\n",
         NULL},
        {"101,district,14,Huyện,Gần,Gan,00001,full\n", "", "is no commune in force here"},
        {"", "Nà,00009\n", "no unit has the code"},
        {"", "Nà Bó\n", "columns"},
        {"101,district,14,Huyện,Gần,Gan,00002\n", "", "columns"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct folder d = {"/tmp/places-XXXXXX"};
        char text[1024];
        assert_non_null(mkdtemp(d.path));
        snprintf(text, sizeof text, "%s%s", head, units);
        write_file(&d, "units-2025.csv", text);
        snprintf(text, sizeof text, "%s%s", old_head, cases[i].former);
        write_file(&d, "former-units-2021-2025.csv", text);
        snprintf(text, sizeof text, "name,code\n%s", cases[i].aliases);
        write_file(&d, "aliases.csv", text);
        const struct gazetteer *g = load(d.path, "14");
        remove_folder(&d);
        assert_int_equal(g != NULL, cases[i].finding == NULL);
        if (cases[i].finding && (findings.n != 1 || !strstr(findings.items[0].what, cases[i].finding)))
            fail_msg("case %zu: %zu findings, \"%s\"", i, findings.n,
                     findings.n ? findings.items[0].what : "");
    }
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cfg_findings_free(&findings);
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_whole_country),
                                       cmocka_unit_test(one_province_of_the_same_files),
                                       cmocka_unit_test(every_commune_is_found_by_its_name_and_province),
                                       cmocka_unit_test(slips_are_told_by_line)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
