// What a user may set of the processor `tags`, declared once.
#pragma once

#include <heliograph/options.hpp>

#include <string>
#include <vector>

namespace heliograph::tags {

struct Options {
    std::vector<std::string> keep;
    std::vector<std::string> drop;
    TextMap rename;
    TextMap copy;
    TextMap from_fields;
    bool drop_fields = false;
    TextMap add;
    bool overwrite = true;

    static constexpr auto describe = heliograph::options(
        heliograph::option<&Options::keep>(
            "keep", "Patterns of the tags that stay; every other tag that comes in is removed."),
        heliograph::option<&Options::drop>("drop", "Patterns of the tags that are removed."),
        heliograph::option<&Options::rename>("rename", "Tags that get another name: old name = new name."),
        heliograph::option<&Options::copy>("copy", "Tags made from other tags: new tag = existing tag."),
        heliograph::option<&Options::from_fields>("from_fields", "Tags made from fields: new tag = field."),
        heliograph::option<&Options::drop_fields>(
            "drop_fields", "Whether a field that became a tag by from_fields is removed."),
        heliograph::option<&Options::add>("add", "Tags with a fixed value: tag = value."),
        heliograph::option<&Options::overwrite>(
            "overwrite", "Whether rename, copy, from_fields and add replace a tag that is there already."));
};

}  // namespace heliograph::tags
