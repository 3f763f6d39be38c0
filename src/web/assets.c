/* The page's files, as they lie in this folder: the assembler takes them in. The Makefile knows that this
 * file is made anew when one of them changes. */
#include "web/web.h"

#define TAKE_IN(name, file)                                                                                  \
    __asm__(".section .rodata\n.global web_" #name "\n.global web_" #name "_end\nweb_" #name                 \
            ":\n.incbin \"" file "\"\nweb_" #name "_end:\n.byte 0\n.previous\n");                            \
    extern const char web_##name[], web_##name##_end[]

TAKE_IN(html, "src/web/practice.html");
TAKE_IN(css, "src/web/practice.css");
TAKE_IN(js, "src/web/practice.js");
TAKE_IN(referrals_css, "src/web/referrals.css");

static const struct file {
    const char *path, *type, *begin, *end;
} files[] = {
    {"/practice", "text/html; charset=utf-8", web_html, web_html_end},
    {"/practice/", "text/html; charset=utf-8", web_html, web_html_end},
    {"/practice/practice.css", "text/css; charset=utf-8", web_css, web_css_end},
    {"/practice/practice.js", "text/javascript; charset=utf-8", web_js, web_js_end},
    {"/referrals/referrals.css", "text/css; charset=utf-8", web_referrals_css, web_referrals_css_end},
};

bool web_asset(struct str path, struct web_asset *out)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const struct file *f = &files[i];
        if (!str_is(path, f->path))
            continue;
        *out = (struct web_asset){f->type, {f->begin, (size_t)(f->end - f->begin)}};
        return true;
    }
    return false;
}
