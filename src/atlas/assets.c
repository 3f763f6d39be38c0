/* The page's files: the assembler takes them in, Leaflet's from the folder that the Makefile names, after it
 * has taken out what would ask for other files. */
#include "atlas/internal.h"

#define BEGIN(name)                                                                                          \
    ".section .rodata\n.global atlas_" #name "\n.global atlas_" #name "_end\natlas_" #name ":\n"
#define FILE_OF(file) ".incbin \"" file "\"\n"
#define END(name) "atlas_" #name "_end:\n.byte 0\n.previous\n"
#define DECLARE(name) extern const char atlas_##name[], atlas_##name##_end[]

__asm__(BEGIN(page) FILE_OF("src/atlas/page.html") END(page));
__asm__(BEGIN(leaflet_css) FILE_OF("leaflet.css") END(leaflet_css));
__asm__(BEGIN(css) FILE_OF("src/atlas/page.css") END(css));
__asm__(BEGIN(leaflet_js) FILE_OF("leaflet.js") END(leaflet_js));
__asm__(BEGIN(js) FILE_OF("src/atlas/words.js") FILE_OF("src/atlas/common.js") FILE_OF("src/atlas/map.js")
            FILE_OF("src/atlas/coverage.js") FILE_OF("src/atlas/diff.js") FILE_OF("src/atlas/page.js")
                END(js));
DECLARE(page);
DECLARE(leaflet_css);
DECLARE(css);
DECLARE(leaflet_js);
DECLARE(js);

struct str atlas_part(enum atlas_part which)
{
    const struct {
        const char *begin, *end;
    } parts[ATLAS_PARTS] = {
        [ATLAS_PAGE] = {atlas_page, atlas_page_end},
        [ATLAS_LEAFLET_CSS] = {atlas_leaflet_css, atlas_leaflet_css_end},
        [ATLAS_CSS] = {atlas_css, atlas_css_end},
        [ATLAS_LEAFLET_JS] = {atlas_leaflet_js, atlas_leaflet_js_end},
        [ATLAS_JS] = {atlas_js, atlas_js_end},
    };
    return (struct str){parts[which].begin, (size_t)(parts[which].end - parts[which].begin)};
}
