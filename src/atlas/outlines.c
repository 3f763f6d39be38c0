/* Outlines that a map can draw: what is wrong with them would leave the page empty. */
#include "atlas/internal.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

static const char *member(const cJSON *o, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
    return text ? text : "";
}

static bool is_position(const cJSON *at)
{
    const cJSON *lon = cJSON_GetArrayItem(at, 0), *lat = cJSON_GetArrayItem(at, 1);
    return cJSON_IsNumber(lon) && cJSON_IsNumber(lat) && fabs(lon->valuedouble) <= 180 &&
           fabs(lat->valuedouble) <= 90;
}

/* Lists of positions, so many levels deep; none is empty. */
static bool are_positions(const cJSON *list, int depth)
{
    const cJSON *one;
    if (!depth)
        return is_position(list);
    if (!cJSON_IsArray(list) || !list->child)
        return false;
    cJSON_ArrayForEach(one, list) if (!are_positions(one, depth - 1)) return false;
    return true;
}

static int depth_of(const char *type)
{
    return strcmp(type, "MultiPolygon") == 0 ? 3 : strcmp(type, "Polygon") == 0 ? 2 : -1;
}

static enum err check_feature(const cJSON *feature, size_t n, struct failure *why)
{
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(feature, "geometry");
    if (!cJSON_IsObject(feature))
        return fail(why, ERR_INPUT, "feature %zu of the outlines is none", n);
    if (!shape || cJSON_IsNull(shape))
        return OK; /* as if it was not there */
    int depth = depth_of(member(shape, "type"));
    if (depth < 0)
        return fail(why, ERR_INPUT, "feature %zu (%.20s) of the outlines is no Polygon or MultiPolygon", n,
                    member(feature, "id"));
    if (!are_positions(cJSON_GetObjectItemCaseSensitive(shape, "coordinates"), depth))
        return fail(
            why, ERR_INPUT,
            "feature %zu (%.20s) of the outlines has coordinates that are no longitudes and latitudes "
            "in degrees (WGS 84)",
            n, member(feature, "id"));
    return OK;
}

enum err atlas_check_outlines(struct str json, struct failure *why)
{
    cJSON *all = cJSON_ParseWithLength(json.s, json.n);
    const cJSON *features = cJSON_GetObjectItemCaseSensitive(all, "features"), *one;
    enum err rc = OK;
    size_t n = 0;
    if (strcmp(member(all, "type"), "FeatureCollection") != 0 || !cJSON_IsArray(features))
        rc = fail(why, ERR_INPUT, "the outlines are no GeoJSON FeatureCollection");
    else
        cJSON_ArrayForEach(one, features) if (rc == OK) rc = check_feature(one, ++n, why);
    cJSON_Delete(all);
    return rc;
}
