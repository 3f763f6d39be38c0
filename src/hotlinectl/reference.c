/* reference: what each configuration file may hold, from the tables that load them. */
#include "hotlinectl/hotlinectl.h"

int cmd_reference(struct ctl *ctl, int argc, char **argv)
{
    static char text[65536];
    const struct cfg_schema *const files[] = {&settings_schema, &network_schema, &dialogue_schema,
                                              &catalog_schema, &profile_schema};
    struct out o;
    (void)ctl;
    if (ctl_leftover(argc, argv) || ctl_word(argc, argv, 0))
        return ctl_usage("reference");
    out_init(&o, text, sizeof text);
    out_cstr(&o, "# Configuration reference\n\n"
                 "Printed by `hotlinectl reference`; `make docs` brings it up to date.\n\n");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        cfg_reference(files[i], &o);
    if (o.overflow)
        return ctl_fail("the reference is longer than %zu bytes", sizeof text);
    fputs(text, stdout);
    return CTL_OK;
}
