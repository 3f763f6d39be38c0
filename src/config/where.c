#include "config/config.h"

#include <libconfig.h>

struct cfg_pos cfg_where(const char *path, const char *key)
{
    struct cfg_pos pos = {path, 0};
    config_t c;
    config_init(&c);
    if (config_read_file(&c, path)) {
        const config_setting_t *s = config_lookup(&c, key);
        pos.line = s ? (int)config_setting_source_line(s) : 0;
    }
    config_destroy(&c);
    return pos;
}
